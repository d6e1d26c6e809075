#include "entities.hpp"

#include <gantry/sdk/text.hpp>
#include <initializer_list>

namespace gantry::quickbooks {
namespace {

bool is_one_of(std::string_view name, std::initializer_list<std::string_view> all) {
  for (const auto one : all) {
    if (name == one) return true;
  }
  return false;
}

bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
char lower(char c) { return is_upper(c) ? static_cast<char>(c + 32) : c; }

}  // namespace

std::string kind_of(std::string_view entity) {
  std::string kind;
  for (const char c : entity) {
    if (is_upper(c) && !kind.empty()) kind += '_';
    kind += lower(c);
  }
  return kind;
}

std::string path_of(std::string_view entity) {
  std::string path(entity);
  for (char& c : path) c = lower(c);
  return path;
}

std::string_view find_entity(const std::vector<std::string>& names, std::string_view spelt) {
  for (const std::string& name : names) {
    if (sdk::equal_ignoring_case(name, spelt)) return name;
  }
  return {};
}

bool has_change_capture(std::string_view entity) {
  return !is_one_of(entity, {"TimeActivity", "TaxAgency", "TaxCode", "TaxRate"});
}

bool hides_inactive(std::string_view entity) {
  return is_one_of(entity, {"Account", "Class", "Customer", "Department", "Employee", "Item",
                            "PaymentMethod", "Term", "Vendor"});
}

}  // namespace gantry::quickbooks
