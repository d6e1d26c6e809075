#include "host/temporal/activity/registry.hpp"

#include <cxxabi.h>

#include <cstdlib>
#include <typeinfo>

#include "host/base/assert.hpp"
#include "host/base/encoding.hpp"

namespace gantry::temporal::activity {
namespace {

// Long texts are bodies that found their way into an exception; nobody wants them in a history.
constexpr std::size_t kMessageMax = 500;

std::string type_name(const std::type_info& type) {
  int status = 0;
  const std::unique_ptr<char, decltype(&std::free)> name(
      abi::__cxa_demangle(type.name(), nullptr, nullptr, &status), &std::free);
  return status == 0 ? name.get() : type.name();
}

std::string scrubbed(std::string_view text) {
  auto printable = escape_control(text.substr(0, kMessageMax));
  if (text.size() > kMessageMax) printable += "…";
  return printable;
}

Ending failed(std::string type, std::string message) {
  return {.failure = std::make_shared<ApplicationFailure>(std::move(type), std::move(message))};
}

Ending not_registered(const Registry& registry, const std::string& name) {
  std::string known;
  for (const auto& each : registry.names()) known += (known.empty() ? "" : ", ") + each;
  return failed("NotRegistered",
                "no activity '" + escape_control(name) + "' on this worker; it has: " + known);
}

}  // namespace

void Registry::add_erased(std::string_view name, Body body) {
  const bool added = bodies_.emplace(name, std::move(body)).second;
  GANTRY_ASSERT(added);
}

const Registry::Body* Registry::find(std::string_view name) const {
  const auto found = bodies_.find(name);
  return found == bodies_.end() ? nullptr : &found->second;
}

std::vector<std::string> Registry::names() const {
  std::vector<std::string> names;
  names.reserve(bodies_.size());
  for (const auto& [name, body] : bodies_) names.push_back(name);
  return names;
}

Ending run(const Registry& registry, Context& context, const std::vector<Payload>& arguments) {
  const auto* body = registry.find(context.info().activity_type);
  if (body == nullptr) return not_registered(registry, context.info().activity_type);
  try {
    return {.value = (*body)(context, arguments)};
  } catch (const Cancelled& cancelled) {
    // The server takes "cancelled" only where it had asked; otherwise it is a try that failed.
    const auto reason = context.cancel_reason();
    if (reason == CancelReason::kRequested)
      return {.failure = cancelled.share(), .cancelled = true};
    return failed("Cancelled", "cancelled: " + std::string(to_string(reason)));
  } catch (const Failure& failure) {
    return {.failure = failure.share()};
  } catch (const std::exception& problem) {
    return failed(type_name(typeid(problem)), scrubbed(problem.what()));
  } catch (...) {
    return failed("unknown", "an exception of no standard type");
  }
}

}  // namespace gantry::temporal::activity
