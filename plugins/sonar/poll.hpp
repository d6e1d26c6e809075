#pragma once

#include <gantry/sdk/record.hpp>
#include <string_view>

#include "api.hpp"
#include "settings.hpp"

namespace gantry::sonar {

/// Reads the window of every configured series, emits what is new or restated and the alerts that
/// this raises, checkpoints after each series. True where the caller should poll again at once.
///
/// An observation's version is its day; of a restatement, which the cursor's memory finds, the
/// round's beginning. So values that memory cannot tell apart come again with the version they had.
/// [blocking]
bool poll(const sdk::Host& host, const Settings& settings, const Api& api, std::string_view cursor,
          sdk::Sink& sink);

}  // namespace gantry::sonar
