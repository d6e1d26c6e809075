#include "state.hpp"

#include <gantry/sdk/cursor.hpp>

#include "record_parts.hpp"

namespace gantry::edi {
namespace {

using sdk::Json;

std::uint64_t number(const Json& value) { return number_in(value.text()); }

Json number_of(std::uint64_t value) { return Json(static_cast<std::int64_t>(value)); }

/// Bytes that may be no UTF-8 travel as hexadecimal.
Json bytes(std::string_view text) { return sdk::to_hex(text); }
std::string bytes_of(const Json& value) {
  auto text = sdk::from_hex(value.text());
  if (!text) sdk::refuse_cursor();
  return std::move(*text);
}

void read_names(const Json& names, Warnings& out) {
  for (const Json& name : names.items()) out.add(name.text());
}

}  // namespace

Json to_json(const Group& group, bool open) {
  Json out = Json::object();
  Json head = Json::array();
  for (const auto* field : {&group.functional_id, &group.sender, &group.receiver, &group.date,
                            &group.time, &group.control, &group.version, &group.declared}) {
    head.push(to_utf8(*field));
  }
  Json counts = Json::array();
  for (const std::uint64_t count :
       {std::uint64_t{group.received}, std::uint64_t{group.accepted},
        std::uint64_t{group.with_errors}, std::uint64_t{group.duplicate},
        std::uint64_t{group.implied}, group.results_from, group.results_to}) {
    counts.push(number_of(count));
  }
  Json codes = Json::array();
  for (const int code : group.codes) codes.push(number_of(static_cast<std::uint64_t>(code)));
  out.set("head", std::move(head));
  out.set("counts", std::move(counts));
  out.set_if("codes", std::move(codes));
  out.set_if("results", group.results.text());
  if (open) {
    out.set_if("raw", bytes(group.raw));
    out.set_if("warnings", names_of(group.warnings));
    out.set_if("seen", group.sets_seen.text());
  }
  return out;
}

Group group_of(const Json& json) {
  const auto& head = json["head"].items();
  const auto& counts = json["counts"].items();
  if (head.size() != 8 || counts.size() != 7) sdk::refuse_cursor();
  Group group;
  std::size_t at = 0;
  for (auto* field : {&group.functional_id, &group.sender, &group.receiver, &group.date,
                      &group.time, &group.control, &group.version, &group.declared}) {
    *field = head[at++].text();
  }
  group.received = static_cast<std::uint32_t>(number(counts[0]));
  group.accepted = static_cast<std::uint32_t>(number(counts[1]));
  group.with_errors = static_cast<std::uint32_t>(number(counts[2]));
  group.duplicate = number(counts[3]) != 0;
  group.implied = number(counts[4]) != 0;
  group.results_from = number(counts[5]);
  group.results_to = number(counts[6]);
  if (group.results_to < group.results_from) sdk::refuse_cursor();
  for (const Json& code : json["codes"].items()) {
    group.codes.push_back(static_cast<int>(number(code)));
  }
  group.results =
      SetResults::of(std::string(json["results"].text()), group.results_to - group.results_from);
  group.raw = bytes_of(json["raw"]);
  read_names(json["warnings"], group.warnings);
  group.sets_seen = NumbersSeen::of(json["seen"].text());
  return group;
}

Json to_json(const Interchange& interchange, bool open) {
  Json head = Json::array();
  for (const auto* field :
       {&interchange.sender_qualifier, &interchange.sender, &interchange.receiver_qualifier,
        &interchange.receiver, &interchange.date, &interchange.time, &interchange.version,
        &interchange.control, &interchange.usage, &interchange.content}) {
    head.push(to_utf8(*field));
  }
  Json counts = Json::array();
  for (const std::uint64_t count :
       {std::uint64_t{interchange.standard == Standard::kEdifact},
        std::uint64_t{interchange.acknowledgement_requested}, std::uint64_t{interchange.ordinal},
        static_cast<std::uint64_t>(interchange.verdict.code),
        static_cast<std::uint64_t>(interchange.verdict.verdict),
        std::uint64_t{interchange.groups_opened}, std::uint64_t{interchange.sets_accepted},
        std::uint64_t{interchange.refused}, std::uint64_t{interchange.has_answers},
        std::uint64_t{interchange.has_others}, std::uint64_t{interchange.sets_received}}) {
    counts.push(number_of(count));
  }
  Json out = Json::object();
  out.set("head", std::move(head));
  out.set("counts", std::move(counts));
  if (open) {
    const Delimiters& d = interchange.delimiters;
    Json delimiters = Json::array();
    for (const char c : {d.element, d.component, d.repetition, d.release}) {
      delimiters.push(bytes(std::string_view(&c, 1)));
    }
    delimiters.push(bytes(d.terminator));
    out.set("delimiters", std::move(delimiters));
    out.set_if("raw", bytes(interchange.raw));
    out.set_if("warnings", names_of(interchange.warnings));
    Json numbers = Json::object();
    for (const auto& [id, seen] : interchange.group_numbers) numbers.set(id, seen.text());
    out.set_if("group_numbers", std::move(numbers));
  }
  return out;
}

Interchange interchange_of(const Json& json) {
  const auto& head = json["head"].items();
  const auto& counts = json["counts"].items();
  if (head.size() != 10 || counts.size() != 11) sdk::refuse_cursor();
  Interchange out;
  std::size_t at = 0;
  for (auto* field : {&out.sender_qualifier, &out.sender, &out.receiver_qualifier, &out.receiver,
                      &out.date, &out.time, &out.version, &out.control, &out.usage, &out.content}) {
    *field = head[at++].text();
  }
  out.standard = number(counts[0]) != 0 ? Standard::kEdifact : Standard::kX12;
  out.acknowledgement_requested = number(counts[1]) != 0;
  out.ordinal = static_cast<std::uint32_t>(number(counts[2]));
  out.verdict.code = static_cast<int>(number(counts[3]));
  out.verdict.verdict = static_cast<char>(number(counts[4]));
  out.groups_opened = static_cast<std::uint32_t>(number(counts[5]));
  out.sets_accepted = static_cast<std::uint32_t>(number(counts[6]));
  out.refused = number(counts[7]) != 0;
  out.has_answers = number(counts[8]) != 0;
  out.has_others = number(counts[9]) != 0;
  out.sets_received = static_cast<std::uint32_t>(number(counts[10]));
  const auto& delimiters = json["delimiters"].items();
  if (delimiters.size() == 5) {
    char* const chars[] = {&out.delimiters.element, &out.delimiters.component,
                           &out.delimiters.repetition, &out.delimiters.release};
    for (std::size_t i = 0; i < 4; ++i) {
      const std::string one = bytes_of(delimiters[i]);
      if (one.size() == 1) *chars[i] = one[0];
    }
    out.delimiters.terminator = bytes_of(delimiters[4]);
  }
  out.raw = bytes_of(json["raw"]);
  read_names(json["warnings"], out.warnings);
  for (const auto& [id, seen] : json["group_numbers"].members()) {
    out.group_numbers.emplace(id, NumbersSeen::of(seen.text()));
  }
  return out;
}

}  // namespace gantry::edi
