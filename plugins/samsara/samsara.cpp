/// The Samsara connector's entry: one source per organisation.

#include <gantry/sdk/entry.hpp>

#include "check.hpp"
#include "event.hpp"
#include "settings.hpp"
#include "stream.hpp"
#include "verify.hpp"

namespace gantry::samsara {

class SamsaraSource {
 public:
  explicit SamsaraSource(const sdk::Setup& setup)
      : host_(setup.host), settings_(read_settings(setup.config)) {}

  sdk::Verdict verify(const sdk::Request& request) const {
    return samsara::verify(host_, settings_, request);
  }

  void parse(const sdk::Request& request, sdk::Sink& sink) const {
    const Event event = read_event(request.body());
    if (event.is_ping) return;
    const auto hash = host_.digest(sdk::Hash::kSha256, {request.body()});
    sink.emit(map_entity(event.facts, event.data, request.body(), request.received_at_ns(),
                         sdk::to_hex(hash.view())));
  }

  sdk::Headers sign(const sdk::Request& request) const { return samsara::sign(host_, request); }

  std::unique_ptr<sdk::Feed> open_feed(const sdk::Call&, std::string_view cursor) const {
    if (settings_.feeds.empty()) {
      throw sdk::Failure(sdk::Status::kUnsupported,
                         "no feeds are configured: set api_token and feeds");
    }
    return std::make_unique<Stream>(host_, settings_, cursor);
  }

  void check(sdk::Report& report) const { samsara::check(host_, settings_, report); }

 private:
  const sdk::Host host_;
  const Settings settings_;
};

}  // namespace gantry::samsara

GANTRY_PLUGIN(gantry::samsara::SamsaraSource);
