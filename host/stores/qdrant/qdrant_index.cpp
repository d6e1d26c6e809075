#include "host/stores/qdrant/qdrant_index.hpp"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <thread>
#include <unordered_map>

#include "host/base/digest.hpp"
#include "host/base/encoding.hpp"
#include "host/stores/qdrant/collections.hpp"
#include "host/stores/qdrant/content_points.hpp"

namespace gantry::stores::qdrant {
namespace {

using std::chrono::milliseconds;

constexpr int kTries = 10;
constexpr milliseconds kFirstPause{2};
constexpr std::chrono::minutes kListingKept{10};

Error wrong_length(const IngestedDocument& item, std::size_t length, std::size_t held) {
  return {ErrorKind::kInvalid, "vectors of " + escape_control(item.document.id) + " have length " +
                                   std::to_string(length) + ", the index of " +
                                   escape_control(item.embeddings.model) + " holds length " +
                                   std::to_string(held)};
}

bool all_finite(const pipeline::Vector& vector) {
  return std::ranges::all_of(vector, [](float value) { return std::isfinite(value); });
}

/// Waits before the next try; false where there shall be none.
bool pause(int attempt, const CallOptions& options) {
  if (attempt >= kTries || (options.cancelled && options.cancelled())) return false;
  const auto share = static_cast<unsigned char>(random_bytes(1).front());
  const auto time = kFirstPause * (1 << attempt) * (share + 128) / 256;
  if (options.deadline && std::chrono::steady_clock::now() + time >= *options.deadline) {
    return false;
  }
  std::this_thread::sleep_for(time);
  return true;
}

Error too_many_writers() {
  return {ErrorKind::kUnavailable, "the vector index: others write the same documents; try again"};
}

/// A collection that was there is gone: what is remembered of it is wrong, a later try is not.
Error gone(Collections& collections, Error error) {
  if (error.kind != ErrorKind::kNotFound) return error;
  collections.forget();
  return {ErrorKind::kUnavailable, error.what, error.upstream};
}

bool is_prefix(std::string_view text) {
  constexpr std::string_view kAllowed =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
  return !text.empty() && text.find_first_not_of(kAllowed) == std::string_view::npos;
}

/// True where `now` needs the vectors of `content`, or there are none.
bool names(const Known& now, const Content& content) {
  return content.write.empty() || content.write == now.content.write ||
         content.write == now.before.write;
}

/// Where each write's vectors go; kInvalid for vectors that the index can never take.
Result<std::vector<Content>> offer(Collections& collections, std::span<const Write> writes,
                                   const CallOptions& options) {
  std::vector<Content> out(writes.size());
  for (std::size_t i = 0; i < writes.size(); ++i) {
    const IngestedDocument& item = *writes[i].item;
    const pipeline::Embeddings& embeddings = item.embeddings;
    if (embeddings.vectors.empty()) continue;
    for (const pipeline::Vector& vector : embeddings.vectors) {
      if (vector.size() != embeddings.dimension || vector.empty()) {
        return wrong_length(item, vector.size(), embeddings.dimension);
      }
      if (!all_finite(vector)) {
        return Error{ErrorKind::kInvalid,
                     "a vector of " + escape_control(item.document.id) + " is not finite"};
      }
    }
    auto model = collections.ensure(embeddings.model, embeddings.dimension, options);
    if (!model) return model.error();
    if (model->dimension != embeddings.dimension) {
      return wrong_length(item, embeddings.dimension, model->dimension);
    }
    if (item.document.deleted || item.document.purged) continue;
    out[i] = {model->collection, mark_of(writes[i]), embeddings.model};
  }
  return out;
}

}  // namespace

/// What a put does, by the rules and what the ledger says.
struct QdrantIndex::Plan {
  std::vector<Kept> kept;
  std::vector<Write> writes;      ///< Those that are let in,
  std::vector<Content> contents;  ///< their vectors,
  std::vector<Change> changes;    ///< and their ledger points.
  std::vector<Json> dead;         ///< What to erase afterwards.
  std::size_t purges = 0;
};

QdrantIndex::Plan QdrantIndex::decide(std::span<const Write> writes,
                                      std::span<const Content> offered,
                                      std::span<const Known> known) {
  Plan plan;
  for (std::size_t i = 0; i < writes.size(); ++i) {
    const Document& document = writes[i].item->document;
    const Known& from = known[i];
    plan.kept.push_back(judge(from.entry, writes[i]));
    if (document.purged && plan.kept.back() != Kept::kFenced) {
      // Also where it was purged before: the vectors may have outlived that answer.
      plan.dead.push_back(all_of(document.id));
      ++plan.purges;
    }
    if (plan.kept.back() != Kept::kWritten) continue;
    Known to;
    to.entry = admitted(from.entry, writes[i]);
    to.content = offered[i];
    if (to.entry.before.present) to.before = from.content;
    for (const Content* old : {&from.content, &from.before}) {
      if (!names(to, *old)) plan.dead.push_back(those_of(*old));
    }
    if (!from.revision.empty()) plan.dead.push_back(leftovers_below(document.id, to));
    plan.writes.push_back(writes[i]);
    plan.contents.push_back(offered[i]);
    plan.changes.push_back({document.id, from, std::move(to)});
  }
  return plan;
}

Result<std::unique_ptr<QdrantIndex>> QdrantIndex::open(const QdrantOptions& options) {
  if (!is_prefix(options.prefix)) {
    return Error{ErrorKind::kInvalid, "the vector index's prefix takes letters, digits, _ and -"};
  }
  auto rest = Rest::open(options);
  if (!rest) return rest.error();
  return std::unique_ptr<QdrantIndex>(new QdrantIndex(std::move(*rest), options));
}

QdrantIndex::QdrantIndex(std::unique_ptr<Rest> rest, const QdrantOptions& options)
    : rest_(std::move(rest)),
      collections_(std::make_unique<Collections>(*rest_, options.prefix, options.make_collections)),
      ledger_(std::make_unique<LedgerPoints>(*rest_, collections_->ledger())) {}
QdrantIndex::~QdrantIndex() = default;

Result<void> QdrantIndex::check(const CallOptions& options) const {
  auto counted = count(options);
  if (!counted) return counted.error();
  return {};
}

Result<ServerFacts> QdrantIndex::facts(const CallOptions& options) const {
  auto version = rest_->version(options);
  if (!version) return version.error();
  return ServerFacts{"Qdrant " + *version, {}};
}

Result<std::vector<Kept>> QdrantIndex::put(std::span<const Write> writes,
                                           const CallOptions& options) {
  if (writes.empty()) return std::vector<Kept>();
  if (auto ready = collections_->prepare(options); !ready) return ready.error();
  auto offered = offer(*collections_, writes, options);
  if (!offered) return offered.error();
  std::vector<std::string> ids;
  for (const Write& write : writes) ids.push_back(write.item->document.id);
  const ContentPoints points(*rest_);
  for (int attempt = 1;; ++attempt) {
    auto known = ledger_->read(ids, options);
    if (!known) return gone(*collections_, known.error());
    Plan plan = decide(writes, *offered, *known);
    if (auto sent = points.send(plan.writes, plan.contents, options); !sent) {
      return gone(*collections_, sent.error());
    }
    auto replaced = ledger_->replace(plan.changes, options);
    if (!replaced) return replaced.error();
    if (*replaced) {
      auto tidied = tidy(points, plan, options);
      // Searches judge by the ledger, so what is left is not found; but a purge must have happened.
      if (tidied || plan.purges == 0) return std::move(plan.kept);
      return Error{ErrorKind::kUnavailable,
                   "a purge is recorded, its vectors are not removed yet: " + tidied.error().what,
                   tidied.error().upstream};
    }
    // Ours is dead, unless the winner is the same write, sent by somebody else.
    auto now = ledger_->read(ids, options);
    if (!now) return now.error();
    plan = {};
    for (std::size_t i = 0; i < ids.size(); ++i) {
      if (!names((*now)[i], (*offered)[i])) plan.dead.push_back(those_of((*offered)[i]));
    }
    static_cast<void>(tidy(points, plan, options));
    if (!pause(attempt, options)) return too_many_writers();
  }
}

Result<void> QdrantIndex::tidy(const ContentPoints& points, const Plan& plan,
                               const CallOptions& options) const {
  std::vector<Content> hidden;
  for (const Change& change : plan.changes) hidden.push_back(change.to.before);
  static_cast<void>(points.show(hidden, false, options));
  if (plan.dead.empty()) return {};
  auto collections = collections_->all(options);
  if (!collections) return collections.error();
  return points.erase(*collections, plan.dead, options);
}

Result<std::vector<Stamp>> QdrantIndex::look(std::span<const std::string> document_ids,
                                             const CallOptions& options) const {
  if (auto ready = collections_->prepare(options); !ready) return ready.error();
  auto known = ledger_->read(document_ids, options);
  if (!known) return gone(*collections_, known.error());
  std::vector<Stamp> out;
  for (const Known& one : *known) out.push_back(stamp_of(one.entry));
  return out;
}

Result<std::vector<Undone>> QdrantIndex::undo(std::span<const WriteRef> refs,
                                              const CallOptions& options) {
  if (refs.empty()) return std::vector<Undone>();
  if (auto ready = collections_->prepare(options); !ready) return ready.error();
  // One document may be named more than once; each name is answered in turn.
  std::vector<std::string> ids;
  std::unordered_map<std::string_view, std::size_t> places;
  for (const WriteRef& ref : refs) {
    if (places.emplace(ref.document_id, ids.size()).second) ids.push_back(ref.document_id);
  }
  const ContentPoints points(*rest_);
  for (int attempt = 1;; ++attempt) {
    auto known = ledger_->read(ids, options);
    if (!known) return gone(*collections_, known.error());
    std::vector<Known> states = *known;
    std::vector<bool> changed(ids.size(), false);
    std::vector<Undone> undone;
    std::vector<Content> shown;
    std::vector<Content> removed;
    for (const WriteRef& ref : refs) {
      const std::size_t at = places.at(ref.document_id);
      Known& state = states[at];
      const bool barred = state.entry.barred == ref.operation;
      undone.push_back(reverse(state.entry, ref.operation));
      if (undone.back() == Undone::kRestored) {
        removed.push_back(state.content);
        state.content = std::exchange(state.before, {});
        shown.push_back(state.content);
      }
      // Barring again what is barred changes nothing.
      if (undone.back() == Undone::kRestored || (undone.back() == Undone::kNotOurs && !barred)) {
        changed[at] = true;
      }
    }
    // Before the commit: once the ledger names these vectors, searches must see them.
    if (auto visible = points.show(shown, true, options); !visible) {
      return gone(*collections_, visible.error());
    }
    std::vector<Change> changes;
    for (std::size_t i = 0; i < ids.size(); ++i) {
      if (changed[i]) changes.push_back({ids[i], (*known)[i], states[i]});
    }
    auto replaced = ledger_->replace(changes, options);
    if (!replaced) return replaced.error();
    if (!*replaced) {
      if (!pause(attempt, options)) return too_many_writers();
      continue;
    }
    std::vector<Json> dead;
    for (const Content& content : removed) {
      if (!content.write.empty()) dead.push_back(those_of(content));
    }
    for (std::size_t i = 0; i < refs.size(); ++i) {
      if (undone[i] != Undone::kNotOurs) continue;
      const std::size_t at = places.at(refs[i].document_id);
      dead.push_back(leftovers_of(refs[i].document_id, states[at], refs[i].operation));
    }
    // Tidying: what is left is hidden from searches by the ledger.
    if (auto collections = collections_->all(options)) {
      static_cast<void>(points.erase(*collections, dead, options));
    }
    return undone;
  }
}

Result<void> QdrantIndex::settle(std::span<const WriteRef> refs, const CallOptions& options) {
  if (refs.empty()) return {};
  if (auto ready = collections_->prepare(options); !ready) return ready.error();
  std::vector<std::string> ids;
  for (const WriteRef& ref : refs) ids.push_back(ref.document_id);
  const ContentPoints points(*rest_);
  for (int attempt = 1;; ++attempt) {
    auto known = ledger_->read(ids, options);
    if (!known) return gone(*collections_, known.error());
    std::vector<Change> changes;
    std::vector<Json> dead;
    for (std::size_t i = 0; i < refs.size(); ++i) {
      const Known& from = (*known)[i];
      if (!from.entry.present || from.entry.operation != refs[i].operation) continue;
      Known to = from;
      to.entry.undoable = false;
      to.entry.before = {};
      to.before = {};
      if (!from.before.write.empty()) dead.push_back(those_of(from.before));
      dead.push_back(leftovers_below(ids[i], to));
      if (from.entry.undoable) changes.push_back({ids[i], from, std::move(to)});
    }
    auto replaced = ledger_->replace(changes, options);
    if (!replaced) return replaced.error();
    if (!*replaced) {
      if (!pause(attempt, options)) return too_many_writers();
      continue;
    }
    if (dead.empty()) return {};
    auto collections = collections_->all(options);
    if (!collections) return collections.error();
    return points.erase(*collections, dead, options);
  }
}

template <class Row, class Read>
Result<std::vector<Row>> QdrantIndex::page(Listing<Row>& listing, std::string_view after,
                                           std::size_t limit, const Read& read) const {
  const std::lock_guard lock(listing_mutex_);
  const auto now = std::chrono::steady_clock::now();
  if (after.empty() || listing.rows.empty() || now - listing.read_at > kListingKept) {
    auto all = read();
    if (!all) return gone(*collections_, all.error());
    listing.rows = std::move(*all);
    listing.read_at = now;
  }
  const std::vector<Row>& rows = listing.rows;
  const auto first = std::ranges::upper_bound(rows, after, {}, &Row::document_id);
  const auto left = static_cast<std::size_t>(rows.end() - first);
  std::vector<Row> out(first, first + static_cast<std::ptrdiff_t>(std::min(limit, left)));
  if (left < limit) listing = {};  // that was the last page
  return out;
}

Result<std::vector<Listed>> QdrantIndex::list(std::string_view after, std::size_t limit,
                                              const CallOptions& options) const {
  if (auto ready = collections_->prepare(options); !ready) return ready.error();
  return page(listing_, after, limit, [&] { return ledger_->list(options); });
}

Result<std::vector<ModelUse>> QdrantIndex::of_other_models(std::string_view model,
                                                           std::string_view after,
                                                           std::size_t limit,
                                                           const CallOptions& options) const {
  if (auto ready = collections_->prepare(options); !ready) return ready.error();
  const std::string ours = collections_->name_of(model);
  return page(uses_, after, limit, [&] { return ledger_->outside(ours, options); });
}

Result<std::vector<VectorHit>> QdrantIndex::nearest(const VectorQuery& query,
                                                    const CallOptions& options) const {
  if (auto ready = collections_->prepare(options); !ready) return ready.error();
  auto model = collections_->find(query.model, options);
  if (!model) return model.error();
  if (!*model || query.limit == 0) return std::vector<VectorHit>();
  if (query.vector.size() != (*model)->dimension || !all_finite(query.vector)) {
    return Error{ErrorKind::kInvalid, "a query of length " + std::to_string(query.vector.size()) +
                                          " for an index of length " +
                                          std::to_string((*model)->dimension)};
  }
  const auto match = [](const char* key, Json value) {
    return Json{{"key", key}, {"match", {{"value", std::move(value)}}}};
  };
  Json must = Json::array({match("live", true)});
  if (!query.source.empty()) must.push_back(match("source", query.source));
  if (!query.kind.empty()) must.push_back(match("kind", query.kind));
  const std::string path = "/collections/" + (*model)->collection + "/points/query";
  // A document may take several of the nearest points, and some may be of writes that the ledger
  // does not name: more is asked for until there is enough or no more.
  for (std::size_t ask = query.limit + query.limit / 2 + 16;; ask *= 4) {
    auto result = rest_->call("POST", path,
                              {{"query", query.vector},
                               {"filter", {{"must", must}}},
                               {"limit", ask},
                               {"with_payload", {"document_id", "chunk", "write"}}},
                              options);
    if (!result) return gone(*collections_, result.error());
    try {
      const auto points = result->at("points").get<std::vector<Json>>();
      auto hits = committed(points, options);
      if (!hits) return hits.error();
      if (hits->size() < query.limit && points.size() >= ask) continue;
      if (hits->size() > query.limit) hits->resize(query.limit);
      return std::move(*hits);
    } catch (const Json::exception& problem) {
      return unexpected(problem.what());
    }
  }
}

Result<std::vector<VectorHit>> QdrantIndex::committed(const std::vector<Json>& points,
                                                      const CallOptions& options) const {
  std::vector<std::string> ids;
  std::unordered_map<std::string, std::size_t> places;
  for (const Json& point : points) {
    const auto id = point.at("payload").at("document_id").get<std::string>();
    if (places.emplace(id, ids.size()).second) ids.push_back(id);
  }
  auto known = ledger_->read(ids, options);
  if (!known) return gone(*collections_, known.error());
  std::unordered_map<std::string, VectorHit> best;
  for (const Json& point : points) {
    const Json& payload = point.at("payload");
    const auto id = payload.at("document_id").get<std::string>();
    const Known& now = (*known)[places.at(id)];
    if (payload.at("write").get<std::string>() != now.content.write) continue;
    const VectorHit hit{id, point.at("score").get<double>(),
                        payload.at("chunk").get<std::size_t>()};
    VectorHit& kept = best.try_emplace(id, hit).first->second;
    if (hit.score > kept.score || (hit.score == kept.score && hit.chunk < kept.chunk)) kept = hit;
  }
  std::vector<VectorHit> out;
  for (auto& [id, hit] : best) out.push_back(std::move(hit));
  std::ranges::sort(out, [](const VectorHit& a, const VectorHit& b) {
    return a.score != b.score ? a.score > b.score : a.document_id < b.document_id;
  });
  return out;
}

Result<std::size_t> QdrantIndex::count(const CallOptions& options) const {
  if (auto ready = collections_->prepare(options); !ready) return ready.error();
  auto collections = collections_->all(options);
  if (!collections) return collections.error();
  const Json live = {{"key", "live"}, {"match", {{"value", true}}}};
  std::size_t out = 0;
  for (const std::string& collection : *collections) {
    auto counted =
        rest_->call("POST", "/collections/" + collection + "/points/count",
                    {{"filter", {{"must", Json::array({live})}}}, {"exact", true}}, options);
    if (!counted) return gone(*collections_, counted.error());
    const auto count = counted->find("count");
    if (count == counted->end() || !count->is_number_unsigned()) return unexpected();
    out += count->get<std::size_t>();
  }
  return out;
}

}  // namespace gantry::stores::qdrant
