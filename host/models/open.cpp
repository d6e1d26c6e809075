#include "host/models/open.hpp"

#include "host/config/secrets.hpp"
#include "host/models/minilm_embedder.hpp"
#include "host/models/openai_client.hpp"
#include "host/models/openai_embedder.hpp"
#include "host/models/openai_extractor.hpp"
#include "host/pipeline/hashing_embedder.hpp"
#include "host/pipeline/rules_extractor.hpp"

namespace gantry::models {
namespace {

constexpr std::string_view kOpenAi = "openai";
constexpr std::string_view kMiniLm = "minilm";
constexpr std::string_view kAuto = "auto";

Result<std::unique_ptr<OpenAiClient>> open_client(const config::Config& config,
                                                  const config::ModelEndpoint& from,
                                                  const std::string& use, const UseMeter& meter,
                                                  std::chrono::milliseconds patience) {
  OpenAiOptions options;
  options.url = from.url;
  options.model = from.model;
  options.patience = patience;
  options.requests_per_minute = static_cast<std::uint32_t>(from.requests_per_minute);
  if (!from.key.empty()) {
    auto key = config::resolve_secret(from.key, config.environment);
    if (!key) return Error{key.error().kind, use + ".key: " + key.error().what};
    options.key = std::move(*key);
  }
  if (meter) {
    options.meter = [meter, use](std::string_view outcome, const pipeline::openai::Usage& usage) {
      meter(use, outcome, usage);
    };
  }
  auto client = OpenAiClient::make(std::move(options));
  if (!client) return Error{client.error().kind, use + ".url: " + client.error().what};
  return client;
}

Result<std::unique_ptr<MiniLmEmbedder>> open_minilm() {
  const auto folder = find_minilm();
  if (folder.empty()) {
    return Error{ErrorKind::kNotFound,
                 "embedding.embedder: minilm is not installed: neither beside the program nor in "
                 "../lib/gantry/minilm; build with its parts (make build), or choose hashing"};
  }
  return MiniLmEmbedder::open(folder);
}

}  // namespace

struct Models::Parts {
  std::unique_ptr<OpenAiClient> entities_client;
  std::unique_ptr<OpenAiClient> embedding_client;
  std::unique_ptr<const pipeline::EntityExtractor> extractor;
  std::unique_ptr<const pipeline::Embedder> embedder;
};

Result<std::unique_ptr<Models>> Models::open(const config::Config& config, UseMeter meter,
                                             std::chrono::milliseconds patience) {
  auto parts = std::make_unique<Parts>();
  const config::Entities& entities = config.host.entities;
  if (entities.extractor == kOpenAi) {
    auto client = open_client(config, entities.endpoint, "entities", meter, patience);
    if (!client) return client.error();
    parts->entities_client = std::move(*client);
    parts->extractor = std::make_unique<OpenAiExtractor>(*parts->entities_client);
  } else {
    parts->extractor = std::make_unique<pipeline::RulesExtractor>();
  }
  const config::Embedding& embedding = config.host.embedding;
  const std::string chosen = embedding.embedder == kAuto ? auto_embedder() : embedding.embedder;
  if (chosen == kOpenAi) {
    auto client = open_client(config, embedding.endpoint, "embedding", meter, patience);
    if (!client) return client.error();
    parts->embedding_client = std::move(*client);
    parts->embedder = std::make_unique<OpenAiEmbedder>(
        *parts->embedding_client, static_cast<std::size_t>(embedding.dimension),
        static_cast<std::size_t>(embedding.batch));
  } else if (chosen == kMiniLm) {
    auto local = open_minilm();
    if (!local) return local.error();
    parts->embedder = std::move(*local);
  } else {
    parts->embedder = std::make_unique<pipeline::HashingEmbedder>();
  }
  return std::unique_ptr<Models>(new Models(std::move(parts)));
}

Models::Models(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Models::~Models() = default;

const pipeline::EntityExtractor& Models::extractor() const { return *parts_->extractor; }
const pipeline::Embedder& Models::embedder() const { return *parts_->embedder; }
bool Models::entities_remote() const { return parts_->entities_client != nullptr; }
bool Models::embedding_remote() const { return parts_->embedding_client != nullptr; }

void Models::stop() noexcept {
  if (parts_->entities_client) parts_->entities_client->stop();
  if (parts_->embedding_client) parts_->embedding_client->stop();
}

std::string auto_embedder() { return find_minilm().empty() ? "hashing" : std::string(kMiniLm); }

std::string settings_of(std::string_view embedding_model) {
  const auto choice = [](std::string_view embedder) {
    return "embedding.embedder = \"" + std::string(embedder) + '"';
  };
  if (embedding_model == pipeline::HashingEmbedder().model()) return choice("hashing");
  if (embedding_model == MiniLmEmbedder::kModel) return choice(kMiniLm);
  const std::string prefix = std::string(kOpenAi) + ':';
  const auto slash = embedding_model.rfind('/');
  if (!embedding_model.starts_with(prefix) || slash == embedding_model.npos) return {};
  return choice(kOpenAi) + ", embedding.model = \"" +
         std::string(embedding_model.substr(prefix.size(), slash - prefix.size())) +
         "\", embedding.dimension = " + std::string(embedding_model.substr(slash + 1));
}

}  // namespace gantry::models
