#include "host/stores/open.hpp"

#include <algorithm>
#include <thread>

#include "host/stores/neo4j/neo4j_graph.hpp"
#include "host/stores/postgres/postgres.hpp"
#include "host/stores/qdrant/qdrant_index.hpp"
#include "host/stores/redis/redis_cache.hpp"
#include "host/stores/server_url.hpp"

namespace gantry::stores {
namespace {

using postgres::PostgresStores;

/// What a probe asks about.
const std::string kNobody = "gantry:probe";

std::string_view scheme_of(const PortOptions& port) {
  return std::string_view(port.url).substr(0, port.url.find("://"));
}

bool is_one_of(const PortOptions& port, std::initializer_list<std::string_view> schemes) {
  return std::ranges::find(schemes, scheme_of(port)) != schemes.end();
}

bool is_postgres(const PortOptions& port) { return is_one_of(port, {"postgresql", "postgres"}); }

Error at_port(std::string_view port, const Error& error) {
  return {error.kind, "stores." + std::string(port) + ": " + error.what, error.upstream};
}

Error no_adapter(std::string_view port, const PortOptions& options) {
  return {ErrorKind::kUnsupported, "stores." + std::string(port) + ".url: nothing here speaks " +
                                       std::string(scheme_of(options)) +
                                       "://; leave it empty for the embedded store"};
}

Result<std::unique_ptr<PostgresStores>> open_postgres(const OpenOptions& options,
                                                      const PortOptions& port,
                                                      PostgresStores::Ports ports) {
  postgres::PostgresOptions out;
  out.url = port.url;
  out.password = port.password;
  out.pool_size = options.pool_size;
  out.timeout = options.timeout;
  out.make_tables = options.make_tables;
  return PostgresStores::open(out, ports);
}

Result<std::unique_ptr<qdrant::QdrantIndex>> open_qdrant(const OpenOptions& options) {
  auto url = ServerUrl::parse(options.vectors.url);
  if (!url) return url.error();
  if (!url->user.empty()) {
    return Error{ErrorKind::kInvalid, "Qdrant knows no users; its API key is the password"};
  }
  qdrant::QdrantOptions out;
  out.url = std::move(url->address);
  out.secret = options.vectors.password;
  out.ca_file = options.ca_file;
  if (!url->name.empty()) out.prefix = std::move(url->name);
  out.timeout = options.timeout;
  out.make_collections = options.make_tables;
  return qdrant::QdrantIndex::open(out);
}

Result<std::unique_ptr<neo4j::Neo4jGraph>> open_neo4j(const OpenOptions& options) {
  auto url = ServerUrl::parse(options.graph.url);
  if (!url) return url.error();
  neo4j::Neo4jOptions out;
  out.url = std::move(url->address);
  if (!url->name.empty()) out.database = std::move(url->name);
  out.user = std::move(url->user);
  out.secret = options.graph.password;
  out.ca_file = options.ca_file;
  out.timeout = options.timeout;
  out.make_constraints = options.make_tables;
  return neo4j::Neo4jGraph::open(out);
}

Result<std::unique_ptr<redis::RedisCache>> open_redis(const OpenOptions& options) {
  auto url = ServerUrl::parse(options.cache.url);
  if (!url) return url.error();
  redis::RedisOptions out;
  out.url = url->address + '/' + url->name;
  out.user = std::move(url->user);
  out.secret = options.cache.password;
  out.ca_file = options.ca_file;
  out.connections_max = static_cast<std::size_t>(options.pool_size);
  out.timeout = options.timeout;
  return redis::RedisCache::open(std::move(out));
}

}  // namespace

/// Each port's pointer goes to the embedded file until an adapter takes it over.
struct OpenedStores::Parts {
  std::unique_ptr<embedded::EmbeddedStores> embedded;
  std::unique_ptr<PostgresStores> postgres_documents;
  std::unique_ptr<PostgresStores> postgres_vectors;  ///< Where it is not the documents' database.
  std::unique_ptr<qdrant::QdrantIndex> qdrant_vectors;
  std::unique_ptr<neo4j::Neo4jGraph> neo4j_graph;
  std::unique_ptr<redis::RedisCache> redis_cache;
  DocumentStore* documents = nullptr;
  VectorIndex* vectors = nullptr;
  KnowledgeGraph* graph = nullptr;
  Cache* cache = nullptr;
  const Clock* clock = nullptr;
  bool servers = false;

  Result<void> open_documents(const OpenOptions& options) {
    if (options.documents.url.empty()) return {};
    servers = true;
    if (!is_postgres(options.documents)) return no_adapter("documents", options.documents);
    auto opened = open_postgres(
        options, options.documents,
        shared(options) ? PostgresStores::Ports::kBoth : PostgresStores::Ports::kDocuments);
    if (!opened) return at_port("documents.url", opened.error());
    postgres_documents = std::move(*opened);
    documents = postgres_documents->documents();
    if (shared(options)) vectors = postgres_documents->vectors();
    return {};
  }

  Result<void> open_vectors(const OpenOptions& options) {
    if (options.vectors.url.empty() || shared(options)) return {};
    servers = true;
    if (is_postgres(options.vectors)) {
      auto opened = open_postgres(options, options.vectors, PostgresStores::Ports::kVectors);
      if (!opened) return at_port("vectors.url", opened.error());
      postgres_vectors = std::move(*opened);
      vectors = postgres_vectors->vectors();
      return {};
    }
    if (!is_one_of(options.vectors, {"qdrant+https", "qdrant+http"})) {
      return no_adapter("vectors", options.vectors);
    }
    auto opened = open_qdrant(options);
    if (!opened) return at_port("vectors.url", opened.error());
    qdrant_vectors = std::move(*opened);
    vectors = qdrant_vectors.get();
    return {};
  }

  Result<void> open_graph(const OpenOptions& options) {
    if (options.graph.url.empty()) return {};
    servers = true;
    if (!is_one_of(options.graph, {"neo4j+https", "neo4j+http"})) {
      return no_adapter("graph", options.graph);
    }
    auto opened = open_neo4j(options);
    if (!opened) return at_port("graph.url", opened.error());
    neo4j_graph = std::move(*opened);
    graph = neo4j_graph.get();
    return {};
  }

  Result<void> open_cache(const OpenOptions& options) {
    if (options.cache.url.empty()) return {};
    servers = true;
    if (!is_one_of(options.cache, {"rediss", "redis"})) return no_adapter("cache", options.cache);
    auto opened = open_redis(options);
    if (!opened) return at_port("cache.url", opened.error());
    redis_cache = std::move(*opened);
    cache = redis_cache.get();
    return {};
  }

  /// A value nobody wrote; of Redis also whether it may evict locks.
  Result<void> probe_cache(const CallOptions& limits) const {
    if (redis_cache) return redis_cache->check(limits);
    auto got = cache->get({&kNobody, 1}, limits);
    if (!got) return got.error();
    return {};
  }

  /// One database for documents and vectors: one pool.
  static bool shared(const OpenOptions& options) {
    return is_postgres(options.documents) && options.documents.url == options.vectors.url &&
           options.documents.password == options.vectors.password;
  }
};

Result<std::unique_ptr<OpenedStores>> OpenedStores::open(const OpenOptions& options,
                                                         const Clock& clock) {
  auto parts = std::make_unique<Parts>();
  parts->clock = &clock;
  auto embedded = embedded::EmbeddedStores::open(options.embedded, clock);
  if (!embedded) return embedded.error();
  parts->embedded = std::move(*embedded);
  parts->documents = &parts->embedded->documents();
  parts->vectors = &parts->embedded->vectors();
  parts->graph = &parts->embedded->graph();
  parts->cache = &parts->embedded->cache();
  for (auto opening :
       {&Parts::open_documents, &Parts::open_vectors, &Parts::open_graph, &Parts::open_cache}) {
    if (auto opened = ((*parts).*opening)(options); !opened) return opened.error();
  }
  return std::unique_ptr<OpenedStores>(new OpenedStores(std::move(parts)));
}

OpenedStores::OpenedStores(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
OpenedStores::~OpenedStores() = default;

DocumentStore& OpenedStores::documents() { return *parts_->documents; }
VectorIndex& OpenedStores::vectors() { return *parts_->vectors; }
KnowledgeGraph& OpenedStores::graph() { return *parts_->graph; }
Cache& OpenedStores::cache() { return *parts_->cache; }
DeadLetters& OpenedStores::dead_letters() { return parts_->embedded->dead_letters(); }
Staging& OpenedStores::staging() { return parts_->embedded->staging(); }
saga::SagaLog& OpenedStores::saga_log() { return parts_->embedded->saga_log(); }

std::vector<std::string> OpenedStores::names() const {
  return {std::string(parts_->documents->name()), std::string(parts_->vectors->name()),
          std::string(parts_->graph->name()), std::string(parts_->cache->name())};
}

bool OpenedStores::uses_servers() const { return parts_->servers; }

std::vector<PortState> OpenedStores::probe(std::chrono::milliseconds patience) {
  CallOptions limits;
  limits.deadline = std::chrono::steady_clock::now() + patience;
  Store* const stores[] = {parts_->documents, parts_->vectors, parts_->graph};
  std::vector<PortState> out(4);
  {
    std::vector<std::jthread> asking;
    for (std::size_t i = 0; i < 3; ++i) {
      asking.emplace_back([&, i] {
        out[i].name = stores[i]->name();
        if (auto looked = stores[i]->look({&kNobody, 1}, limits); !looked) {
          out[i].error = looked.error();
        }
      });
    }
    out[3].name = parts_->cache->name();
    if (auto answered = parts_->probe_cache(limits); !answered) out[3].error = answered.error();
  }
  return out;
}

std::vector<PortServer> OpenedStores::servers(std::chrono::milliseconds patience) const {
  std::vector<PortServer> out;
  const auto ask = [&](std::string_view name, const auto& server) {
    if (!server) return;
    CallOptions limits;
    limits.deadline = std::chrono::steady_clock::now() + patience;
    const auto before = parts_->clock->now();
    auto facts = server->facts(limits);
    const auto middle = before + (parts_->clock->now() - before) / 2;
    std::optional<std::chrono::milliseconds> ahead;
    if (facts && facts->clock) {
      ahead = std::chrono::round<std::chrono::milliseconds>(*facts->clock - middle);
    }
    out.push_back({std::string(name), std::move(facts), ahead});
  };
  ask(parts_->documents->name(), parts_->postgres_documents);
  ask(parts_->vectors->name(), parts_->postgres_vectors);
  ask(parts_->vectors->name(), parts_->qdrant_vectors);
  ask(parts_->graph->name(), parts_->neo4j_graph);
  ask(parts_->cache->name(), parts_->redis_cache);
  return out;
}

}  // namespace gantry::stores
