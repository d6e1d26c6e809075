#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace gantry::config {

/// The candidate nearest to a mistyped word, or empty where none is near (more than a third of
/// its letters differ). [any-thread]
std::string nearest(std::string_view word, const std::vector<std::string_view>& candidates);

/// "; did you mean \"x\"?" or empty. [any-thread]
std::string did_you_mean(std::string_view word, const std::vector<std::string_view>& candidates);

}  // namespace gantry::config
