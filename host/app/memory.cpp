#include "host/app/memory.hpp"

#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

namespace gantry::app {

Json recall(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  auto memory = parse_json(text.str());
  return memory ? std::move(*memory) : Json();
}

Result<void> memorise(const std::filesystem::path& file, const Json& memory) {
  const std::filesystem::path fresh = file.string() + ".tmp";
  std::ofstream out(fresh, std::ios::binary | std::ios::trunc);
  out << dump_json(memory) << '\n';
  out.close();
  std::error_code problem;
  if (out) std::filesystem::rename(fresh, file, problem);
  if (out && !problem) return {};
  return Error{ErrorKind::kUnavailable,
               file.string() + " cannot be written" + (problem ? ": " + problem.message() : "")};
}

}  // namespace gantry::app
