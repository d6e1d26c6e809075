#include "webhook.hpp"

#include <algorithm>
#include <deque>
#include <gantry/sdk/json_text.hpp>
#include <map>

#include "event.hpp"
#include "map.hpp"

namespace gantry::hubspot {
namespace {

using sdk::Failure;
using sdk::Json;
using sdk::Record;
using sdk::Status;

constexpr std::size_t kBatchMax = 100;

/// What a delivery says of one object: its events in their order.
struct Subject {
  ObjectType type;
  std::string id;
  std::vector<const Json*> events;
  std::string_view raw;  ///< Of the newest event.
  std::int64_t occurred_ns = GANTRY_TIME_UNKNOWN;
  std::int64_t restored_ns = 0;
  bool gone = false;  ///< Deleted or purged by the newest event that says so.
  Json aliases = Json::array();
};

std::int64_t version_of(std::int64_t ns) { return ns > 0 ? ns : 0; }

/// Everything but the value of a property: for a tombstone or a purge that must not keep it.
Json facts_of(const Json& event) {
  Json facts = Json::object();
  for (const auto& [name, value] : event.members()) {
    if (name != "propertyValue" && name != "attemptNumber") facts.set_if(name, value);
  }
  return facts;
}

Record bare(std::string_view kind, std::string key, const Json& event, std::string_view raw) {
  Record record;
  record.kind = kind;
  record.key = std::move(key);
  record.raw = raw;
  record.occurred_at_ns = time_of(event["occurredAt"]);
  record.version = version_of(record.occurred_at_ns);
  return record;
}

void finish(Record& record, Json metadata, const Json& event) {
  metadata.set("tz", "Z");
  metadata.set_if("event", facts_of(event));
  record.metadata = metadata.dump();
}

class Delivery {
 public:
  Delivery(const sdk::Host& host, const Settings& settings, const Api& api, sdk::Sink& sink)
      : host_(host), settings_(settings), api_(api), sink_(sink) {}

  void take(const Json& event, std::string_view raw) {
    if (!wanted_) return;
    const EventType type = type_of(event);
    if (type.what.empty()) {
      wanted_ = sink_.reject(raw, Failure(Status::kData,
                                          "an element is no event: it has no "
                                          "subscriptionType"));
    } else if (type.what == "associationChange") {
      association(type, event, raw);
    } else if (event["objectId"].text().empty() && type.what != "merge") {
      wanted_ = sink_.reject(raw, Failure(Status::kData, "an event names no objectId"));
    } else if (type.object == "conversation") {
      conversation(type, event, raw);
    } else if (type.what == "merge") {
      merge(type, event, raw);
    } else {
      of_object(type, event, raw);
    }
  }

  /// Tells the objects that live, whole or in part.
  void finish_objects() {
    std::map<std::string, std::vector<Subject*>> by_type;
    for (Subject& subject : subjects_) {
      if (!subject.gone) by_type[subject.type.name].push_back(&subject);
    }
    for (const auto& [name, subjects] : by_type) {
      for (std::size_t at = 0; at < subjects.size() && wanted_; at += kBatchMax) {
        const auto end = std::min(subjects.size(), at + kBatchMax);
        const std::vector<Subject*> part(subjects.begin() + static_cast<std::ptrdiff_t>(at),
                                         subjects.begin() + static_cast<std::ptrdiff_t>(end));
        if (settings_.can_call()) {
          read(part);
        } else {
          for (const Subject* subject : part) partial(*subject);
        }
      }
    }
  }

 private:
  Subject& subject(const ObjectType& type, std::string_view id) {
    for (Subject& known : subjects_) {
      if (known.type.name == type.name && known.id == id) return known;
    }
    Subject added;
    added.type = type;
    added.id = id;
    subjects_.push_back(std::move(added));
    return subjects_.back();
  }

  void emit(const Record& record) {
    if (wanted_) wanted_ = sink_.emit(record);
  }

  void of_object(const EventType& type, const Json& event, std::string_view raw) {
    const ObjectType object = object_type(type.object);
    const std::int64_t occurred = time_of(event["occurredAt"]);
    Subject& known = subject(object, event["objectId"].text());
    const bool newest = known.events.empty() || occurred >= known.occurred_ns;
    known.events.push_back(&event);
    if (newest) {
      known.occurred_ns = occurred;
      known.raw = raw;
    }
    const bool is_purge = type.what == "privacyDeletion";
    if (is_purge || type.what == "deletion") {
      if (newest || is_purge) known.gone = true;
      Record record = bare(object.kind, object.key_of(known.id), event, raw);
      record.tombstone = !is_purge;
      record.purge = is_purge;
      Json metadata = Json::object();
      metadata.set("object_type", object.name);
      metadata.set("object_id", known.id);
      finish(record, std::move(metadata), event);
      emit(record);
    } else if (newest && !is_purged(known)) {
      known.gone = false;
      if (type.what == "restore") known.restored_ns = version_of(occurred);
    }
  }

  /// Nothing that comes after a privacy deletion brings its object back.
  static bool is_purged(const Subject& known) {
    return std::any_of(known.events.begin(), known.events.end(),
                       [](const Json* event) { return type_of(*event).what == "privacyDeletion"; });
  }

  void merge(const EventType& type, const Json& event, std::string_view raw) {
    const ObjectType object = object_type(type.object);
    // Contacts keep the primary's id; other objects may get a new one.
    auto winner = event["newObjectId"].text();
    if (winner.empty()) winner = event["primaryObjectId"].text();
    if (winner.empty()) winner = event["objectId"].text();
    std::vector<std::string_view> losers;
    for (const Json& id : event["mergedObjectIds"].items()) losers.push_back(id.text());
    losers.push_back(event["primaryObjectId"].text());
    if (winner.empty()) {
      wanted_ = sink_.reject(raw, Failure(Status::kData, "a merge names no winner"));
      return;
    }
    Subject& known = subject(object, winner);
    known.events.push_back(&event);
    known.raw = raw;
    known.occurred_ns = std::max(known.occurred_ns, time_of(event["occurredAt"]));
    for (const auto loser : losers) {
      if (loser.empty() || loser == winner) continue;
      known.aliases.push(loser);
      subject(object, loser).gone = true;
      Record record = bare(object.kind, object.key_of(loser), event, raw);
      record.tombstone = true;
      Json metadata = Json::object();
      metadata.set("object_type", object.name);
      metadata.set("object_id", loser);
      metadata.set("alias_of", object.key_of(winner));
      finish(record, std::move(metadata), event);
      emit(record);
    }
  }

  void association(const EventType& type, const Json& event, std::string_view raw) {
    const auto from = event["fromObjectId"].text();
    const auto to = event["toObjectId"].text();
    if (from.empty() || to.empty()) {
      wanted_ = sink_.reject(raw, Failure(Status::kData, "an association names no two objects"));
      return;
    }
    auto name = std::string(event["associationType"].text());
    if (name.empty()) name = type.object;
    Record record =
        bare("association", name + ':' + std::string(from) + ':' + std::string(to), event, raw);
    record.tombstone = event["associationRemoved"].truth();
    record.title = name + ' ' + std::string(from) + " to " + std::string(to);
    record.text = record.title + (record.tombstone ? ": removed" : "");
    Json metadata = Json::object();
    metadata.set("from_id", from);
    metadata.set("to_id", to);
    finish(record, std::move(metadata), event);
    emit(record);
  }

  /// Conversations are another API; what the event tells is what there is.
  void conversation(const EventType& type, const Json& event, std::string_view raw) {
    Record record = bare("conversation", std::string(event["objectId"].text()), event, raw);
    record.purge = type.what == "privacyDeletion";
    record.tombstone = type.what == "deletion";
    record.title = "Conversation " + record.key;
    record.text = record.title + ": " + type.what;
    Json metadata = Json::object();
    metadata.set("partial", true);
    finish(record, std::move(metadata), event);
    emit(record);
  }

  void read(const std::vector<Subject*>& subjects) {
    const ObjectType& type = subjects.front()->type;
    Json inputs = Json::array();
    for (const Subject* subject : subjects) {
      Json input = Json::object();
      input.set("id", subject->id);
      inputs.push(std::move(input));
    }
    Json properties = Json::array();
    for (const auto& property : properties_of(type, settings_)) properties.push(property);
    Json query = Json::object();
    query.set("inputs", std::move(inputs));
    query.set("properties", std::move(properties));
    const Api::Answer page =
        api_.call(sink_.call(), "read " + type.name, "/crm/v3/objects/" + type.name + "/batch/read",
                  query.dump());
    const auto& objects = page.json["results"].items();
    const auto texts = sdk::element_texts(sdk::member_text(page.text, "results"));
    std::size_t found = 0;
    for (std::size_t i = 0; i < objects.size() && i < texts.size(); ++i) {
      for (const Subject* subject : subjects) {
        // After a merge the winner may be asked for under a loser's id.
        if (objects[i]["id"].text() != subject->id) continue;
        Record record = map_object(type, objects[i], texts[i]);
        // A restored object's last modification is older than its tombstone.
        record.version = std::max(record.version, subject->restored_ns);
        emit(record);
        ++found;
      }
    }
    if (found < subjects.size()) {
      // Archived or merged since: its own event says so.
      host_.log(sdk::LogLevel::kInfo, "object_gone",
                {{"type", type.name}, {"count", std::to_string(subjects.size() - found)}});
    }
    sink_.call().progress();
  }

  void partial(const Subject& subject) {
    const auto newest = std::max_element(
        subject.events.begin(), subject.events.end(), [](const Json* left, const Json* right) {
          return time_of((*left)["occurredAt"]) < time_of((*right)["occurredAt"]);
        });
    if (newest == subject.events.end()) return;
    Record record = bare(subject.type.kind, subject.type.key_of(subject.id), **newest, subject.raw);
    Json properties = Json::object();
    for (const Json* event : subject.events) {
      const auto name = (*event)["propertyName"].text();
      if (name.empty()) continue;
      properties.set(std::string(name), (*event)["propertyValue"]);
      if (!record.text.empty()) record.text += '\n';
      record.text += std::string(name) + ": " + std::string((*event)["propertyValue"].text());
    }
    record.title = std::string(subject.type.kind) + ' ' + subject.id;
    Json metadata = Json::object();
    metadata.set("object_type", subject.type.name);
    metadata.set("object_id", subject.id);
    metadata.set("partial", true);
    metadata.set_if("properties", std::move(properties));
    metadata.set_if("aliases", subject.aliases);
    finish(record, std::move(metadata), **newest);
    emit(record);
  }

  const sdk::Host& host_;
  const Settings& settings_;
  const Api& api_;
  sdk::Sink& sink_;
  std::deque<Subject> subjects_;  ///< References to its elements hold.
  bool wanted_ = true;
};

}  // namespace

void parse_events(const sdk::Host& host, const Settings& settings, const Api& api,
                  std::string_view body, sdk::Sink& sink) {
  const Json events = Json::parse(body);
  if (!events.is_array()) throw Failure(Status::kData, "the body is no array of events");
  const auto texts = sdk::element_texts(body);
  Delivery delivery(host, settings, api, sink);
  for (std::size_t i = 0; i < events.items().size() && i < texts.size(); ++i) {
    delivery.take(events.items()[i], texts[i]);
  }
  delivery.finish_objects();
}

}  // namespace gantry::hubspot
