#pragma once

#include <algorithm>

#include "host/stores/postgres/ledger.hpp"

namespace gantry::stores::postgres {

/// The write half of a store over a ledger; the store adds what its content is. `Port` is the
/// port's interface.
///
/// A write is two trips: lock and read the ledger's rows, then everything at once with COMMIT. Rows
/// are locked in the order of ids, so writers wait for each other and never in a circle.
template <class Port>
class Ledgered : public Port {
 public:
  Ledgered(Pool& pool, const LedgerSql& sql) : pool_(pool), sql_(sql) {}

  Result<std::vector<Kept>> put(std::span<const Write> writes,
                                const CallOptions& options) override {
    if (writes.empty()) return std::vector<Kept>{};
    for (const Write& write : writes) {
      if (auto fine = check(*write.item, options); !fine) return fine.error();
    }
    std::vector<std::size_t> order(writes.size());
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
    std::ranges::sort(order, {}, [&](std::size_t i) { return writes[i].item->document.id; });
    return pool_.run(options, [&](Session& session) -> Answer<std::vector<Kept>> {
      Array ids = Array::texts();
      for (const std::size_t i : order) ids.add(writes[i].item->document.id);
      auto rows = lock(session, std::move(ids));
      if (!rows) return rows.error();
      std::vector<Kept> out(writes.size());
      std::vector<Admitted> admitted;
      for (const std::size_t i : order) {
        const Document& document = writes[i].item->document;
        const auto row = rows->find(document.id);
        const LedgerState state = row == rows->end() ? LedgerState{} : row->second;
        out[i] = row == rows->end() ? Kept::kWritten : judge(state, writes[i]);
        if (out[i] != Kept::kWritten) continue;
        admitted.push_back({&writes[i], std::max(document.version, state.version),
                            row != rows->end(),
                            !writes[i].tag.operation.empty() && !document.purged});
      }
      if (admitted.empty()) {
        if (auto ended = session.roll_back(); !ended) return ended.error();
        return out;
      }
      std::vector<Step> steps;
      if (std::ranges::any_of(admitted, &Admitted::known)) {
        steps.push_back({sql_.drop_before, Arguments().array(ids_of(admitted))});
      }
      write(steps, admitted);
      if (auto done = session.commit(std::move(steps)); !done) return done.error();
      return out;
    });
  }

  Result<std::vector<Stamp>> look(std::span<const std::string> document_ids,
                                  const CallOptions& options) const override {
    return pool_.run(options, [&](Session& session) -> Answer<std::vector<Stamp>> {
      Array ids = Array::texts();
      for (const std::string& id : document_ids) ids.add(id);
      const Step step{sql_.look, Arguments().array(std::move(ids))};
      auto answer = session.exchange({&step, 1});
      if (!answer) return answer.error();
      const LedgerRows rows = read_ledger(answer->front());
      std::vector<Stamp> out;
      for (const std::string& id : document_ids) {
        const auto row = rows.find(id);
        out.push_back(row == rows.end() ? Stamp{} : stamp_of(row->second));
      }
      return out;
    });
  }

  Result<std::vector<Listed>> list(std::string_view after, std::size_t limit,
                                   const CallOptions& options) const override {
    return pool_.run(options, [&](Session& session) -> Answer<std::vector<Listed>> {
      Step step{sql_.list};
      step.arguments.text(after).number(static_cast<std::int64_t>(limit));
      auto answer = session.exchange({&step, 1});
      if (!answer) return answer.error();
      const Rows& rows = answer->front();
      std::vector<Listed> out;
      for (int row = 0; row < rows.size(); ++row) {
        out.push_back(
            {rows.text(row, 0), rows.number(row, 1), rows.flag(row, 2), rows.flag(row, 3)});
      }
      return out;
    });
  }

  Result<std::vector<Undone>> undo(std::span<const WriteRef> refs,
                                   const CallOptions& options) override {
    if (refs.empty()) return std::vector<Undone>{};
    return pool_.run(options, [&](Session& session) -> Answer<std::vector<Undone>> {
      std::vector<Undone> out(refs.size(), Undone::kNotOurs);
      std::vector<std::size_t> rest(refs.size());
      for (std::size_t i = 0; i < rest.size(); ++i) rest[i] = i;
      std::ranges::sort(rest, {}, [&](std::size_t i) {
        return std::pair<const std::string&, std::size_t>(refs[i].document_id, i);
      });
      // In waves of distinct ids: a document named twice is seen as the first left it.
      for (bool first = true; !rest.empty(); first = false) {
        std::vector<std::size_t> wave, later;
        for (const std::size_t i : rest) {
          const bool again = !wave.empty() && refs[wave.back()].document_id == refs[i].document_id;
          (again ? later : wave).push_back(i);
        }
        rest = std::move(later);
        auto steps = reverse(session, refs, wave, first, out);
        if (!steps) return steps.error();
        if (!rest.empty()) {
          if (auto done = session.exchange(*steps); !done) return done.error();
        } else if (auto done = session.commit(std::move(*steps)); !done) {
          return done.error();
        }
      }
      return out;
    });
  }

  Result<void> settle(std::span<const WriteRef> refs, const CallOptions& options) override {
    if (refs.empty()) return {};
    auto done = pool_.run(options, [&](Session& session) -> Answer<bool> {
      Array ids = Array::texts(), operations = Array::texts();
      for (const WriteRef& ref : refs) {
        ids.add(ref.document_id);
        operations.add(ref.operation);
      }
      const Step step{sql_.settle, Arguments().array(std::move(ids)).array(std::move(operations))};
      auto answer = session.exchange({&step, 1});
      if (!answer) return answer.error();
      return true;
    });
    if (!done) return done.error();
    return {};
  }

 protected:
  /// kInvalid where the store can never take `item`.
  virtual Result<void> check(const IngestedDocument& item, const CallOptions& options) = 0;
  /// Adds the steps that keep the states before, then the ledger's rows and the content.
  virtual void write(std::vector<Step>& steps, std::span<const Admitted> writes) const = 0;
  /// Adds the steps that bring the states before back and bar the operations.
  virtual void restore(std::vector<Step>& steps, const Arguments& refs) const = 0;

  Pool& pool_;
  const LedgerSql& sql_;

 private:
  Answer<LedgerRows> lock(Session& session, Array ids) const {
    std::vector<Step> steps{{begin()}, {sql_.lock, Arguments().array(std::move(ids))}};
    auto answer = session.exchange(steps);
    if (!answer) return answer.error();
    return read_ledger(answer->back());
  }

  Answer<std::vector<Step>> reverse(Session& session, std::span<const WriteRef> refs,
                                    std::span<const std::size_t> wave, bool first,
                                    std::vector<Undone>& out) const {
    Array ids = Array::texts();
    for (const std::size_t i : wave) ids.add(refs[i].document_id);
    const Arguments all = std::move(Arguments().array(std::move(ids)));
    // Two statements: the second sees what a writer left behind that the first has waited for.
    std::vector<Step> reads{{sql_.lock, all}, {sql_.undoable, all}};
    if (first) reads.insert(reads.begin(), {begin()});
    auto answer = session.exchange(reads);
    if (!answer) return answer.error();
    const LedgerRows rows = read_ledger((*answer)[answer->size() - 2]);
    std::vector<std::string> undoable;
    for (int row = 0; row < answer->back().size(); ++row) {
      undoable.push_back(answer->back().text(row, 0));
    }
    struct Pair {
      Array ids = Array::texts(), operations = Array::texts();
      bool any = false;
      void add(const WriteRef& ref) {
        ids.add(ref.document_id);
        operations.add(ref.operation);
        any = true;
      }
      Arguments take() {
        return std::move(Arguments().array(std::move(ids)).array(std::move(operations)));
      }
    };
    Pair fresh, barred, restored;
    for (const std::size_t i : wave) {
      const auto row = rows.find(refs[i].document_id);
      if (row == rows.end()) {
        fresh.add(refs[i]);  // the write may still be on its way; it must find the door shut
      } else if (!row->second.present || row->second.operation != refs[i].operation) {
        barred.add(refs[i]);
      } else if (std::ranges::find(undoable, refs[i].document_id) == undoable.end()) {
        out[i] = Undone::kFinal;
      } else {
        out[i] = Undone::kRestored;
        restored.add(refs[i]);
      }
    }
    std::vector<Step> steps;
    if (fresh.any) steps.push_back({sql_.bar_new, fresh.take()});
    if (barred.any) steps.push_back({sql_.bar, barred.take()});
    if (restored.any) restore(steps, restored.take());
    return steps;
  }
};

}  // namespace gantry::stores::postgres
