/// The Plaid connector's entry: one source per team, with one or several bank connections.

#include <gantry/sdk/entry.hpp>
#include <memory>

#include "check.hpp"
#include "client.hpp"
#include "event.hpp"
#include "keys.hpp"
#include "settings.hpp"
#include "sync.hpp"
#include "verify.hpp"

namespace gantry::plaid {

class PlaidSource {
 public:
  explicit PlaidSource(const sdk::Setup& setup)
      : host_(setup.host),
        settings_(read_settings(setup.config)),
        client_(host_, settings_),
        keys_(std::make_unique<KeyRing>(host_)),
        waits_(std::make_unique<Waits>()) {}

  bool poll(std::string_view cursor, sdk::Sink& sink) const {
    keys_->refresh(client_, sink.call());
    return sync_all(host_, settings_, client_, *waits_, cursor, sink);
  }

  sdk::Verdict verify(const sdk::Request& request) const {
    return plaid::verify(host_, settings_, *keys_, request);
  }

  void parse(const sdk::Request& request, sdk::Sink& sink) const {
    const auto record = map_event(host_, settings_, request.body(), delivery_id(host_, request),
                                  request.received_at_ns());
    if (record) sink.emit(*record);
  }

  void check(sdk::Report& report) const { plaid::check(host_, settings_, client_, report); }

 private:
  const sdk::Host host_;
  const Settings settings_;
  const Client client_;
  const std::unique_ptr<KeyRing> keys_;
  const std::unique_ptr<Waits> waits_;
};

}  // namespace gantry::plaid

GANTRY_PLUGIN(gantry::plaid::PlaidSource);
