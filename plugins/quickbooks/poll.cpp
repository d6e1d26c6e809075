#include "poll.hpp"

#include <gantry/sdk/json_text.hpp>
#include <gantry/sdk/time.hpp>

#include "entities.hpp"
#include "fault.hpp"
#include "map.hpp"

namespace gantry::quickbooks {
namespace {

using sdk::Failure;
using sdk::LogLevel;
using sdk::Status;

constexpr std::size_t kChangesMax = 1000;  // In one answer, shared by all its entities.
constexpr std::int64_t kNsPerSecond = 1'000'000'000;
constexpr std::int64_t kOverlap = 300 * kNsPerSecond;
constexpr std::int64_t kLookBack = std::int64_t{29} * 86'400 * kNsPerSecond;

std::int64_t ns_of(std::string_view time) {
  const auto read = sdk::read_timestamp(time);
  return read ? read->ns : 0;
}

class Round {
 public:
  Round(const sdk::Host& host, const Settings& settings, const Client& client,
        std::string_view cursor, sdk::Sink& sink)
      : host_(host),
        settings_(settings),
        client_(client),
        cursor_(Cursor::read(cursor)),
        sink_(sink),
        emitter_(settings, client, sink) {}

  bool run() {
    const bool reaches_back =
        cursor_.since.empty() || host_.now_ns() - ns_of(cursor_.since) <= kLookBack;
    const bool is_full = cursor_.work && cursor_.work->full;
    if (!reaches_back && !is_full) {
      host_.log(LogLevel::kWarn, "cursor_too_old", {{"since", cursor_.since}});
      begin_full();
    } else if (!cursor_.work && cursor_.since.empty()) {
      begin_full();
    } else if (!cursor_.work && !ask_changes()) {
      return true;
    }
    while (cursor_.work) {
      sink_.call().throw_if_cancelled();
      if (!step()) return true;
    }
    return false;
  }

 private:
  void begin_full() {
    cursor_.work.emplace();
    cursor_.work->full = true;
    cursor_.work->entities = settings_.entities;
  }

  /// False: STOP.
  bool ask_changes() {
    const Answer answer = client_.changes(sink_.call(), settings_.entities, cursor_.since);
    const std::vector<Row> rows = rows_of(answer);
    const std::string time = zoned_time(answer);
    if (rows.size() >= kChangesMax) {
      host_.log(LogLevel::kInfo, "changes_saturated", {{"since", cursor_.since}});
      cursor_.work.emplace();
      cursor_.work->until = time;
      cursor_.work->entities = settings_.entities;
      cursor_.work->from = cursor_.since;
      return true;
    }
    for (const Row& row : rows) {
      if (!emitter_.row(row)) return false;
    }
    if (time.empty()) return true;
    advance(time);
    return sink_.checkpoint(cursor_.text());
  }

  /// One answer of the work in hand. False: STOP.
  bool step() {
    Work& work = *cursor_.work;
    if (work.entities.empty()) {
      return finish();
    }
    const bool going_on = work.full || work.querying ? query(work) : changes_of_one(work);
    if (!going_on) return false;
    if (work.entities.empty()) return finish();
    // Without a place to go on from afterwards the work may not be kept half done.
    return work.until.empty() || sink_.checkpoint(cursor_.text());
  }

  bool changes_of_one(Work& work) {
    const Answer answer = client_.changes(sink_.call(), {work.entities.front()}, cursor_.since);
    const std::vector<Row> rows = rows_of(answer);
    const bool saturated = rows.size() >= kChangesMax;
    for (const Row& row : rows) {
      // A query brings the living again, the deleted never.
      if ((!saturated || row.deleted()) && !emitter_.row(row)) return false;
    }
    if (saturated) {
      host_.log(LogLevel::kWarn, "entity_saturated",
                {{"entity", work.entities.front()}, {"since", cursor_.since}});
      work.querying = true;
    } else {
      next_entity(work);
    }
    return true;
  }

  bool query(Work& work) {
    const Answer answer = client_.query(sink_.call(), statement(work));
    if (work.until.empty()) work.until = zoned_time(answer);
    const std::vector<Row> rows = rows_of(answer);
    std::int64_t last_ns = 0;
    for (const Row& row : rows) {
      if (!emitter_.row(row)) return false;
      last_ns = row.updated_ns().value_or(last_ns);
    }
    if (static_cast<std::int64_t>(rows.size()) < settings_.page_size) {
      next_entity(work);
      return true;
    }
    // By the last row's time and not by position alone: an object that changes meanwhile moves to
    // the end and everything behind it one place forward, past us.
    const std::string last = last_ns == 0 ? work.from : sdk::to_rfc3339(last_ns);
    if (last != work.from) {
      work.from = last;
      work.position = 1;
    } else {
      work.position += settings_.page_size;
    }
    return true;
  }

  std::string statement(const Work& work) const {
    const std::string& entity = work.entities.front();
    std::string text = "SELECT * FROM " + entity;
    std::string_view joint = " WHERE ";
    if (hides_inactive(entity)) {
      text += std::string(joint) + "Active IN (true,false)";
      joint = " AND ";
    }
    if (!work.from.empty()) {
      text += std::string(joint) + "MetaData.LastUpdatedTime >= '" + work.from + "'";
    }
    return text + " ORDER BY MetaData.LastUpdatedTime ASC STARTPOSITION " +
           std::to_string(work.position) + " MAXRESULTS " + std::to_string(settings_.page_size);
  }

  void next_entity(Work& work) const {
    work.entities.erase(work.entities.begin());
    work.querying = false;
    work.from = work.full ? std::string() : cursor_.since;
    work.position = 1;
  }

  bool finish() {
    const std::string until = cursor_.work->until;
    cursor_.work.reset();
    if (until.empty()) return true;  // Warned of; everything is read again.
    advance(until);
    return sink_.checkpoint(cursor_.text());
  }

  void advance(std::string_view time) {
    const std::string to = sdk::to_rfc3339(ns_of(time) - kOverlap);
    if (cursor_.since.empty() || ns_of(to) > ns_of(cursor_.since)) cursor_.since = to;
  }

  std::string zoned_time(const Answer& answer) const {
    std::string time = time_of(answer);
    if (time.empty()) {
      host_.log(LogLevel::kWarn, "answer_time_without_zone",
                {{"time", answer.json["time"].text().substr(0, 40)},
                 {"what", "the checkpoint stays where it is"}});
    }
    return time;
  }

  const sdk::Host& host_;
  const Settings& settings_;
  const Client& client_;
  Cursor cursor_;
  sdk::Sink& sink_;
  Emitter emitter_;
};

}  // namespace

bool Emitter::row(const Row& row) {
  if (row.id().empty()) {
    return sink_.reject(row.raw, Failure(Status::kData, "QuickBooks: " + row.entity +
                                                            " without Id: it cannot be keyed")
                                     .code("NO_ID"));
  }
  if (row.deleted()) {
    return object(row.entity, row.id(), row.raw, row.json["MetaData"]["LastUpdatedTime"].text());
  }
  return sink_.emit(map_row(row, settings_.realm_id));
}

bool Emitter::object(std::string_view entity, std::string_view id, std::string_view raw,
                     std::string_view at) {
  const auto gone = [&] {
    return sink_.emit(map_deletion(entity, id, raw, at, settings_.realm_id));
  };
  Answer answer;
  try {
    answer = client_.object(sink_.call(), entity, id);
  } catch (const Failure& failure) {
    if (code_of(failure) != kNotFound) throw;
    return gone();
  }
  const std::string_view text = sdk::member_text(answer.body, entity);
  const Row live{std::string(entity), text, answer.json[entity]};
  if (live.id() != id) {
    return sink_.reject(raw,
                        Failure(Status::kData, "QuickBooks: asked for one " + std::string(entity) +
                                                   " and was answered another")
                            .code("OTHER_ID"));
  }
  return live.deleted() ? gone() : sink_.emit(map_row(live, settings_.realm_id));
}

bool poll(const sdk::Host& host, const Settings& settings, const Client& client,
          std::string_view cursor, sdk::Sink& sink) {
  return Round(host, settings, client, cursor, sink).run();
}

}  // namespace gantry::quickbooks
