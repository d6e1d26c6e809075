#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace gantry::pipeline {

/// Turn a match's groups into an entity's value; empty where the match is none after all.
/// All [any-thread].

/// A reference number of `kind`: upper case, without the kind's own word before it, so that
/// "BOL-55120" and "BOL# 55120" are one; needs three characters and a digit.
std::optional<std::string> reference_value(std::string_view kind, std::string_view number);
/// Two to four capitals (NMFTA).
std::optional<std::string> scac_value(std::string_view code);
/// A registration number of the FMCSA: digits without leading zeros.
std::optional<std::string> registration_value(std::string_view digits);
/// Owner code, serial and check digit without separators, where the check digit holds
/// (ISO 6346:2022 section 4.3).
std::optional<std::string> container_value(std::string_view text);
/// The same from owner code and serial ("CSQU", "305438"), the check digit worked out; empty where
/// they are none.
std::optional<std::string> container_of(std::string_view owner, std::string_view serial);
/// "CHICAGO, IL", where the code is a US state or territory (USPS Publication 28, appendix B) or
/// a Canadian province.
std::optional<std::string> place_value(std::string_view city, std::string_view code);
/// "1250.00 USD": two decimals at least, never a binary fraction. `before` and `after` are the
/// currency marks around the amount; "$" alone is USD. `scale` is empty, "k" or "M".
std::optional<std::string> money_value(std::string_view before, std::string_view amount,
                                       std::string_view after, std::string_view scale = {});
/// The amount of "1.250,00" with the point where money_value() wants it: "1250.00".
std::string comma_amount(std::string_view amount);
/// ISO 8601 day, where it is in the calendar. Two-digit years are of this century.
std::optional<std::string> date_value(std::string_view year, std::string_view month,
                                      std::string_view day);
/// E.164 of the North American plan: "+1" and ten digits.
std::optional<std::string> phone_value(std::string_view area, std::string_view exchange,
                                       std::string_view line);
/// E.164 of anywhere: "+" and 8 to 15 digits, whatever stands between them.
std::optional<std::string> world_phone_value(std::string_view number);
/// Lower case.
std::optional<std::string> email_value(std::string_view address);
/// Upper case, single spaces, without the legal form.
std::optional<std::string> carrier_value(std::string_view name);

/// A value that somebody states outside a sentence (a metadata field, a model's answer) as the
/// entity's value: what the rules make of the same thing in a text. Empty for other kinds than
/// load, pro, bol, po, scac, mc, dot, container, trailer, carrier, email and phone.
std::optional<std::string> stated_value(std::string_view kind, std::string_view text);

/// Bytes at the front of a capitalised phrase that belong to the sentence: "With Acme Trucking".
std::size_t leading_stop_words(std::string_view name);

}  // namespace gantry::pipeline
