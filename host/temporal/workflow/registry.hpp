#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "host/temporal/workflow/workflow.hpp"

namespace gantry::temporal::workflow {

/// How running workflows of a type meet a new deployment version of the worker.
enum class Versioning {
  kUnset,        ///< As the worker's deployment says.
  kPinned,       ///< A run stays on the version it started on.
  kAutoUpgrade,  ///< A run moves to the current version.
};

/// The workflows a worker runs, by type name. Filled by `main()`, then only read.
class Registry {
 public:
  /// A type-erased workflow: `start` knows the types, `body` is the author's function.
  struct Entry {
    Task<Payload> (*start)(Context ctx, Payload argument, void (*body)(),
                           detail::Run& run) = nullptr;
    void (*body)() = nullptr;
    Versioning versioning = Versioning::kUnset;
  };

  /// Registers `body` under the type's name; a name twice is a bug.
  template <class A, class R>
  void add(const WorkflowType<A, R>& type, std::type_identity_t<Task<R> (*)(Context, A)> body,
           Versioning versioning = Versioning::kUnset) {
    add(type.name, Entry{&start<A, R>, reinterpret_cast<void (*)()>(body), versioning});
  }

  /// Null where the name is not registered.
  const Entry* find(std::string_view name) const;
  std::vector<std::string> names() const;

 private:
  void add(std::string_view name, Entry entry);

  // The run owns this frame.
  // NOLINTBEGIN(cppcoreguidelines-avoid-reference-coroutine-parameters)
  template <class A, class R>
  static Task<Payload> start(Context ctx, Payload argument, void (*erased)(), detail::Run& run) {
    auto body = reinterpret_cast<Task<R> (*)(Context, A)>(erased);
    auto task = body(ctx, from_payload<A>(argument));
    task.frame().promise().body_of = &run;
    co_return to_payload<R>(co_await std::move(task));
  }
  // NOLINTEND(cppcoreguidelines-avoid-reference-coroutine-parameters)

  std::map<std::string, Entry, std::less<>> entries_;
};

}  // namespace gantry::temporal::workflow
