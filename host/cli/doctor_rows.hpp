#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "host/cli/cli.hpp"

namespace gantry::cli {

/// Can this process listen there? `held_by_us`: a running host answered on the admin address, so
/// a taken port is its own. [blocking]
DoctorRow port_row(const std::string& name, const std::string& address, const std::string& key,
                   bool held_by_us);

/// Exists, belongs to root or to this user, and nobody else may write it. [blocking]
DoctorRow plugin_dir_row(const std::string& directory);

/// Exists or can be made, is writable, and has space left: below 1 GiB a warning, below 100 MiB a
/// failure. [blocking]
std::vector<DoctorRow> state_dir_rows(const std::string& directory);

/// Enough file descriptors for the connections that configuration allows. [any-thread]
DoctorRow descriptor_row(const config::HostConfig& host);

/// A server's clock beside this machine's.
struct ClockOffset {
  std::string server;
  std::chrono::milliseconds ahead{};
};

/// Whether a time service keeps this machine's clock, as the kernel knows it (adjtimex(2)); none
/// where it does not tell.
std::optional<bool> clock_is_kept();

/// A second off, or a clock that nothing keeps, is a warning; a minute off is a failure: signed
/// times are checked to minutes. [any-thread]
DoctorRow clock_row(std::optional<bool> kept, const std::vector<ClockOffset>& servers);

}  // namespace gantry::cli
