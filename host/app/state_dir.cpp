#include "host/app/state_dir.hpp"

namespace gantry::app {

Result<void> make_private_folder(const std::filesystem::path& folder) {
  std::error_code problem;
  std::filesystem::create_directories(folder, problem);
  if (!problem) {
    std::filesystem::permissions(folder, std::filesystem::perms::owner_all, problem);
  }
  if (problem) {
    return Error{ErrorKind::kUnavailable, "state_dir " + folder.string() + " cannot be made (" +
                                              problem.message() +
                                              "); choose another or mend its permissions"};
  }
  return {};
}

}  // namespace gantry::app
