#include "host/app/dead_letter_desk.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>

#include "host/base/encoding.hpp"
#include "host/base/time.hpp"

namespace gantry::app {
namespace {

using stores::DeadLetter;

std::int64_t seconds_between(Instant from, Instant to) {
  return std::max<std::int64_t>(
      0, std::chrono::duration_cast<std::chrono::seconds>(to - from).count());
}

Json json_of(const DeadLetter& letter, Instant now) {
  return {{"id", letter.id},
          {"kind", letter.kind},
          {"source", letter.source},
          {"subject", letter.subject},
          {"priority", letter.priority},
          {"attempts", letter.attempts},
          {"first_at", to_rfc3339(letter.first_at)},
          {"last_at", to_rfc3339(letter.last_at)},
          {"age_s", seconds_between(letter.first_at, now)},
          {"reason", letter.reason}};
}

/// `workflow`: empty on the direct path.
Json started(const DeadLetter& letter, const std::string& workflow) {
  Json told{
      {"id", letter.id}, {"kind", letter.kind}, {"attempts", letter.attempts}, {"resolved", false}};
  if (!workflow.empty()) told["workflow"] = workflow;
  return told;
}

Json resolved(std::string_view id) { return {{"id", id}, {"resolved", true}}; }

/// "undo:<operation>:<store>:<document>".
std::string operation_of(const DeadLetter& letter) {
  const auto begin = letter.id.find(':') + 1;
  return letter.id.substr(begin, letter.id.find(':', begin) - begin);
}

Result<Document> document_of(const DeadLetter& letter) {
  const Error unreadable{ErrorKind::kInvalid, "dead letter " + letter.id +
                                                  " holds no record of this version; see its "
                                                  "payload, then resolve it"};
  const auto json = parse_json(letter.payload);
  if (!json) return unreadable;
  try {
    return json->get<Document>();
  } catch (const std::exception&) {
    return unreadable;  // the shelf holds what another version wrote
  }
}

}  // namespace

Result<Json> DeadLetterDesk::list(const stores::DeadLetterQuery& query, Instant now) const {
  const auto letters = ports_.letters.list(query, {});
  if (!letters) return letters.error();
  const auto tally = ports_.letters.tally({});
  if (!tally) return tally.error();
  Json out{{"letters", Json::array()}, {"counts", Json::array()}};
  for (const DeadLetter& letter : *letters) out["letters"].push_back(json_of(letter, now));
  std::size_t total = 0;
  for (const auto& one : *tally) {
    total += one.count;
    out["counts"].push_back({{"kind", one.kind},
                             {"source", one.source},
                             {"count", one.count},
                             {"oldest_at", to_rfc3339(one.oldest)},
                             {"oldest_age_s", seconds_between(one.oldest, now)}});
  }
  out["total"] = total;
  return out;
}

Result<DeadLetter> DeadLetterDesk::find(std::string_view id) const {
  auto letter = ports_.letters.get(id, {});
  if (!letter) return letter.error();
  if (!*letter) {
    return Error{ErrorKind::kNotFound,
                 "no dead letter has the id " + std::string(id) + "; see gantry dlq list"};
  }
  return std::move(**letter);
}

Result<Json> DeadLetterDesk::show(std::string_view id, bool payload, Instant now) const {
  const auto letter = find(id);
  if (!letter) return letter.error();
  Json out = json_of(*letter, now);
  out["upstream"] = letter->upstream;
  out["earlier"] = Json::array();
  for (const auto& one : letter->earlier) {
    out["earlier"].push_back(
        {{"at", to_rfc3339(one.at)}, {"reason", one.reason}, {"upstream", one.upstream}});
  }
  out["payload_bytes"] = letter->payload.size();
  if (payload) out["payload"] = to_base64(letter->payload);
  return out;
}

Result<Json> DeadLetterDesk::resolve(std::string_view id) {
  const auto there = ports_.letters.resolve(id, {});
  if (!there) return there.error();
  if (!*there) return find(id).error();
  return resolved(id);
}

Result<Json> DeadLetterDesk::retry(std::string_view id) {
  const auto letter = find(id);
  if (!letter) return letter.error();
  if (letter->kind == "record") return retry_record(*letter);
  if (letter->kind == "delivery" || letter->kind == "part") return retry_delivery(*letter);
  if (letter->kind == "undo") return retry_undo(*letter);
  return Error{ErrorKind::kUnsupported,
               "a dead letter of kind " + letter->kind + " cannot be tried again; resolve it"};
}

Result<Json> DeadLetterDesk::retry_record(const DeadLetter& letter) {
  const auto document = document_of(letter);
  if (!document) return document.error();
  const auto keys = ports_.staging.put({&*document, 1}, {});
  if (!keys) return keys.error();
  DocumentIngestionInput input;
  input.source = document->source;
  input.records = {{document->id, document->version, keys->front()}};
  input.priority = letter.priority;
  input.letter = letter.id;
  const auto workflow = ports_.start_record(input);
  if (!workflow) return workflow.error();
  return started(letter, *workflow);
}

/// A part is what the connector refused of a delivery: reading the whole again is harmless, for
/// what was stored before stays as it is.
Result<Json> DeadLetterDesk::retry_delivery(const DeadLetter& letter) {
  const auto delivery = ports_.deliveries.load(letter.source, letter.subject);
  if (!delivery && delivery.error().kind == ErrorKind::kNotFound) {
    if (letter.kind == "part") {
      return Error{ErrorKind::kUnsupported,
                   "a part of " + letter.subject +
                       " cannot be tried alone: drop the mended file again or poll the source "
                       "again, then resolve this"};
    }
    return Error{ErrorKind::kUnsupported, "the inbox no longer keeps delivery " + letter.subject +
                                              "; have its sender send it again, then resolve this"};
  }
  if (!delivery) return delivery.error();
  const auto workflow = ports_.start_delivery(letter.source, letter.subject, letter.id);
  if (!workflow) return workflow.error();
  return started(letter, *workflow);
}

Result<bool> DeadLetterDesk::stores_agree(const std::string& document_id) const {
  std::optional<stores::Stamp> first;
  for (const stores::Store* store : ports_.stores) {
    const auto stamps = store->look({&document_id, 1}, {});
    if (!stamps) return stamps.error();
    const stores::Stamp& stamp = stamps->front();
    if (!first) first = stamp;
    if (stamp.present != first->present) return false;
    if (stamp.present && stamp.hash != first->hash) return false;
  }
  return true;
}

Result<Json> DeadLetterDesk::retry_undo(const DeadLetter& letter) {
  const auto resumed = ports_.saga.resume();
  if (!resumed) return resumed.error();
  const auto now = ports_.letters.get(letter.id, {});
  if (!now) return now.error();
  if (!*now) return resolved(letter.id);

  Error why;
  const auto open = ports_.saga_log.open({});
  if (!open) return open.error();
  if (std::ranges::find(*open, operation_of(letter), &stores::saga::SagaEntry::operation) !=
      open->end()) {
    why = {ErrorKind::kUnavailable, "a store is away or " + letter.subject +
                                        " is being written; the host goes on trying by itself"};
  } else if (const auto agree = stores_agree(letter.subject); !agree) {
    why = agree.error();
  } else if (*agree) {
    return resolve(letter.id);
  } else {
    why = {ErrorKind::kConflict, "the stores differ about " + letter.subject +
                                     " and nothing is left to undo; bring the record again"};
  }
  DeadLetter again = **now;
  again.reason = why.what;
  again.upstream = why.upstream;
  if (const auto kept = ports_.letters.add(again, {}); !kept) return kept.error();
  return why;
}

}  // namespace gantry::app
