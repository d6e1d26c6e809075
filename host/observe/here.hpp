#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gantry::observe {

class Tracer;
class LogScope;
class Span;
struct TraceContext;

/// What a thread works for at the moment: the span that is current, and the ids that its log lines
/// get. Work that moves to another thread takes it along:
///
///     std::jthread other([&, from = observe::here()] { const observe::Adopt adopt(from); … });
///
/// Borrows from whoever set it, so the other thread must end first. [any-thread]
struct Here {
  Tracer* tracer = nullptr;             ///< Null: nothing is traced.
  const TraceContext* trace = nullptr;  ///< Set with the tracer.
  const LogScope* log = nullptr;
  Span* span = nullptr;  ///< Of this thread only; null where it is another one's.
};

namespace detail {
inline constinit thread_local Here current;
}
inline const Here& here() noexcept { return detail::current; }

/// Works for `there` until it dies, then for what it was before. One thread's own.
class Adopt {
 public:
  explicit Adopt(const Here& there) noexcept : before_(std::exchange(detail::current, there)) {
    detail::current.span = nullptr;
  }
  Adopt(Tracer* tracer, const TraceContext& trace) noexcept
      : Adopt(Here{tracer, tracer == nullptr ? nullptr : &trace, here().log}) {}
  Adopt(const Adopt&) = delete;
  Adopt& operator=(const Adopt&) = delete;
  ~Adopt() { detail::current = before_; }

 private:
  const Here before_;
};

/// Gives every log line that this thread writes these fields, where the line has not got one of
/// the name itself. Scopes nest; the inner one wins. One thread's own.
///
///     const observe::LogScope ids({{observe::kSource, source}, {observe::kDelivery, delivery}});
class LogScope {
 public:
  using Fields = std::vector<std::pair<std::string_view, std::string>>;

  /// Names live for ever (they are constants); empty values are left out.
  explicit LogScope(Fields fields) : fields_(std::move(fields)), outer_(here().log) {
    detail::current.log = this;
  }
  LogScope(const LogScope&) = delete;
  LogScope& operator=(const LogScope&) = delete;
  ~LogScope() { detail::current.log = outer_; }

  const Fields& fields() const noexcept { return fields_; }
  const LogScope* outer() const noexcept { return outer_; }

 private:
  const Fields fields_;
  const LogScope* const outer_;
};

}  // namespace gantry::observe
