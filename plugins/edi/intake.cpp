#include "intake.hpp"

#include <algorithm>
#include <gantry/sdk/text.hpp>

#include "acknowledge.hpp"
#include "edifact_map.hpp"
#include "record_parts.hpp"

namespace gantry::edi {
namespace {

using sdk::Json;

struct Kind {
  std::string_view set;
  std::string_view kind;
  void (*map)(const SetView&, Document&);
};

constexpr Kind kKinds[] = {
    {"204", "load_tender", &map_204},        {"990", "tender_response", &map_990},
    {"214", "shipment_status", &map_214},    {"210", "freight_invoice", &map_210},
    {"856", "ship_notice", &map_856},        {"997", "functional_ack", &map_997},
    {"999", "functional_ack", &map_997},     {"820", "remittance_advice", &map_820},
    {"824", "application_advice", &map_824},
};

const Kind* find_kind(std::string_view set) {
  for (const auto& kind : kKinds) {
    if (kind.set == set) return &kind;
  }
  return nullptr;
}

constexpr std::size_t kHashHex = 16;
constexpr std::size_t kHashesMax = 65'536;
constexpr std::size_t kHeldMax = 200;  // The host takes 10,000 records without a checkpoint.
constexpr std::size_t kResultsMax = 4096;

constexpr std::string_view kNotForUs =
    "the interchange is not for us or not from a configured partner";

}  // namespace

void Intake::interchange_begins() {
  logged_.clear();
  hashes_.clear();
}

void Intake::log(const Warnings& warnings, const Interchange& interchange, const Group* group) {
  for (const auto& name : warnings.names()) {
    if (std::find(logged_.begin(), logged_.end(), name) != logged_.end()) continue;
    logged_.push_back(name);
    host_.log(sdk::LogLevel::kWarn, "edi_deviation",
              {{"deviation", name},
               {"sender", interchange.sender},
               {"interchange", interchange.control},
               {"group", group == nullptr ? std::string_view("-") : group->control}});
  }
}

std::string Intake::hash_of(std::string_view bytes) const {
  return sdk::to_hex(host_.digest(sdk::Hash::kSha256, {bytes}).view().substr(0, kHashHex / 2));
}

bool Intake::seen_before(std::string_view hash) {
  const std::uint64_t value = hex_number(hash);
  if (hashes_.contains(value)) return true;
  if (hashes_.size() < kHashesMax) hashes_.insert(value);
  return false;
}

void Intake::add_content(Interchange& interchange, std::string_view hash) const {
  constexpr std::uint64_t kOdd = 0x9e3779b97f4a7c15;  // So that the sets' order counts too.
  interchange.content = hex_of(hex_number(interchange.content) * kOdd + hex_number(hash));
}

void Intake::spill(Group& group, std::string lines) {
  if (lines.empty()) return;
  if (group.results_from == group.results_to) group.results_from = journal_.size();
  journal_.append(lines);
  group.results_to = journal_.size();
}

void Intake::note(const SetResult& result, Interchange& interchange, Group& group) {
  ++group.received;
  ++interchange.sets_received;
  (is_acknowledgement(result.set) ? interchange.has_answers : interchange.has_others) = true;
  if (result.verdict != 'R') {
    ++group.accepted;
    ++interchange.sets_accepted;
    if (result.verdict == 'E') ++group.with_errors;
  }
  group.results.add(result);
  if (group.results.size() > kResultsMax) spill(group, group.results.take_lines());
}

bool Intake::take_set(std::string_view bytes, Interchange& interchange, Group& group,
                      sdk::Sink& sink) {
  Warnings warnings;
  tokens_.read(bytes, interchange.delimiters, warnings);
  Judgement judged = judge_set(tokens_.segments(), settings_, interchange, group);
  judged.warnings.add(warnings);
  const SetResult& result = judged.result;
  const std::string hash = hash_of(bytes);
  add_content(interchange, hash);
  note(result, interchange, group);

  if (const bool again = seen_before(hash); again && group.duplicate) {
    judged.warnings.add("duplicate_group_not_applied");
    log(judged.warnings, interchange, &group);
    return true;
  }
  // An acknowledgement is shown whatever is wrong with it: it is never answered, and a person must
  // see it.
  const bool usable = result.verdict != 'R' || is_acknowledgement(result.set);
  if (!usable || interchange.refused) {
    log(judged.warnings, interchange, &group);
    return reject(bytes,
                  "set " + result.set + ' ' + result.control + ": " +
                      (interchange.refused ? std::string(kNotForUs) : judged.reason),
                  &interchange, sink);
  }
  Document document;
  const Kind& kind = *find_kind(result.set);
  kind.map({tokens_.segments(), interchange, group, judged.warnings}, document);
  log(judged.warnings, interchange, &group);
  return deliver(kind.kind, document, judged, bytes, hash, interchange, group, sink);
}

bool Intake::take_message(std::string_view bytes, Interchange& interchange, Group& group,
                          sdk::Sink& sink) {
  const std::vector<EdifactSegment> segments = read_edifact(bytes, interchange.delimiters);
  Judgement judged = judge_message(segments, settings_, group);
  const SetResult& result = judged.result;
  const std::string hash = hash_of(bytes);
  add_content(interchange, hash);
  note(result, interchange, group);
  const MessageType* type = find_message(result.set);
  const bool usable = type != nullptr && (result.verdict != 'R' || is_acknowledgement(result.set));
  if (!usable || interchange.refused) {
    log(judged.warnings, interchange, &group);
    return reject(bytes,
                  "message " + result.set + ' ' + result.control + ": " +
                      (interchange.refused ? std::string(kNotForUs) : judged.reason),
                  &interchange, sink);
  }
  Document document;
  if (is_acknowledgement(result.set)) {
    map_contrl(segments, judged.warnings, document);
  } else {
    map_message(*type, segments, judged.warnings, document);
  }
  log(judged.warnings, interchange, &group);
  return deliver(type->kind, document, judged, bytes, hash, interchange, group, sink);
}

bool Intake::deliver(std::string_view kind, Document& document, Judgement& judged,
                     std::string_view bytes, std::string_view hash, const Interchange& interchange,
                     const Group& group, sdk::Sink& sink) {
  const SetResult& result = judged.result;
  Warnings warnings = interchange.warnings;
  warnings.add(group.warnings);
  warnings.add(judged.warnings);

  sdk::Record record;
  record.kind = kind;
  record.key = result.set + ':' + to_utf8(interchange.sender) + ':' + to_utf8(group.control) + ':' +
               result.control + ':' + to_utf8(interchange.control) + ':' + std::string(hash);
  record.title = std::move(document.title);
  record.text = std::move(document.text);
  record.participants = document.participants.dump();
  record.occurred_at_ns = document.occurred_at_ns.value_or(group_time(interchange, group));
  record.version = version_of(interchange, group);
  // Without a business key nobody can tell what is cancelled: a person must see it.
  record.tombstone = document.cancels && !document.business_key.empty();
  if (document.cancels && !record.tombstone) warnings.add("cancellation_without_key");

  document.metadata.set("set", result.set);
  document.metadata.set_if("business_key", document.business_key);
  document.metadata.set("envelope", envelope_of(interchange, group, result));
  document.metadata.set_if("errors", errors_of(result.errors));
  raw_.assign(interchange.raw);
  raw_ += group.raw;
  raw_ += bytes;
  if (is_acknowledgement(result.set)) {
    document.metadata.set_if("warnings", names_of(warnings));
    return hold(std::move(record), std::move(document.metadata), group, sink);
  }
  document.metadata.set_if("warnings", names_of(warnings));
  record.metadata = document.metadata.dump();
  record.raw = raw_;
  // Only what has a business key can be taken back or found again; an empty one merges nothing.
  const bool is_tender = record.kind == "load_tender" && !document.business_key.empty();
  if (is_tender &&
      !tenders_.follow(record, document.business_key, document.cancels, interchange, sink)) {
    return false;
  }
  return sink.emit(record);
}

bool Intake::hold(sdk::Record record, Json metadata, const Group& group, sdk::Sink& sink) {
  held_.push_back({std::move(record), std::move(metadata), raw_});
  if (held_.size() < kHeldMax) return true;
  host_.log(sdk::LogLevel::kWarn, "edi_group_trailer_not_awaited", {{"group", group.control}});
  for (Held& held : held_) held.metadata.set("trailer_not_awaited", true);
  return release(sink);
}

bool Intake::release(sdk::Sink& sink) {
  for (Held& held : held_) {
    held.record.metadata = held.metadata.dump();
    held.record.raw = held.raw;
    if (!sink.emit(held.record)) return false;
  }
  held_.clear();
  return true;
}

bool Intake::give_up_set(std::string_view bytes, std::string_view set, std::string_view control,
                         std::vector<int> codes, std::string_view why, Interchange& interchange,
                         Group& group, sdk::Sink& sink) {
  SetResult result;
  result.set = set;
  result.control = control;
  result.verdict = 'R';
  result.codes = std::move(codes);
  add_content(interchange, hash_of(bytes));
  note(result, interchange, group);
  return reject(bytes, "set " + result.set + ' ' + result.control + ": " + std::string(why),
                &interchange, sink);
}

bool Intake::take_answer(const Segment& segment, std::string_view bytes, Interchange& interchange,
                         sdk::Sink& sink) {
  interchange.has_answers = true;
  const std::string hash = hash_of(bytes);
  add_content(interchange, hash);
  if (interchange.refused) {
    return reject(bytes, kNotForUs, &interchange, sink);
  }
  const std::string control(segment[1]);
  const std::string_view verdict = segment[4];
  const std::string_view words = verdict == "A"   ? "accepted"
                                 : verdict == "E" ? "accepted with errors"
                                 : verdict == "R" ? "rejected"
                                                  : "unclear";
  sdk::Record record;
  record.kind = "functional_ack";
  record.key = "TA1:" + to_utf8(interchange.sender) + ':' + control + ':' +
               to_utf8(interchange.control) + ':' + hash;
  record.title = "Acknowledgement of interchange " + control + ": " + std::string(words);
  record.text = record.title;
  if (!segment[5].empty()) record.text += ", note " + std::string(segment[5]);
  record.participants = "[]";
  Group none;
  record.occurred_at_ns = group_time(interchange, none);
  record.version = version_of(interchange, none);
  SetResult result;
  result.set = "TA1";
  Json metadata = Json::object();
  metadata.set("set", "TA1");
  metadata.set_if("business_key", control);
  metadata.set_if("acknowledged_interchange", control);
  metadata.set_if("verdict", verdict);
  metadata.set_if("note_code", segment[5]);
  metadata.set_if("interchange_date", segment[2]);
  metadata.set_if("interchange_time", segment[3]);
  metadata.set("envelope", envelope_of(interchange, none, result));
  metadata.set_if("warnings", names_of(interchange.warnings));
  record.metadata = metadata.dump();
  raw_.assign(interchange.raw);
  raw_ += bytes;
  record.raw = raw_;
  return sink.emit(record);
}

bool Intake::reject(std::string_view bytes, std::string_view why, const Interchange* interchange,
                    sdk::Sink& sink) {
  std::string message;
  if (interchange != nullptr) {
    message = "interchange " + to_utf8(interchange->control) + " of " +
              to_utf8(interchange->sender) + ", ";
  }
  message += why;
  return sink.reject(bytes, sdk::Failure(sdk::Status::kData, message));
}

bool Intake::group_ended(const Interchange& interchange, Group& group, sdk::Sink& sink) {
  spill(group, group.results.text());
  group.results = {};
  Warnings late = interchange.warnings;
  late.add(group.warnings);
  log(late, interchange, &group);
  if (!group.codes.empty() && !held_.empty()) {
    for (Held& held : held_) {
      held.metadata.set("suspect", true);
      held.metadata.set("suspect_reason", "the group's header and trailer do not agree");
    }
    host_.log(sdk::LogLevel::kError, "edi_acknowledgement_suspect",
              {{"sender", interchange.sender},
               {"interchange", interchange.control},
               {"group", group.control}});
  }
  return release(sink);
}

}  // namespace gantry::edi
