#pragma once

#include <gantry/gantry.h>

#include <atomic>
#include <string>
#include <utility>
#include <vector>

#include "host/contracts/delivery.hpp"
#include "host/plugins/abi/status.hpp"
#include "host/plugins/conformance/bench_host.hpp"
#include "host/plugins/conformance/bench_sink.hpp"
#include "host/plugins/conformance/module.hpp"
#include "host/plugins/conformance/test.hpp"
#include "host/plugins/source.hpp"

namespace gantry::plugins::conformance {

/// What a call returned.
struct Said {
  gantry_status status = GANTRY_OK;
  abi::ErrorText error;

  bool ok() const noexcept { return status == GANTRY_OK; }
  /// `RATE_LIMITED, retry after 7000 ms: "message"`; escaped and cut.
  std::string text() const;
};

struct Verified {
  Said said;
  plugins::Verdict verdict;
  std::string broken;  ///< The rule that the decision broke; empty for none.

  bool accepted() const noexcept;  ///< Stored or answered: not rejected.
  std::string text() const;
};

struct Signed {
  Said said;
  net::Headers headers;
};

struct Reported {
  Said said;
  std::vector<Finding> findings;
};

struct Pulled {
  Said said;
  bool more = false;
  Taken taken;
};

struct RigOptions {
  Shape shape = Shape::kPlain;
  bool bare = false;  ///< Offer only the services that the manifest lists.
};

/// One plugin, started, with one instance, on a bench host: what most tests work on. Ends the test
/// where the plugin cannot be started or refuses every configuration. A test has one Rig.
class Rig {
 public:
  explicit Rig(const Subject& subject, RigOptions options = {});
  ~Rig();
  Rig(const Rig&) = delete;
  Rig& operator=(const Rig&) = delete;

  /// A new instance in a new world: clock, kv, secrets and observations begin again. The vendor is
  /// the scenario's, or one that answers 404.
  void renew();

  BenchHost& host() noexcept { return host_; }
  const SampleConfig& config() const noexcept { return config_; }
  const gantry_plugin& entry() const noexcept { return module_.entry; }
  gantry_instance* instance() const noexcept { return instance_; }
  /// The capability's struct; ends the test where the manifest's promise is not kept.
  const gantry_webhook* webhook();
  const gantry_batch* batch();

  /// create and, where it worked, destroy; on the same host.
  Said try_create(const std::string& config);

  /// A call that is cancelled while `cancelled` is set; `deed` gets the gantry_call.
  template <class Deed>
  Said call(Deed&& deed) {
    CallScope scope;
    scope.cancelled = [this] { return cancelled.load(); };
    return with_call(scope,
                     [&](const gantry_call* native) -> gantry_status { return deed(native); });
  }

  /// A request as the door would hand it on: now, from a documentation address.
  InboundRequest request(std::string body) const;
  Verified verify(const InboundRequest& request);
  Said parse(const InboundRequest& request, Taken& taken);
  /// UNSUPPORTED where the plugin has no sign.
  Signed sign(const InboundRequest& request);
  Reported check();
  /// One poll, or one life of a feed: open, next until nothing comes, close.
  Pulled pull(const std::string& cursor, StopPlan& plan);

  std::atomic<bool> cancelled = false;
  /// How long a silent feed is asked again, in the bench's time; a host asks for ever.
  std::chrono::nanoseconds patience{0};
  std::vector<std::string> strangers;  ///< Requests that the scenario does not know.

 private:
  void create(const Subject& subject);
  void set_world();
  Said create_with(const std::string& config, gantry_instance** out);
  Said with_call(const CallScope& scope,
                 const std::function<gantry_status(const gantry_call*)>& deed);
  const void* capability(const char* id, std::size_t size_min);
  Pulled poll(const gantry_poller& poller, const std::string& cursor, StopPlan& plan);
  Pulled stream(const gantry_stream& stream, const std::string& cursor, StopPlan& plan);

  const Subject& subject_;
  const RigOptions options_;
  const Module module_;
  BenchHost host_;
  SampleConfig config_;
  gantry_instance* instance_ = nullptr;
  bool started_ = false;
};

/// "AUTH" for GANTRY_AUTH.
std::string name_of(gantry_status status);

/// Plugin text, fit to be shown: escaped, cut to 200 bytes.
std::string shown(std::string text);

}  // namespace gantry::plugins::conformance
