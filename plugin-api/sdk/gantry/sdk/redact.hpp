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

}  // namespace gantry::sdk
