#pragma once

#include <gantry/sdk/host.hpp>
#include <gantry/sdk/record.hpp>
#include <map>
#include <mutex>
#include <string>

#include "client.hpp"
#include "cursor.hpp"

namespace gantry::plaid {

/// Items that Plaid told to wait, for as long as this process lives: a poll that somebody asks for
/// meanwhile leaves them alone. [concurrent]
class Waits {
 public:
  void set(const std::string& item, std::int64_t until_ns);
  std::int64_t left_ns(const std::string& item, std::int64_t now_ns) const;

 private:
  mutable std::mutex mutex_;
  std::map<std::string, std::int64_t> until_ns_;
};

/// Reads every item to its end, one loop each. An item that fails does not keep the others from
/// being read; afterwards the call fails with what the host has to know:
///
///   an item must wait, or its bank is ill   kRateLimited or kTransient
///   no item works without its user          kAuth
///   some need their user                    nothing but a warning in the log
///
/// True where the host said STOP and more is there. [blocking]
bool sync_all(const sdk::Host& host, const Settings& settings, const Client& client, Waits& waits,
              std::string_view cursor, sdk::Sink& sink);

}  // namespace gantry::plaid
