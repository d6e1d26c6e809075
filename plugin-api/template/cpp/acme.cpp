// A complete webhook connector: a shared token, one JSON order per request.
#include <gantry/sdk/entry.hpp>
#include <gantry/sdk/json.hpp>

namespace sdk = gantry::sdk;

class Acme {
 public:
  explicit Acme(const sdk::Setup& setup) : host_(setup.host) {}

  // On every request, before anything is stored: only decide. Several threads at once.
  sdk::Verdict verify(const sdk::Request& request) const {
    const auto tokens = request.headers("X-Acme-Token");
    if (tokens.size() != 1) return sdk::Verdict::reject("token_missing");
    for (std::uint64_t i = 0; i < host_.secret_count("/token"); ++i) {
      const sdk::Secret token = host_.secret("/token", i);
      if (!token.view().empty() && host_.equal(token.view(), tokens[0])) {
        return sdk::Verdict::accept();
      }
    }
    return sdk::Verdict::reject("token_mismatch");
  }

  // Later, retried until it works: turn the stored bytes into records.
  void parse(const sdk::Request& request, sdk::Sink& sink) const {
    const auto order = sdk::Json::parse(request.body());
    if (order["id"].text().empty()) throw sdk::Failure(sdk::Status::kData, "order without id");
    sdk::Record record;
    record.kind = "order";
    record.key = order["id"].text();
    record.title = order["name"].text();
    record.text = order["note"].text();
    record.raw = request.body();
    record.metadata = order.dump();
    sink.emit(record);
  }

 private:
  sdk::Host host_;
};

GANTRY_PLUGIN(Acme);
