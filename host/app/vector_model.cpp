#include "host/app/vector_model.hpp"

#include <filesystem>

#include "host/app/scratch.hpp"
#include "host/app/state_dir.hpp"
#include "host/app/store_options.hpp"
#include "host/base/encoding.hpp"
#include "host/ingress/inbox.hpp"
#include "host/models/open.hpp"
#include "host/stores/open.hpp"
#include "host/stores/reembed.hpp"

namespace gantry::app {
namespace {

using State = cli::DoctorRow::State;

std::string way_back(const std::string& model) {
  const std::string settings = models::settings_of(model);
  return settings.empty() ? "choose the model that made them" : "go back to " + settings;
}

std::string in_quotes(std::string_view text) { return '"' + escape_control(text) + '"'; }

/// What a running host has open, so that no two write as one.
Result<std::unique_ptr<ingress::Inbox>> hold_state(const config::Config& config) {
  ingress::InboxOptions options;
  options.directory = std::filesystem::path(config.host.state_dir) / "inbox";
  auto held = ingress::Inbox::open(std::move(options));
  if (!held && held.error().kind == ErrorKind::kConflict) {
    return Error{ErrorKind::kConflict,
                 "a host runs on " + config.host.state_dir +
                     " and would go on with the model that it has: stop it, then run this again"};
  }
  return held;
}

}  // namespace

Result<void> refuse_other_models(const stores::VectorIndex& index, std::string_view model,
                                 const stores::CallOptions& limits) {
  const auto others = index.of_other_models(model, {}, 1, limits);
  if (!others) {
    return Error{others.error().kind, std::string(index.name()) + ": " + others.error().what,
                 others.error().upstream};
  }
  if (others->empty()) return {};
  const stores::ModelUse& one = others->front();
  return Error{ErrorKind::kConflict,
               std::string(index.name()) + " holds vectors of the model " + in_quotes(one.model) +
                   " (of document " + escape_control(one.document_id) + "), configured is " +
                   in_quotes(model) +
                   ", and one is not found by the other: `gantry reembed` makes them anew, or " +
                   way_back(one.model) + " in 30-models.toml"};
}

std::optional<cli::DoctorRow> vector_model_row(const config::Config& config,
                                               std::chrono::milliseconds patience) {
  const auto models = models::Models::open(config, {}, patience);
  auto options = store_options(config);
  if (!models || !options) return std::nullopt;
  const std::string model((*models)->embedder().model());
  cli::DoctorRow row{State::kPass, "vectors", "all of " + in_quotes(model), {}};
  std::error_code problem;
  std::optional<Scratch> scratch;
  options->make_tables = false;
  if (!config.host.stores.vectors.url.empty()) {
    config::Config elsewhere = config;
    options->embedded.file = scratch.emplace(elsewhere).folder() / "stores.db";
  } else if (!std::filesystem::exists(options->embedded.file, problem)) {
    row.detail = "none yet; " + in_quotes(model) + " will make them";
    return row;
  }
  auto opened = stores::OpenedStores::open(*options);
  if (!opened) return std::nullopt;
  stores::CallOptions limits;
  limits.deadline = std::chrono::steady_clock::now() + patience;
  // Tables that are not made yet are kConflict, too: the store's own line tells.
  const std::string nobody("gantry:nobody");
  if (!(*opened)->vectors().look({&nobody, 1}, limits)) return std::nullopt;
  if (auto one = refuse_other_models((*opened)->vectors(), model, limits); !one) {
    row = {State::kFail, "vectors", one.error().message(), "stop the hosts and run gantry reembed"};
  }
  return row;
}

Result<cli::ReembedReport> reembed(const config::Config& config,
                                   const cli::ReembedOptions& options) {
  if (auto made = make_private_folder(config.host.state_dir); !made) return made.error();
  const auto held = hold_state(config);
  if (!held) return held.error();
  const auto models = models::Models::open(config, {});
  if (!models) return models.error();
  auto store_options = app::store_options(config);
  if (!store_options) return store_options.error();
  auto opened = stores::OpenedStores::open(*store_options);
  if (!opened) return opened.error();
  stores::OpenedStores& stores = **opened;
  stores::ReembedOptions walk;
  walk.drop_refused = options.drop_refused;
  walk.progress = options.progress;
  auto done = stores::reembed({{{&stores.documents(), &stores.vectors(), &stores.graph()},
                                &stores.cache(),
                                &stores.saga_log(),
                                &stores.dead_letters()},
                               stores.documents(),
                               stores.vectors(),
                               (*models)->embedder()},
                              walk);
  if (!done) return done.error();
  cli::ReembedReport report;
  report.store = stores.vectors().name();
  report.model = (*models)->embedder().model();
  report.embedded = done->embedded;
  report.dropped = done->dropped;
  for (stores::RefusedText& one : done->refused) {
    report.refused.push_back({std::move(one.document_id), std::move(one.reason)});
  }
  return report;
}

}  // namespace gantry::app
