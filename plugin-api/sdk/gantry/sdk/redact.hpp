#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

#include "gantry/sdk/json.hpp"

namespace gantry::sdk {

namespace detail {

/// "bank_account-Number" and "bankAccountNumber" are one name.
inline std::string plain_name(std::string_view name) {
  std::string plain;
  for (const char c : name) {
    if (c >= 'A' && c <= 'Z') plain += static_cast<char>(c + 32);
    if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) plain += c;
  }
  return plain;
}

}  // namespace detail

inline constexpr std::string_view kRedacted = "[redacted]";

/// True for members that hold a bank account: "accountNumber", "bank_routing_number", "IBAN". A
/// bare "routing" is how a load travels, except inside an object of a bank (below).
inline bool is_bank_number(std::string_view name) {
  constexpr std::string_view kNames[] = {
      "accountnumber", "accountno", "acctnumber", "acctno", "bankaccount",   "bankaccountno",
      "routingnumber", "routingno", "abanumber",  "aba",    "bankrouting",   "iban",
      "sortcode",      "bsb",       "bban",       "clabe",  "transitnumber", "bankaccountnumber"};
  const std::string plain = detail::plain_name(name);
  for (const auto known : kNames) {
    if (plain == known) return true;
  }
  return plain.ends_with("routingnumber") || plain.ends_with("accountnumber");
}

/// `json` with the texts and numbers under every bank member, at any depth, replaced. Under an
/// object of its own ("bankDetails", "ach") plain "account", "number" and "routing" are bank
/// members too; what else such an object says (the bank's name, the type) is kept.
inline Json redact_bank_numbers(const Json& json, bool hide = false, bool of_bank = false) {
  if (json.is_object()) {
    Json out = Json::object();
    for (const auto& [key, value] : json.members()) {
      const std::string plain = detail::plain_name(key);
      const bool names_bank = plain.starts_with("bank") || plain.starts_with("ach");
      const bool short_name =
          of_bank && (plain == "account" || plain == "number" || plain == "routing");
      out.set(key, redact_bank_numbers(value, is_bank_number(key) || short_name,
                                       of_bank || names_bank || is_bank_number(key)));
    }
    return out;
  }
  if (json.is_array()) {
    Json out = Json::array();
    for (const Json& item : json.items()) out.push(redact_bank_numbers(item, hide, of_bank));
    return out;
  }
  const bool holds_number = json.is_number() || (json.is_string() && !json.text().empty());
  return hide && holds_number ? Json(kRedacted) : json;
}

/// `number` with every letter and digit but the last four as '*'; all of it where it has no more.
inline std::string masked(std::string_view number) {
  std::string out(number);
  std::size_t shown = number.size() <= 4 ? 0 : 4;
  for (auto c = out.rbegin(); c != out.rend(); ++c) {
    const bool counts = (*c >= '0' && *c <= '9') || (*c >= 'A' && *c <= 'Z') ||
                        (*c >= 'a' && *c <= 'z') || static_cast<unsigned char>(*c) >= 0x80;
    if (!counts) continue;
    if (shown > 0) {
      --shown;
    } else {
      *c = '*';
    }
  }
  return out;
}

/// A copy without nulls and empty texts, at any depth masked under the members of which
/// `is_private(name)` holds.
template <class Predicate>
Json mask_members(const Json& json, const Predicate& is_private, std::string_view name = {}) {
  if (is_private(name) && !json.text().empty()) return Json(masked(json.text()));
  if (json.is_object()) {
    Json out = Json::object();
    for (const auto& [key, value] : json.members()) {
      out.set_if(key, mask_members(value, is_private, key));
    }
    return out;
  }
  if (json.is_array()) {
    Json out = Json::array();
    for (const Json& item : json.items()) out.push(mask_members(item, is_private));
    return out;
  }
  return json;
}

}  // namespace gantry::sdk
