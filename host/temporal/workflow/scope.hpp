#pragma once

#include <memory>
#include <string>

#include "host/temporal/workflow/task.hpp"

namespace gantry::temporal::workflow {

namespace detail {

class Scope;
using ScopePtr = std::shared_ptr<Scope>;

enum class Reach { kInherited, kShielded };
ScopePtr open_scope(Reach reach);

/// Makes `scope` the one that steps of the running strand belong to, for its own lifetime.
class Inside {
 public:
  explicit Inside(ScopePtr scope);
  Inside(const Inside&) = delete;
  Inside& operator=(const Inside&) = delete;
  ~Inside();

 private:
  Strand& strand_;
  ScopePtr outer_;
};

template <class T>
Task<T> inside(ScopePtr scope, Task<T> body) {
  const Inside guard(std::move(scope));
  co_return co_await std::move(body);
}

}  // namespace detail

/// A part of a workflow that can be cancelled on its own.
///
/// Every step that `run`'s body starts belongs to the scope, scopes within it too. Cancelling
/// makes each of their waits throw Cancelled (or an ActivityFailure or ChildFailure caused by it)
/// and refuses new ones. The workflow's own cancellation is that of the outermost scope. [workflow]
class CancellationScope {
 public:
  /// Cancelled together with the scope it is made in.
  CancellationScope() : scope_(detail::open_scope(detail::Reach::kInherited)) {}

  template <class T>
  Task<T> run(Task<T> body) const {
    return detail::inside(scope_, std::move(body));
  }
  void cancel(const std::string& reason = {}) const;
  bool cancelled() const noexcept;

 private:
  detail::ScopePtr scope_;
};

/// Runs `body` out of reach of any cancellation from outside.
template <class T>
Task<T> shielded(Task<T> body) {
  return detail::inside(detail::open_scope(detail::Reach::kShielded), std::move(body));
}

}  // namespace gantry::temporal::workflow
