#include "host/stores/open.hpp"

#include <thread>

#include "host/stores/postgres/postgres.hpp"

namespace gantry::stores {
namespace {

using postgres::PostgresStores;

std::string_view scheme_of(const PortOptions& port) {
  return std::string_view(port.url).substr(0, port.url.find("://"));
}

bool is_postgres(const PortOptions& port) {
  return scheme_of(port) == "postgresql" || scheme_of(port) == "postgres";
}

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

}  // namespace

/// Each port's pointer goes to the embedded file until an adapter takes it over.
struct OpenedStores::Parts {
  std::unique_ptr<embedded::EmbeddedStores> embedded;
  std::unique_ptr<PostgresStores> postgres_documents;
  std::unique_ptr<PostgresStores> postgres_vectors;  ///< Where it is not the documents' database.
  DocumentStore* documents = nullptr;
  VectorIndex* vectors = nullptr;
  KnowledgeGraph* graph = nullptr;
  Cache* cache = nullptr;
  bool servers = false;

  Result<void> open_documents(const OpenOptions& options) {
    if (options.documents.url.empty()) return {};
    if (!is_postgres(options.documents)) return no_adapter("documents", options.documents);
    auto opened = open_postgres(
        options, options.documents,
        shared(options) ? PostgresStores::Ports::kBoth : PostgresStores::Ports::kDocuments);
    if (!opened) return at_port("documents.url", opened.error());
    postgres_documents = std::move(*opened);
    documents = postgres_documents->documents();
    if (shared(options)) vectors = postgres_documents->vectors();
    servers = true;
    return {};
  }

  Result<void> open_vectors(const OpenOptions& options) {
    if (options.vectors.url.empty() || shared(options)) return {};
    if (!is_postgres(options.vectors)) return no_adapter("vectors", options.vectors);
    auto opened = open_postgres(options, options.vectors, PostgresStores::Ports::kVectors);
    if (!opened) return at_port("vectors.url", opened.error());
    postgres_vectors = std::move(*opened);
    vectors = postgres_vectors->vectors();
    servers = true;
    return {};
  }

  Result<void> open_graph(const OpenOptions& options) {
    if (options.graph.url.empty()) return {};
    return no_adapter("graph", options.graph);
  }

  Result<void> open_cache(const OpenOptions& options) {
    if (options.cache.url.empty()) return {};
    return no_adapter("cache", options.cache);
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

bool OpenedStores::uses_servers() const { return parts_->servers; }

std::vector<PortState> OpenedStores::probe(std::chrono::milliseconds patience) {
  CallOptions limits;
  limits.deadline = std::chrono::steady_clock::now() + patience;
  const std::string nobody = "gantry:probe";
  Store* const stores[] = {parts_->documents, parts_->vectors, parts_->graph};
  std::vector<PortState> out(4);
  {
    std::vector<std::jthread> asking;
    for (std::size_t i = 0; i < 3; ++i) {
      asking.emplace_back([&, i] {
        out[i].name = stores[i]->name();
        if (auto looked = stores[i]->look({&nobody, 1}, limits); !looked) {
          out[i].error = looked.error();
        }
      });
    }
    out[3].name = parts_->cache->name();
    if (auto got = parts_->cache->get(nobody, limits); !got) out[3].error = got.error();
  }
  return out;
}

}  // namespace gantry::stores
