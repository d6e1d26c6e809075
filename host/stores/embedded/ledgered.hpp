#pragma once

#include "host/stores/embedded/file.hpp"
#include "host/stores/embedded/ledger.hpp"

namespace gantry::stores::embedded {

/// The write half of a store over a Ledger; the store adds what its content is. `Port` is the
/// port's interface.
template <class Port>
class Ledgered : public Port {
 public:
  Ledgered(File& file, const LedgerSql& sql) : file_(file), ledger_(sql) {}

  Result<std::vector<Kept>> put(std::span<const Write> writes,
                                const CallOptions& options) override {
    return file_.write(options, [&](Connection& db) {
      std::vector<Kept> out;
      out.reserve(writes.size());
      for (const Write& write : writes) {
        check(db, *write.item);
        const Admission admission = ledger_.admit(db, write);
        out.push_back(admission.kept);
        if (admission.kept != Kept::kWritten) continue;
        if (admission.keep_before) keep_before(db, admission.n);
        if (write.item->document.purged) drop_before(db, admission.n);
        store(db, admission, *write.item);
      }
      return out;
    });
  }

  Result<std::vector<Stamp>> look(std::span<const std::string> document_ids,
                                  const CallOptions& options) const override {
    return file_.read(options, [&](Connection& db) { return ledger_.look(db, document_ids); });
  }

  Result<std::vector<Undone>> undo(std::span<const WriteRef> refs,
                                   const CallOptions& options) override {
    return file_.write(options, [&](Connection& db) {
      std::vector<Undone> out;
      for (const WriteRef& ref : refs) {
        const Reversal reversal = ledger_.reverse(db, ref);
        out.push_back(reversal.undone);
        if (reversal.undone == Undone::kRestored) restore(db, reversal.n, reversal.to_content);
      }
      return out;
    });
  }

  Result<void> settle(std::span<const WriteRef> refs, const CallOptions& options) override {
    auto done = file_.write(options, [&](Connection& db) {
      for (const WriteRef& ref : refs) {
        if (const std::int64_t n = ledger_.settle(db, ref); n != 0) drop_before(db, n);
      }
      return true;
    });
    if (!done) return done.error();
    return {};
  }

  Result<std::vector<Listed>> list(std::string_view after, std::size_t limit,
                                   const CallOptions& options) const override {
    return file_.read(options, [&](Connection& db) { return ledger_.list(db, after, limit); });
  }

  AtomicSite* site() override { return &file_; }

 protected:
  /// Throws SqlFailure (kInvalid) where the store can never take `item`.
  virtual void check(Connection& db, const IngestedDocument& item) = 0;
  /// Replaces the content of row `n`.
  virtual void store(Connection& db, const Admission& admission, const IngestedDocument& item) = 0;
  virtual void keep_before(Connection& db, std::int64_t n) = 0;
  virtual void drop_before(Connection& db, std::int64_t n) = 0;
  /// Puts back what keep_before() kept, or removes the content where there was none.
  virtual void restore(Connection& db, std::int64_t n, bool to_content) = 0;

  File& file_;
  Ledger ledger_;
};

}  // namespace gantry::stores::embedded
