#include "host/stores/search.hpp"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "host/base/encoding.hpp"

namespace gantry::stores {
namespace {

constexpr double kRankConstant = 60;
constexpr std::size_t kSnippetBytes = 200;
/// Below this the hashing of two unrelated texts is as near: noise is no find.
constexpr double kSimilarityMin = 0.15;

/// How far each leg is read where a filter drops what it found.
constexpr std::size_t kDepthMax = 600;
/// Of an entity that is asked for: more documents than are looked at anyway.
constexpr std::size_t kNamingMax = 10'000;
constexpr std::size_t kNodesMax = 8;
constexpr std::size_t kSeedsMax = 3;
constexpr std::size_t kPerNodeMax = 20;

/// Kinds of which one value is one thing: a place or a date says nothing of kinship.
constexpr std::string_view kIdentifying[] = {"load", "pro", "bol",       "po",
                                             "mc",   "dot", "container", "trailer"};

bool identifies(std::string_view kind) {
  return std::ranges::find(kIdentifying, kind) != std::end(kIdentifying);
}

void add_node(std::vector<Node>& nodes, Node node) {
  if (nodes.size() == kNodesMax || !identifies(node.kind)) return;
  if (std::ranges::find(nodes, node) == nodes.end()) nodes.push_back(std::move(node));
}

/// One line without marks; cut between code points.
std::string one_line(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\x02' || c == '\x03') continue;
    const bool space = static_cast<unsigned char>(c) <= 0x20;
    if (space && (out.empty() || out.back() == ' ')) continue;
    if (out.size() >= kSnippetBytes && (static_cast<unsigned char>(c) & 0xC0) != 0x80) {
      out += "…";
      break;
    }
    out += space ? ' ' : c;
  }
  while (!out.empty() && out.back() == ' ') out.pop_back();
  return out;
}

bool within(const SearchQuery& query, const Document& document) {
  if (query.from && document.occurred_at < *query.from) return false;
  if (query.to && document.occurred_at >= *query.to) return false;
  if (!query.source.empty() && document.source != query.source) return false;
  return query.kind.empty() || document.kind == query.kind;
}

}  // namespace

struct Search::Candidate {
  double score = 0;
  std::string snippet;
  std::vector<std::string> why;

  void add(std::size_t rank, std::string leg) {
    score += 1.0 / (kRankConstant + static_cast<double>(rank + 1));
    why.push_back(std::move(leg));
  }
};

void to_json(Json& out, const SearchHit& hit) {
  out = {{"id", hit.document_id},  {"source", hit.source}, {"kind", hit.kind}, {"title", hit.title},
         {"snippet", hit.snippet}, {"score", hit.score},   {"why", hit.why}};
}

Search::Search(const DocumentStore& documents, const VectorIndex& vectors,
               const pipeline::Embedder& embedder, const KnowledgeGraph* graph,
               const pipeline::EntityExtractor* extractor)
    : documents_(documents),
      vectors_(vectors),
      embedder_(embedder),
      graph_(graph),
      extractor_(extractor) {}

Result<std::vector<SearchHit>> Search::find(const SearchQuery& query,
                                            const CallOptions& options) const {
  if (query.limit == 0 || query.limit > kSearchLimitMax) {
    return Error{ErrorKind::kInvalid, "the limit must be 1 to " + std::to_string(kSearchLimitMax)};
  }
  if (query.text.find_first_not_of(" \t\r\n") == std::string::npos) {
    return Error{ErrorKind::kInvalid, "a search needs at least one word"};
  }
  if (query.entity && graph_ == nullptr) {
    return Error{ErrorKind::kUnsupported, "without a graph no entity can be asked for"};
  }
  SearchQuery asked = query;
  if (query.entity) asked.entity = as_documents_name_it(*query.entity);
  // Deeper than asked: a document that is low in both legs may be high in their sum. A filter that
  // the legs do not know drops finds, so it goes deeper still.
  std::size_t depth = std::min(query.limit * 3, kSearchLimitMax * 3);
  const bool filtered = query.from || query.to || query.entity;
  for (;;) {
    bool exhausted = false;
    auto hits = find_within(asked, depth, options, exhausted);
    if (!hits) return hits.error();
    if (!filtered || exhausted || hits->size() == query.limit || depth >= kDepthMax) return hits;
    depth = std::min(depth * 4, kDepthMax);
  }
}

/// `exhausted`: no leg has more.
Result<std::vector<SearchHit>> Search::find_within(const SearchQuery& query, std::size_t depth,
                                                   const CallOptions& options,
                                                   bool& exhausted) const {
  auto texts = documents_.find({query.text, query.source, query.kind, depth}, options);
  if (!texts) return texts.error();
  const std::string_view words = query.text;
  auto embedded = embedder_.embed({&words, 1});
  if (!embedded) return embedded.error();
  auto near = vectors_.nearest({std::string(embedder_.model()), std::move(embedded->front()),
                                query.source, query.kind, depth},
                               options);
  if (!near) return near.error();
  exhausted = texts->size() < depth && near->size() < depth;

  Candidates candidates;
  for (std::size_t i = 0; i < texts->size(); ++i) {
    Candidate& candidate = candidates[(*texts)[i].document_id];
    candidate.add(i, "text");
    candidate.snippet = std::move((*texts)[i].snippet);
  }
  for (std::size_t i = 0; i < near->size(); ++i) {
    if ((*near)[i].score < kSimilarityMin) break;
    candidates[(*near)[i].document_id].add(i, "vector");
  }
  if (auto added = add_graph_leg(query, candidates, options); !added) return added.error();

  std::vector<std::string> naming;
  if (query.entity) {
    auto found = graph_->documents(*query.entity, kNamingMax, options);
    if (!found) return found.error();
    naming = std::move(*found);
    std::ranges::sort(naming);
  }
  std::vector<std::pair<std::string, Candidate>> ranked(candidates.begin(), candidates.end());
  std::ranges::sort(ranked, [](const auto& a, const auto& b) {
    if (a.second.score != b.second.score) return a.second.score > b.second.score;
    return a.first < b.first;
  });

  std::vector<SearchHit> out;
  for (auto& [id, candidate] : ranked) {
    if (out.size() == query.limit) break;
    if (query.entity && !std::ranges::binary_search(naming, id)) continue;
    auto stored = documents_.get(id, options);
    if (!stored) return stored.error();
    // The legs are read one after another: a document may have gone in between.
    if (!*stored || (*stored)->document.deleted || (*stored)->document.purged) continue;
    const Document& document = (*stored)->document;
    if (!within(query, document)) continue;
    out.push_back({id, document.source, document.kind, document.title,
                   one_line(candidate.snippet.empty() ? (*stored)->words : candidate.snippet),
                   candidate.score, std::move(candidate.why)});
  }
  return out;
}

Node Search::as_documents_name_it(const Node& node) const {
  const std::string text = node.kind + " #" + node.value;
  if (extractor_ == nullptr || !is_utf8(text)) return node;
  const auto entities = extractor_->extract(text);
  if (!entities) return node;
  const auto same = std::ranges::find(*entities, node.kind, &pipeline::Entity::kind);
  return same == entities->end() ? node : Node{same->kind, same->value};
}

Result<std::vector<Node>> Search::named(const SearchQuery& query) const {
  if (query.entity) return std::vector<Node>{*query.entity};
  std::vector<Node> nodes;
  if (!is_utf8(query.text)) return nodes;
  auto entities = extractor_->extract(query.text);
  if (!entities) return entities.error();
  for (auto& entity : *entities) {
    add_node(nodes, {std::move(entity.kind), std::move(entity.value)});
  }
  return nodes;
}

Result<std::vector<Node>> Search::named_by_best(const Candidates& candidates,
                                                const CallOptions& options) const {
  std::vector<Node> nodes;
  std::vector<std::pair<double, std::string>> best;
  for (const auto& [id, candidate] : candidates) best.emplace_back(-candidate.score, id);
  const std::size_t seeds = std::min(best.size(), kSeedsMax);
  std::ranges::partial_sort(best, best.begin() + static_cast<std::ptrdiff_t>(seeds));
  for (std::size_t i = 0; i < seeds; ++i) {
    auto mentions = graph_->mentions(best[i].second, options);
    if (!mentions) return mentions.error();
    for (auto& mention : *mentions) add_node(nodes, std::move(mention.node));
  }
  return nodes;
}

Result<void> Search::add_graph_leg(const SearchQuery& query, Candidates& candidates,
                                   const CallOptions& options) const {
  if (graph_ == nullptr || extractor_ == nullptr) return {};
  auto nodes = named(query);
  const bool asked = nodes && !nodes->empty();
  if (nodes && !asked) nodes = named_by_best(candidates, options);
  if (!nodes) return nodes.error();
  // More of the things in common is nearer; a thing that few name is nearer than one of many.
  std::map<std::string, std::pair<double, std::vector<std::string>>> kin;
  for (const Node& node : *nodes) {
    auto documents = graph_->documents(node, kPerNodeMax, options);
    if (!documents) return documents.error();
    if (!asked && documents->size() < 2) continue;  // only the one that led here
    for (auto& id : *documents) {
      auto& [weight, why] = kin[std::move(id)];
      weight += 1.0 / static_cast<double>(documents->size());
      why.push_back("graph:" + node.kind + ' ' + node.value);
    }
  }
  std::vector<std::pair<double, std::string>> order;
  for (const auto& [id, found] : kin) order.emplace_back(-found.first, id);
  std::ranges::sort(order);
  for (std::size_t rank = 0; rank < order.size(); ++rank) {
    auto& why = kin[order[rank].second].second;
    Candidate& candidate = candidates[order[rank].second];
    candidate.add(rank, std::move(why.front()));
    std::move(why.begin() + 1, why.end(), std::back_inserter(candidate.why));
  }
  return {};
}

}  // namespace gantry::stores
