#include "host/stores/reembed.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <thread>

#include "host/base/digest.hpp"
#include "host/base/encoding.hpp"
#include "host/pipeline/chunking.hpp"

namespace gantry::stores {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kPage = 32;
constexpr std::size_t kPageCounted = 5'000;
constexpr std::size_t kChunksAtOnce = 256;
constexpr int kRounds = 5;
constexpr std::string_view kSentence = "Load L-1001 leaves Joliet, IL.";
/// Longer than the lease of a writer that was killed.
constexpr auto kLeasePatience = 35s;
constexpr auto kSagaPatience = 60s;
constexpr auto kSagaPause = 1s;

bool same_write(const Stamp& a, const Stamp& b) {
  return a.present == b.present && a.version == b.version && a.tag == b.tag && a.hash == b.hash;
}

/// The index, for vectors that were made of documents as they were: where one was written since,
/// its write is stale. A saga calls it with the documents' locks held.
class Unchanged final : public Store {
 public:
  Unchanged(const DocumentStore& documents, VectorIndex& vectors)
      : documents_(documents), vectors_(vectors) {}

  std::map<std::string, Stamp, std::less<>> made_of;

  std::string_view name() const override { return vectors_.name(); }
  AtomicSite* site() override { return vectors_.site(); }

  Result<std::vector<Kept>> put(std::span<const Write> writes,
                                const CallOptions& options) override {
    std::vector<std::string> ids;
    for (const Write& write : writes) ids.push_back(write.item->document.id);
    auto now = documents_.look(ids, options);
    if (!now) return now.error();
    std::vector<Kept> out(writes.size(), Kept::kStale);
    std::vector<Write> valid;
    std::vector<std::size_t> places;
    for (std::size_t i = 0; i < writes.size(); ++i) {
      if (!same_write((*now)[i], made_of.at(ids[i]))) continue;
      valid.push_back(writes[i]);
      places.push_back(i);
    }
    auto kept = vectors_.put(valid, options);
    if (!kept) return kept.error();
    for (std::size_t i = 0; i < places.size(); ++i) out[places[i]] = (*kept)[i];
    return out;
  }
  Result<std::vector<Stamp>> look(std::span<const std::string> ids,
                                  const CallOptions& options) const override {
    return vectors_.look(ids, options);
  }
  Result<std::vector<Undone>> undo(std::span<const WriteRef> refs,
                                   const CallOptions& options) override {
    return vectors_.undo(refs, options);
  }
  Result<void> settle(std::span<const WriteRef> refs, const CallOptions& options) override {
    return vectors_.settle(refs, options);
  }

 private:
  const DocumentStore& documents_;
  VectorIndex& vectors_;
};

/// What the index needs of a document, and the text that is embedded.
struct Source {
  IngestedDocument item;
  pipeline::ParsedText text;
};

class Walk {
 public:
  Walk(const ReembedPorts& ports, const ReembedOptions& options, const Clock& clock)
      : ports_(ports), options_(options), clock_(clock), index_(ports.documents, ports.vectors) {
    if (!options_.sleep) {
      options_.sleep = [](std::chrono::milliseconds time) { std::this_thread::sleep_for(time); };
    }
  }

  Result<Reembedded> run();

 private:
  Result<void> end_sagas();
  Result<void> count();
  Result<std::size_t> round();
  Result<void> renew(std::span<const ModelUse> page);
  Result<Source> read(const std::string& id, const Stamp& document, const Stamp& vectors);
  Result<void> embed(std::span<Source> group);
  Result<void> write(std::span<Source> group);

  const ReembedPorts& ports_;
  ReembedOptions options_;
  const Clock& clock_;
  Unchanged index_;
  /// Makes each write's key its own: a cached result would answer for one that was taken back
  /// since.
  const std::string run_ = to_hex(random_bytes(8)) + ':';
  std::uint64_t reads_ = 0;
  std::unique_ptr<saga::Saga> saga_;
  Reembedded done_;
  std::set<std::string, std::less<>> refused_;
  std::size_t total_ = 0;
};

Result<Reembedded> Walk::run() {
  if (auto ended = end_sagas(); !ended) return ended.error();
  if (auto counted = count(); !counted) return counted.error();
  if (total_ == 0) return done_;
  // Asked before any text of a customer: what is wrong with the model itself is told as that.
  if (auto asked = ports_.embedder.embed({&kSentence, 1}); !asked) return asked.error();
  saga::SagaPolicy policy;
  policy.lock_wait = kLeasePatience;
  policy.result_ttl = 1min;
  saga_ = std::make_unique<saga::Saga>(
      saga::SagaPorts{{&index_}, ports_.whole.cache, ports_.whole.log, ports_.whole.dead_letters},
      policy, clock_, options_.sleep);
  for (int i = 0; i < kRounds; ++i) {
    auto seen = round();
    if (!seen) return seen.error();
    if (*seen == 0) {
      saga_->drain();
      return std::move(done_);
    }
  }
  return Error{ErrorKind::kConflict,
               std::string(ports_.vectors.name()) +
                   ": somebody goes on writing vectors of another model than " +
                   std::string(ports_.embedder.model()) + "; stop every host that does"};
}

/// A write over what an unended saga left would keep that as the state to go back to.
Result<void> Walk::end_sagas() {
  saga::Saga whole(ports_.whole, {}, clock_, options_.sleep);
  const auto until = clock_.steady() + kSagaPatience;
  for (;;) {
    auto resumed = whole.resume();
    if (!resumed) return resumed.error();
    if (resumed->waiting == 0) return {};
    if (clock_.steady() >= until) {
      return Error{ErrorKind::kUnavailable,
                   std::to_string(resumed->waiting) +
                       " earlier writes are not ended: a store is away, or a host is at them"};
    }
    options_.sleep(kSagaPause);
  }
}

Result<void> Walk::count() {
  std::string after;
  for (;;) {
    auto page = ports_.vectors.of_other_models(ports_.embedder.model(), after, kPageCounted, {});
    if (!page) return page.error();
    total_ += page->size();
    if (page->size() < kPageCounted) return {};
    after = page->back().document_id;
  }
}

/// How many documents it found that it can do something about.
Result<std::size_t> Walk::round() {
  std::size_t seen = 0;
  std::string after;
  for (;;) {
    auto page = ports_.vectors.of_other_models(ports_.embedder.model(), after, kPage, {});
    if (!page) return page.error();
    const bool last = page->size() < kPage;
    if (!page->empty()) after = page->back().document_id;
    if (!options_.drop_refused) {
      std::erase_if(*page, [&](const ModelUse& one) { return refused_.contains(one.document_id); });
    }
    seen += page->size();
    if (auto renewed = renew(*page); !renewed) return renewed.error();
    if (last) return seen;
  }
}

Result<void> Walk::renew(std::span<const ModelUse> page) {
  if (page.empty()) return {};
  std::vector<std::string> ids;
  for (const ModelUse& one : page) ids.push_back(one.document_id);
  // Before the texts are read: whoever writes one later is seen by its stamp.
  auto documents = ports_.documents.look(ids, {});
  if (!documents) return documents.error();
  auto vectors = ports_.vectors.look(ids, {});
  if (!vectors) return vectors.error();
  index_.made_of.clear();
  std::vector<Source> group;
  std::size_t chunks = 0;
  for (std::size_t i = 0; i < ids.size(); ++i) {
    index_.made_of.emplace(ids[i], (*documents)[i]);
    auto source = read(ids[i], (*documents)[i], (*vectors)[i]);
    if (!source) return source.error();
    chunks += source->text.chunks.size();
    group.push_back(std::move(*source));
    if (chunks < kChunksAtOnce && i + 1 < ids.size()) continue;
    if (auto made = embed(group); !made) return made.error();
    group.clear();
    chunks = 0;
  }
  return {};
}

Result<Source> Walk::read(const std::string& id, const Stamp& document, const Stamp& vectors) {
  auto stored = ports_.documents.get(id, {});
  if (!stored) return stored.error();
  Source out;
  Document& to = out.item.document;
  to.id = id;
  // Where the index is ahead of the documents it stays so; `gantry reconcile` tells.
  to.version = std::max(document.version, vectors.version);
  out.item.parsed.text = run_ + std::to_string(++reads_);
  if (!*stored) return out;
  to.source = std::move((*stored)->document.source);
  to.kind = std::move((*stored)->document.kind);
  to.deleted = (*stored)->document.deleted;
  to.purged = (*stored)->document.purged;
  if (to.deleted || to.purged) return out;
  out.text.text = std::move((*stored)->words);
  out.text.chunks = pipeline::chunk_text(out.text.text);
  return out;
}

Result<void> Walk::embed(std::span<Source> group) {
  std::vector<const pipeline::ParsedText*> texts;
  for (const Source& source : group) texts.push_back(&source.text);
  auto made = pipeline::embed_chunks(ports_.embedder, texts);
  if (made) {
    for (std::size_t i = 0; i < group.size(); ++i) {
      if (!(*made)[i].vectors.empty()) group[i].item.embeddings = std::move((*made)[i]);
    }
    return write(group);
  }
  if (made.error().kind != ErrorKind::kInvalid) return made.error();
  if (group.size() > 1) {
    // One text that the model refuses must not keep the others from it.
    for (Source& source : group) {
      if (auto alone = embed({&source, 1}); !alone) return alone.error();
    }
    return {};
  }
  const std::string& id = group[0].item.document.id;
  if (refused_.insert(id).second) done_.refused.push_back({id, made.error().message()});
  if (options_.drop_refused) return write(group);
  return {};
}

Result<void> Walk::write(std::span<Source> group) {
  std::vector<IngestedDocument> batch;
  for (Source& source : group) batch.push_back(std::move(source.item));
  const auto outcomes = saga_->write(batch);
  std::optional<Error> first;
  for (std::size_t i = 0; i < batch.size(); ++i) {
    if (outcomes[i].error) {
      if (!first) first = outcomes[i].error;
    } else if (outcomes[i].kept != Kept::kStale) {  // else the next round looks again
      ++(batch[i].embeddings.vectors.empty() ? done_.dropped : done_.embedded);
    }
  }
  if (first) return *first;
  if (options_.progress) options_.progress(done_.embedded + done_.dropped, total_);
  return {};
}

}  // namespace

Result<Reembedded> reembed(const ReembedPorts& ports, const ReembedOptions& options,
                           const Clock& clock) {
  return Walk(ports, options, clock).run();
}

}  // namespace gantry::stores
