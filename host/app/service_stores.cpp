// What of the service is about stores and models: opening them, and what their places ask of the
// workflows.

#include "host/app/service.hpp"
#include "host/app/store_options.hpp"
#include "host/app/vector_model.hpp"

namespace gantry::app {
namespace {

using observe::Level;

constexpr std::chrono::milliseconds kStorePatience{5'000};

}  // namespace

/// A store that is away is waited for, call by call; one that will never let us in is said at once.
Result<void> Service::open_stores() {
  auto options = store_options(config_);
  if (!options) return options.error();
  auto stores = stores::OpenedStores::open(*options);
  if (!stores) return stores.error();
  stores_ = std::move(*stores);
  if (!stores_->uses_servers()) return {};
  for (const stores::PortState& port : stores_->probe(kStorePatience)) {
    if (!port.error) {
      log_.write("stores", Level::kInfo, "store_open", {{"store", port.name}});
    } else if (needs_an_operator(*port.error)) {
      return Error{port.error->kind, port.name + ": " + port.error->what, port.error->upstream};
    } else {
      log_.write("stores", Level::kWarn, "store_unreachable",
                 {{"store", port.name}, {"reason", port.error->message()}});
    }
  }
  return {};
}

Result<void> Service::open_models() {
  const auto requests = metrics_.counter("gantry_model_requests_total",
                                         "Requests to model endpoints, by use and outcome.");
  const auto tokens =
      metrics_.counter("gantry_model_tokens_total", "Tokens that they counted, by use and side.");
  const auto cost = metrics_.counter(
      "gantry_model_cost_total", "What those cost at the configured prices, in their currency.");
  auto opened = models::Models::open(
      config_, [this, requests, tokens, cost](std::string_view use, std::string_view outcome,
                                              const pipeline::openai::Usage& usage) {
        const std::string name(use);
        const config::ModelEndpoint& endpoint =
            use == "entities" ? config_.host.entities.endpoint : config_.host.embedding.endpoint;
        const auto input = static_cast<double>(usage.input_tokens);
        const auto output = static_cast<double>(usage.output_tokens);
        requests.with({{"use", name}, {"outcome", std::string(outcome)}}).add();
        tokens.with({{"use", name}, {"side", "input"}}).add(input);
        tokens.with({{"use", name}, {"side", "output"}}).add(output);
        cost.with({{"use", name}})
            .add((input * endpoint.price_input + output * endpoint.price_output) / 1e6);
      });
  if (!opened) return opened.error();
  models_ = std::move(*opened);
  for (const auto& [use, remote] : {std::pair{"entities", models_->entities_remote()},
                                    std::pair{"embedding", models_->embedding_remote()}}) {
    if (!remote) continue;
    requests.with({{"use", use}, {"outcome", "ok"}});
    for (const char* side : {"input", "output"}) tokens.with({{"use", use}, {"side", side}});
    cost.with({{"use", use}});
  }
  log_.write("models", Level::kInfo, "models_chosen",
             {{"entities", models_->extractor().name()},
              {"embedding", models_->embedder().model()},
              {"dimension", models_->embedder().dimension()}});
  return {};
}

/// Refuses an index that holds vectors of another model. One that is away keeps no door shut: it
/// is looked at again until it has answered.
Result<void> Service::check_vectors() {
  stores::CallOptions limits;
  limits.deadline = std::chrono::steady_clock::now() + kStorePatience;
  auto checked = refuse_other_models(stores_->vectors(), models_->embedder().model(), limits);
  vectors_checked_ = checked || !checked.error().retryable();
  if (vectors_checked_) return checked;
  log_.write("stores", Level::kWarn, "vectors_unchecked", {{"reason", checked.error().message()}});
  return {};
}

/// What calls over a network may outlast a workflow task: it is an activity of its own. The last
/// stage makes missing results itself, so it calls wherever another one does.
Placement Service::placement() const {
  const bool entities = models_->entities_remote();
  const bool embedding = models_->embedding_remote();
  return {.entities_local = !entities,
          .embeddings_local = !embedding,
          .write_local = !stores_->uses_servers() && !entities && !embedding,
          .patience = config_.host.stores.patience,
          .status_attribute = true};
}

}  // namespace gantry::app
