#include "host/stores/embedded/embedded.hpp"

#include "host/stores/embedded/documents.hpp"
#include "host/stores/embedded/graph.hpp"
#include "host/stores/embedded/shelves.hpp"
#include "host/stores/embedded/vectors.hpp"

namespace gantry::stores::embedded {

struct EmbeddedStores::Parts {
  Parts(std::unique_ptr<File> opened, std::string name)
      : file(std::move(opened)), staging(*file, std::move(name)) {}

  std::unique_ptr<File> file;
  Documents documents{*file};
  Vectors vectors{*file};
  Graph graph{*file};
  FileCache cache{*file};
  FileDeadLetters dead_letters{*file};
  FileSagaLog saga_log{*file};
  FileStaging staging;
};

Result<std::unique_ptr<EmbeddedStores>> EmbeddedStores::open(const EmbeddedOptions& options,
                                                             const Clock& clock) {
  auto file = File::open(options, clock);
  if (!file) return file.error();
  auto name = (*file)->read({}, [](Connection& db) {
    Query query(db, "SELECT name FROM host");
    query.row();
    return query.text(0);
  });
  if (!name) return name.error();
  return std::unique_ptr<EmbeddedStores>(
      new EmbeddedStores(std::make_unique<Parts>(std::move(*file), std::move(*name))));
}

EmbeddedStores::EmbeddedStores(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
EmbeddedStores::~EmbeddedStores() = default;

DocumentStore& EmbeddedStores::documents() { return parts_->documents; }
VectorIndex& EmbeddedStores::vectors() { return parts_->vectors; }
KnowledgeGraph& EmbeddedStores::graph() { return parts_->graph; }
Cache& EmbeddedStores::cache() { return parts_->cache; }
DeadLetters& EmbeddedStores::dead_letters() { return parts_->dead_letters; }
saga::SagaLog& EmbeddedStores::saga_log() { return parts_->saga_log; }
Staging& EmbeddedStores::staging() { return parts_->staging; }

}  // namespace gantry::stores::embedded
