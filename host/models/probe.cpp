#include "host/models/probe.hpp"

#include "host/models/open.hpp"
#include "host/pipeline/hashing_embedder.hpp"

namespace gantry::models {
namespace {

constexpr std::string_view kSentence = "Load L-1001 leaves Joliet, IL.";

std::string remedy_for(const Error& error, const std::string& table) {
  switch (error.kind) {
    case ErrorKind::kUnavailable:
    case ErrorKind::kTimeout:
    case ErrorKind::kCancelled:
    case ErrorKind::kExhausted:
      return "start the endpoint, or correct " + table + ".url";
    case ErrorKind::kInvalid:
    case ErrorKind::kNotFound:
    case ErrorKind::kConflict:
    case ErrorKind::kDenied:
    case ErrorKind::kUnsupported:
    case ErrorKind::kInternal:
      return "mend [" + table + "] in 30-models.toml";
  }
  return {};
}

std::optional<Error> ask_once(const Models& models, bool embedding) {
  if (embedding) {
    const auto vectors = models.embedder().embed({&kSentence, 1});
    if (!vectors) return vectors.error();
  } else if (const auto found = models.extractor().extract(kSentence); !found) {
    return found.error();
  }
  return std::nullopt;
}

std::string local_detail(const config::Config& config, const Models& models, bool embedding) {
  if (!embedding) return "rules, local";
  const pipeline::HashingEmbedder hashing;
  std::string out = models.embedder().model() == hashing.model()
                        ? "hashing, local, no language model: shared words, not meaning"
                        : "minilm, local";
  if (config.host.embedding.embedder == "auto") out += " (embedding.embedder = \"auto\" took it)";
  return out;
}

ModelState state_of(const config::Config& config, bool embedding, bool ask,
                    std::chrono::milliseconds patience) {
  const std::string table = embedding ? "embedding" : "entities";
  const config::ModelEndpoint& endpoint =
      embedding ? config.host.embedding.endpoint : config.host.entities.endpoint;
  ModelState state;
  state.name = table + " model";
  // Alone: what is wrong with the other one is the other one's line.
  config::Config alone = config;
  if (embedding) {
    alone.host.entities.extractor = "rules";
  } else {
    alone.host.embedding.embedder = "hashing";
  }
  const auto models = Models::open(alone, {}, patience);
  if (models) {
    state.remote = embedding ? (*models)->embedding_remote() : (*models)->entities_remote();
    if (state.remote) {
      state.detail = endpoint.model + " at " + endpoint.url;
    } else {
      state.detail = local_detail(config, **models, embedding);
    }
    if (ask && state.remote) state.error = ask_once(**models, embedding);
  } else {
    state.remote = true;
    state.error = models.error();
  }
  if (state.error) state.remedy = remedy_for(*state.error, table);
  return state;
}

}  // namespace

std::vector<ModelState> probe(const config::Config& config, bool ask,
                              std::chrono::milliseconds patience) {
  return {state_of(config, false, ask, patience), state_of(config, true, ask, patience)};
}

}  // namespace gantry::models
