#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "host/base/durable.hpp"
#include "host/temporal/activity/context.hpp"

namespace gantry::temporal::activity {

/// The activities a worker runs, by type name. Filled by `main()`, then only read.
class Registry {
 public:
  using Body = std::function<Payload(Context&, const std::vector<Payload>&)>;

  /// Registers `body` under the type's name; a name twice is a bug. The body blocks as it likes,
  /// runs on several threads at once, and says by exception how it failed: ApplicationFailure,
  /// Cancelled, or anything else, which is retried as the policy says.
  template <class A, class R>
  void add(const ActivityType<A, R>& type,
           std::type_identity_t<std::function<R(Context&, A)>> body) {
    add_erased(type.name, [body = std::move(body)](Context& context,
                                                   const std::vector<Payload>& arguments) {
      return to_payload<R>(
          body(context, from_payload<A>(arguments.empty() ? null_payload() : arguments.front())));
    });
  }
  void add_erased(std::string_view name, Body body);

  /// Null where the name is not registered.
  const Body* find(std::string_view name) const;
  std::vector<std::string> names() const;

 private:
  std::map<std::string, Body, std::less<>> bodies_;
};

/// How one try ended. `failure` is null where it ended well.
struct Ending {
  Payload value = {};
  std::shared_ptr<const Failure> failure = {};
  bool cancelled = false;  ///< The failure is the answer to a cancellation that was asked for.
};

/// Runs the registered body; an exception becomes an Ending, whatever it is. Foreign exceptions
/// become an ApplicationFailure with the C++ type's name and their text, cut and made printable.
Ending run(const Registry& registry, Context& context, const std::vector<Payload>& arguments);

}  // namespace gantry::temporal::activity
