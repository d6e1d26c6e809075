#pragma once

#include <filesystem>

#include "host/base/error.hpp"

namespace gantry::app {

/// Makes `state_dir` where it is absent and keeps it this user's alone (0700). [blocking]
Result<void> make_private_folder(const std::filesystem::path& folder);

}  // namespace gantry::app
