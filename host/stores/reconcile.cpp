#include "host/stores/reconcile.hpp"

#include <algorithm>
#include <optional>

namespace gantry::stores {
namespace {

constexpr std::size_t kLookAtOnce = 100;

/// What the stores hold of one document, in their order; nothing where one has none of it.
using Row = std::vector<std::optional<Listed>>;

std::optional<Disagreement> judge(std::span<Store* const> stores, const std::string& id,
                                  const Row& row) {
  const Listed* first = nullptr;
  bool missing = false;
  bool differs = false;
  for (const auto& one : row) {
    if (!one) {
      missing = true;
    } else if (first == nullptr) {
      first = &*one;
    } else {
      differs = differs || *one != *first;
    }
  }
  if (first == nullptr || (!missing && !differs)) return std::nullopt;
  Disagreement out{id, missing ? "document_missing" : "document_differs", {}};
  for (std::size_t i = 0; i < stores.size(); ++i) {
    if (i > 0) out.detail += ", ";
    out.detail += stores[i]->name();
    if (!row[i]) {
      out.detail += " none";
      continue;
    }
    out.detail += " v" + std::to_string(row[i]->version);
    if (row[i]->purged) {
      out.detail += " purged";
    } else if (row[i]->deleted) {
      out.detail += " deleted";
    }
  }
  return out;
}

/// Reads one store from its first document to its last.
class Reader {
 public:
  Reader(const Store& store, std::size_t page) : store_(store), page_(page) {}

  /// The next document; nothing after the last.
  Result<const Listed*> peek() {
    while (at_ == rows_.size()) {
      if (ended_) return static_cast<const Listed*>(nullptr);
      const std::string after = rows_.empty() ? std::string{} : rows_.back().document_id;
      auto rows = store_.list(after, page_, {});
      if (!rows) return rows.error();
      ended_ = rows->size() < page_;
      rows_ = std::move(*rows);
      at_ = 0;
    }
    return static_cast<const Listed*>(&rows_[at_]);
  }
  void take() { ++at_; }

 private:
  const Store& store_;
  const std::size_t page_;
  std::vector<Listed> rows_;
  std::size_t at_ = 0;
  bool ended_ = false;
};

}  // namespace

Result<Comparison> compare(std::span<Store* const> stores, const Compared& compared,
                           std::size_t page) {
  std::vector<Reader> readers;
  for (const Store* store : stores) readers.emplace_back(*store, page);
  Comparison out;
  for (;;) {
    const Listed* least = nullptr;
    std::vector<const Listed*> heads;
    for (Reader& reader : readers) {
      auto head = reader.peek();
      if (!head) return head.error();
      heads.push_back(*head);
      if (*head != nullptr && (least == nullptr || (*head)->document_id < least->document_id)) {
        least = *head;
      }
    }
    if (least == nullptr) break;
    const std::string id = least->document_id;
    Row row;
    for (std::size_t i = 0; i < heads.size(); ++i) {
      row.emplace_back();
      if (heads[i] == nullptr || heads[i]->document_id != id) continue;
      row.back() = *heads[i];
      readers[i].take();
    }
    ++out.documents;
    if (auto found = judge(stores, id, row)) {
      if (out.disagreements.size() < kDisagreementsMax) {
        out.disagreements.push_back(std::move(*found));
      } else {
        out.truncated = true;
      }
    }
    if (out.documents % page == 0 && compared && !compared(out.documents)) {
      return Error{ErrorKind::kCancelled, "the comparison was ended"};
    }
  }
  if (compared) static_cast<void>(compared(out.documents));
  return out;
}

Result<std::vector<Disagreement>> still_disagree(std::span<Store* const> stores,
                                                 const std::vector<Disagreement>& seen) {
  std::vector<Disagreement> out;
  for (std::size_t first = 0; first < seen.size(); first += kLookAtOnce) {
    std::vector<std::string> ids;
    for (std::size_t i = first; i < std::min(first + kLookAtOnce, seen.size()); ++i) {
      ids.push_back(seen[i].document_id);
    }
    std::vector<Row> rows(ids.size());
    for (const Store* store : stores) {
      auto stamps = store->look(ids, {});
      if (!stamps) return stamps.error();
      for (std::size_t i = 0; i < ids.size(); ++i) {
        const Stamp& stamp = (*stamps)[i];
        rows[i].emplace_back();
        if (!stamp.present) continue;
        rows[i].back() = Listed{ids[i], stamp.version, stamp.deleted, stamp.purged};
      }
    }
    for (std::size_t i = 0; i < ids.size(); ++i) {
      if (auto found = judge(stores, ids[i], rows[i])) out.push_back(std::move(*found));
    }
  }
  return out;
}

}  // namespace gantry::stores
