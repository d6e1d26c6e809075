#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace gantry::pipeline {

/// Turn a match's groups into an entity's value; empty where the match is none after all.
/// All [any-thread].

/// A reference number: upper case; needs three characters and a digit.
std::optional<std::string> reference_value(std::string_view number);
/// Digits only, as written.
std::optional<std::string> digits_value(std::string_view number);
/// Owner code, serial and check digit without separators, where the check digit holds
/// (ISO 6346:2022 section 4.3).
std::optional<std::string> container_value(std::string_view text);
/// "CHICAGO, IL", where the code is a US state or territory (USPS Publication 28, appendix B) or
/// a Canadian province.
std::optional<std::string> place_value(std::string_view city, std::string_view code);
/// "1250.00 USD": two decimals at least, never a binary fraction. `before` and `after` are the
/// currency marks around the amount; "$" alone is USD.
std::optional<std::string> money_value(std::string_view before, std::string_view amount,
                                       std::string_view after);
/// ISO 8601 day, where it is in the calendar. Two-digit years are of this century.
std::optional<std::string> date_value(std::string_view year, std::string_view month,
                                      std::string_view day);
/// E.164 of the North American plan: "+1" and ten digits.
std::optional<std::string> phone_value(std::string_view area, std::string_view exchange,
                                       std::string_view line);
/// Lower case.
std::optional<std::string> email_value(std::string_view address);
/// Upper case, single spaces, without the legal form.
std::optional<std::string> carrier_value(std::string_view name);

/// Bytes at the front of a capitalised phrase that belong to the sentence: "With Acme Trucking".
std::size_t leading_stop_words(std::string_view name);

}  // namespace gantry::pipeline
