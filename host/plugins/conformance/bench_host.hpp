#pragma once

#include <gantry/host.h>

#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "host/net/http.hpp"
#include "host/plugins/conformance/guarded.hpp"
#include "host/plugins/conformance/sample_config.hpp"
#include "host/plugins/conformance/scenario.hpp"

namespace gantry::plugins::conformance {

/// What the scripted vendor answers; `outcome` other than OK: there is no answer.
struct HttpGiven {
  gantry_status outcome = GANTRY_OK;
  unsigned status = 200;
  net::Headers headers;
  std::string body;
};

using Vendor = std::function<HttpGiven(const net::HttpRequest&)>;

/// The vendor of a scenario. A request that nothing in it fits is answered `otherwise`, and kept in
/// `strangers` where that is given. Each one made starts the scenario anew.
Vendor scripted_vendor(const Scenario& scenario, HttpGiven otherwise,
                       std::vector<std::string>* strangers = nullptr);

/// `vendor`, but `fault` from its request number `from` on, counted from 0.
Vendor faulty_vendor(Vendor vendor, std::size_t from, HttpGiven fault);

/// The check's own host: a clock that only waits move, the real crypto, canaries for secrets, kv in
/// memory, http from a script. It keeps what the plugin says and asks, unmasked.
///
/// Services may be called from any thread; the members are for the test's own thread, between
/// calls.
class BenchHost {
 public:
  BenchHost(std::string source, Shape shape);
  BenchHost(const BenchHost&) = delete;
  BenchHost& operator=(const BenchHost&) = delete;

  const gantry_host* native() const noexcept { return native_.get(); }
  const std::string& source() const noexcept { return source_; }

  /// A new life of everything outside: clock, secrets, kv, observations.
  void reset(const std::map<std::string, std::vector<std::string>>& secrets,
             const std::map<std::string, std::string>& kv, Instant now);

  std::set<std::string, std::less<>> services;  ///< Offered ones, by id.
  Vendor vendor;
  Instant now;

  std::vector<std::string> logs;  ///< "event name=value name=value"
  std::vector<net::HttpRequest> asked;
  std::uint64_t kv_writes = 0;

 private:
  struct Tables;  // the C functions

  const std::string source_;
  std::mutex mutex_;
  std::map<std::string, std::vector<std::string>> secrets_;
  std::map<std::string, std::pair<std::string, std::uint64_t>> kv_;
  const Guarded<gantry_host> native_;
};

}  // namespace gantry::plugins::conformance
