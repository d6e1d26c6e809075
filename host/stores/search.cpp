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

struct Candidate {
  double score = 0;
  std::string snippet;
  std::vector<std::string> why;
};

void add(Candidate& candidate, std::size_t rank, std::string_view leg) {
  candidate.score += 1.0 / (kRankConstant + static_cast<double>(rank + 1));
  candidate.why.emplace_back(leg);
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

}  // namespace

void to_json(Json& out, const SearchHit& hit) {
  out = {{"id", hit.document_id},  {"source", hit.source}, {"kind", hit.kind}, {"title", hit.title},
         {"snippet", hit.snippet}, {"score", hit.score},   {"why", hit.why}};
}

Search::Search(const DocumentStore& documents, const VectorIndex& vectors,
               const pipeline::Embedder& embedder)
    : documents_(documents), vectors_(vectors), embedder_(embedder) {}

Result<std::vector<SearchHit>> Search::find(const SearchQuery& query,
                                            const CallOptions& options) const {
  if (query.limit == 0 || query.limit > kSearchLimitMax) {
    return Error{ErrorKind::kInvalid, "the limit must be 1 to " + std::to_string(kSearchLimitMax)};
  }
  if (query.text.find_first_not_of(" \t\r\n") == std::string::npos) {
    return Error{ErrorKind::kInvalid, "a search needs at least one word"};
  }
  // Deeper than asked: a document that is low in both legs may be high in their sum.
  const std::size_t depth = std::min(query.limit * 3, kSearchLimitMax * 3);
  auto texts = documents_.find({query.text, query.source, query.kind, depth}, options);
  if (!texts) return texts.error();
  const std::string_view words = query.text;
  auto embedded = embedder_.embed({&words, 1});
  if (!embedded) return embedded.error();
  auto near = vectors_.nearest({std::string(embedder_.model()), std::move(embedded->front()),
                                query.source, query.kind, depth},
                               options);
  if (!near) return near.error();

  std::map<std::string, Candidate> candidates;
  for (std::size_t i = 0; i < texts->size(); ++i) {
    Candidate& candidate = candidates[(*texts)[i].document_id];
    add(candidate, i, "text");
    candidate.snippet = std::move((*texts)[i].snippet);
  }
  for (std::size_t i = 0; i < near->size(); ++i) {
    if ((*near)[i].score < kSimilarityMin) break;
    add(candidates[(*near)[i].document_id], i, "vector");
  }
  std::vector<std::pair<std::string, Candidate>> ranked(candidates.begin(), candidates.end());
  std::ranges::sort(ranked, [](const auto& a, const auto& b) {
    if (a.second.score != b.second.score) return a.second.score > b.second.score;
    return a.first < b.first;
  });

  std::vector<SearchHit> out;
  for (auto& [id, candidate] : ranked) {
    if (out.size() == query.limit) break;
    auto stored = documents_.get(id, options);
    if (!stored) return stored.error();
    // The legs are read one after another: a document may have gone in between.
    if (!*stored || (*stored)->document.deleted || (*stored)->document.purged) continue;
    const Document& document = (*stored)->document;
    out.push_back({id, document.source, document.kind, document.title,
                   one_line(candidate.snippet.empty() ? (*stored)->words : candidate.snippet),
                   candidate.score, std::move(candidate.why)});
  }
  return out;
}

}  // namespace gantry::stores
