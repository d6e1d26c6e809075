#pragma once

#include "host/base/error.hpp"
#include "host/plugins/source.hpp"
#include "host/temporal/converter/failure.hpp"

namespace gantry::activities {

/// Our errors as Temporal's retry decisions: the one table.
///
///   kInvalid                                  ValidationError, never tried again
///   kDenied, kUnsupported, kInternal          never tried again
///   everything else                           tried again as the policy says
temporal::ApplicationFailure to_failure(const Error& error);

/// The same for plugin calls; the type is the ABI category.
///
///   CONFIG, AUTH, DATA, BUG, UNSUPPORTED      never tried again
///   RATE_LIMITED, TRANSIENT, CANCELLED        tried again, no sooner than the plugin says
temporal::ApplicationFailure to_failure(const plugins::PluginError& error);

/// For a workflow: what this needs is on the disk of `home`.
temporal::ApplicationFailure elsewhere(std::string_view home);

/// True where the same call cannot succeed later unless somebody changes something.
bool is_final(const plugins::PluginError& error);

/// The same for the calls of polling, streaming and batch files, whose workflow decides what
/// follows: RATE_LIMITED is not tried again here either, and the failure carries the Interruption
/// as its details and the vendor's wait, capped at 15 minutes, as its next delay.
temporal::ApplicationFailure to_flow_failure(const plugins::PluginError& error);

/// The value, or the failure thrown: the wall between Result and Temporal.
template <class T, class E>
T value_or_throw(boost::system::result<T, E> result) {
  if (!result) throw to_failure(result.error());
  if constexpr (!std::is_void_v<T>) return std::move(*result);
}

}  // namespace gantry::activities
