#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "host/temporal/client/connection.hpp"
#include "host/temporal/engine/embedded_server.hpp"

namespace gantry::testing {

/// A port that was free a moment ago.
std::uint16_t free_port();

/// A folder of its own, removed at the end.
class TempFolder {
 public:
  TempFolder();
  ~TempFolder();
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

/// One real Temporal server for all tests of this process, on a free port with its own folder. It
/// is started at the first use and has the search attributes of the product.
class TemporalServer {
 public:
  static TemporalServer& shared();

  std::string address() const { return server_->address(); }
  temporal::ConnectionOptions options() const;
  std::unique_ptr<temporal::Connection> connect() const;
  /// A name nobody used before: for task queues and workflow ids.
  static std::string unique(std::string_view prefix);

 private:
  TemporalServer();

  TempFolder folder_;
  std::unique_ptr<temporal::EmbeddedServer> server_;
};

}  // namespace gantry::testing
