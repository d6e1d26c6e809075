#include "host/cli/sample.hpp"

#include <nlohmann/json.hpp>

#include "host/base/json.hpp"

namespace gantry::cli {
namespace {

using Ordered = nlohmann::ordered_json;

int rename(Ordered& value, std::string_view suffix) {
  int renamed = 0;
  if (value.is_object()) {
    for (auto& [name, inner] : value.items()) {
      if (name == "id" && inner.is_string() && !inner.get_ref<std::string&>().empty()) {
        inner = inner.get<std::string>() + std::string(suffix);
        ++renamed;
      } else {
        renamed += rename(inner, suffix);
      }
    }
  } else if (value.is_array()) {
    for (Ordered& inner : value) renamed += rename(inner, suffix);
  }
  return renamed;
}

}  // namespace

Result<std::string> with_unique_ids(std::string_view sample, std::string_view suffix) {
  if (const auto checked = parse_json(sample); !checked) return checked.error();
  Ordered value = Ordered::parse(sample);
  if (rename(value, suffix) == 0) {
    return Error{ErrorKind::kInvalid,
                 "the sample has no \"id\" with a text, so --unique cannot tell deliveries apart"};
  }
  return value.dump();
}

}  // namespace gantry::cli
