#include <algorithm>
#include <utility>

#include "host/temporal/workflow/concurrency.hpp"
#include "host/temporal/workflow/run.hpp"

namespace gantry::temporal::workflow::detail {

struct GroupState final : StrandOwner {
  Group::Until until;
  ScopePtr scope;
  Link strands;
  std::vector<Strand*> started;
  std::size_t live = 0;
  std::size_t first = 0;
  bool settled = false;  // The first end under kFirst, or the first failure, has happened.
  bool joined = false;
  std::exception_ptr error;
  Waiter joiner;

  ~GroupState() {
    // Last in, first out: a later strand may have borrowed from an earlier one.
    while (strands.linked()) delete static_cast<Strand*>(strands.prev);
  }

  void strand_ended(Strand& strand, std::exception_ptr failed) override {
    const auto index = static_cast<std::size_t>(std::find(started.begin(), started.end(), &strand) -
                                                started.begin());
    started[index] = nullptr;
    delete &strand;
    --live;
    const bool bug = failed && !is_failure(failed);
    if (bug) {
      settled = true;
      error = std::move(failed);
      wake();
      return;
    }
    if (!settled && (failed || until == Group::Until::kFirst)) {
      settled = true;
      first = index;
      error = std::move(failed);
      if (live > 0) scope->cancel("a task beside this one has ended");
    }
    if (live == 0) wake();
  }

  static bool is_failure(const std::exception_ptr& error) {
    try {
      std::rethrow_exception(error);
    } catch (const Failure&) {
      return true;
    } catch (...) {
      return false;
    }
  }

  void wake() {
    if (std::exchange(joined, true)) return;
    if (joiner.handle) joiner.strand->scheduler.ready(joiner);
  }
};

Group::Group(Until until) : state_(std::make_unique<GroupState>()) {
  state_->until = until;
  state_->scope = open_scope(Reach::kInherited);
}

Group::~Group() = default;

void Group::start(Task<void> body) {
  auto* strand = new Strand(running().scheduler(), *state_, state_->scope, std::move(body));
  state_->strands.push_back(*strand);
  state_->started.push_back(strand);
  ++state_->live;
}

std::size_t Group::first() const noexcept { return state_->first; }

bool Group::Join::await_ready() { return state_.live == 0; }

void Group::Join::await_suspend(std::coroutine_handle<> waiter) {
  state_.joiner.handle = waiter;
  state_.joiner.strand = running().scheduler().current();
}

void Group::Join::await_resume() {
  if (state_.error) std::rethrow_exception(state_.error);
}

}  // namespace gantry::temporal::workflow::detail
