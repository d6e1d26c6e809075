/// The QuickBooks Online connector's entry: one source per company.

#include <gantry/sdk/entry.hpp>
#include <set>
#include <vector>

#include "check.hpp"
#include "client.hpp"
#include "entities.hpp"
#include "events.hpp"
#include "poll.hpp"
#include "settings.hpp"
#include "tokens.hpp"
#include "verify.hpp"

namespace gantry::quickbooks {

class QuickBooksSource {
 public:
  explicit QuickBooksSource(const sdk::Setup& setup)
      : host_(setup.host),
        settings_(read_settings(setup.config)),
        tokens_(host_, settings_),
        client_(host_, settings_, tokens_) {}

  bool poll(std::string_view cursor, sdk::Sink& sink) const {
    return quickbooks::poll(host_, settings_, client_, cursor, sink);
  }

  sdk::Verdict verify(const sdk::Request& request) const {
    return quickbooks::verify(host_, request);
  }

  void parse(const sdk::Request& request, sdk::Sink& sink) const {
    Emitter emitter(settings_, client_, sink);
    std::set<std::string> seen;
    for (const Event& event : read_events(request.body())) {
      const std::string_view entity = find_entity(settings_.entities, event.entity);
      if (event.realm_id != settings_.realm_id || entity.empty() || !settings_.hydrate) {
        host_.log(sdk::LogLevel::kInfo, "event_left_to_the_poll",
                  {{"entity", event.entity}, {"id", event.id}, {"realm_id", event.realm_id}});
        continue;
      }
      std::vector<std::string> ids{event.id};
      if (!event.deleted_id.empty()) ids.push_back(event.deleted_id);
      for (const std::string& id : ids) {
        // Several events of one object are one object: it is fetched as it is now.
        if (!seen.insert(std::string(entity) + ':' + id).second) continue;
        if (!take(emitter, sink, entity, id, event)) return;
      }
    }
  }

  std::vector<std::pair<std::string, std::string>> sign(const sdk::Request& request) const {
    return quickbooks::sign(host_, request);
  }

  void check(sdk::Report& report) const {
    quickbooks::check(host_, settings_, client_, tokens_, report);
  }

 private:
  static bool take(Emitter& emitter, sdk::Sink& sink, std::string_view entity, std::string_view id,
                   const Event& event) {
    if (!id.empty()) return emitter.object(entity, id, event.raw, event.at);
    return sink.reject(event.raw,
                       sdk::Failure(sdk::Status::kData, "QuickBooks: an event that names no object")
                           .code("NO_ID"));
  }

  const sdk::Host host_;
  const Settings settings_;
  const Tokens tokens_;
  const Client client_;
};

}  // namespace gantry::quickbooks

GANTRY_PLUGIN(gantry::quickbooks::QuickBooksSource);
