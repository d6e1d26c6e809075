#pragma once

#include <chrono>
#include <memory>
#include <mutex>
#include <nlohmann/json_fwd.hpp>
#include <span>
#include <string>
#include <vector>

#include "host/base/json.hpp"
#include "host/stores/server_facts.hpp"
#include "host/stores/vector_index.hpp"

namespace gantry::stores::qdrant {

struct QdrantOptions {
  std::string url;                ///< https://host:port of the REST API; http to loopback only.
  std::string secret;             ///< API key, resolved; empty: none. Never logged.
  std::string ca_file;            ///< PEM bundle; empty: the system's.
  std::string prefix = "gantry";  ///< Begins every collection's name: letters, digits, '_', '-'.
  std::chrono::milliseconds timeout{10'000};  ///< Of one request whose caller sets no earlier end.
  std::chrono::milliseconds connect_timeout{2'000};
  bool make_collections = true;  ///< False: look only; missing ones are kConflict.
};

class Collections;
class ContentPoints;
class LedgerPoints;
class Rest;
struct Content;
struct Known;

/// Vectors in Qdrant 1.16 or newer, over its REST API.
///
/// Qdrant has no transactions. What a document is, is told by its one point in a ledger collection:
/// vectors are written before that point and are found only while it names them, so replacing it
/// is the commit. It is replaced under the condition that nobody did meanwhile (`update_filter`),
/// and a batch's ledger points go in one request. Vectors of the state before stay, hidden, until
/// settle(). README.md says what this promises and where it is less than a transaction.
///   kTimeout      no answer in time, or none to a commit: the effect is unknown
///   kUnavailable  away or overloaded         kDenied       the API key
///   kInvalid      vectors of a wrong length  kUnsupported  an older server, or another one
///   kConflict     the ledger is missing and may not be made
/// [any-thread] [blocking]
class QdrantIndex final : public VectorIndex {
 public:
  /// Contacts nobody: a server that is away shows at the first call, which also creates the ledger
  /// collection. kInvalid names the option.
  static Result<std::unique_ptr<QdrantIndex>> open(const QdrantOptions& options);
  ~QdrantIndex() override;

  /// That the server answers, knows us and is new enough.
  Result<void> check(const CallOptions& options) const;
  Result<ServerFacts> facts(const CallOptions& options) const;

  std::string_view name() const override { return "vectors/qdrant"; }
  Result<std::vector<Kept>> put(std::span<const Write> writes, const CallOptions& options) override;
  Result<std::vector<Stamp>> look(std::span<const std::string> document_ids,
                                  const CallOptions& options) const override;
  Result<std::vector<Undone>> undo(std::span<const WriteRef> refs,
                                   const CallOptions& options) override;
  Result<void> settle(std::span<const WriteRef> refs, const CallOptions& options) override;
  /// Qdrant cannot order points by their document: the whole ledger is read for the first page and
  /// kept for the others, until the last or for ten minutes. So is what of_other_models() finds.
  Result<std::vector<Listed>> list(std::string_view after, std::size_t limit,
                                   const CallOptions& options) const override;

  Result<std::vector<VectorHit>> nearest(const VectorQuery& query,
                                         const CallOptions& options) const override;
  Result<std::size_t> count(const CallOptions& options) const override;
  Result<std::vector<ModelUse>> of_other_models(std::string_view model, std::string_view after,
                                                std::size_t limit,
                                                const CallOptions& options) const override;

 private:
  struct Plan;
  QdrantIndex(std::unique_ptr<Rest> rest, const QdrantOptions& options);
  static Plan decide(std::span<const Write> writes, std::span<const Content> offered,
                     std::span<const Known> known);
  /// What one reading of the ledger gave, by id.
  template <class Row>
  struct Listing {
    std::vector<Row> rows;
    std::chrono::steady_clock::time_point read_at;
  };
  template <class Row, class Read>
  Result<std::vector<Row>> page(Listing<Row>& listing, std::string_view after, std::size_t limit,
                                const Read& read) const;
  /// Hides and removes vectors that no ledger point needs to be found.
  Result<void> tidy(const ContentPoints& points, const Plan& plan,
                    const CallOptions& options) const;
  /// The documents of these points, best first, as far as the ledger names their vectors.
  Result<std::vector<VectorHit>> committed(const std::vector<Json>& points,
                                           const CallOptions& options) const;

  const std::unique_ptr<Rest> rest_;
  const std::unique_ptr<Collections> collections_;
  const std::unique_ptr<LedgerPoints> ledger_;
  mutable std::mutex listing_mutex_;  // guards the next two
  mutable Listing<Listed> listing_;
  mutable Listing<ModelUse> uses_;  // by others than the model that was asked for last
};

}  // namespace gantry::stores::qdrant
