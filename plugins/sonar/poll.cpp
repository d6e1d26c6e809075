#include "poll.hpp"

#include <algorithm>
#include <gantry/sdk/json.hpp>
#include <gantry/sdk/time.hpp>

#include "alert.hpp"
#include "cursor.hpp"
#include "series.hpp"

namespace gantry::sonar {
namespace {

using sdk::Failure;
using sdk::Json;
using sdk::Record;

constexpr std::int64_t kNsPerDay = 86'400'000'000'000;
constexpr std::chrono::seconds kAnswerTime{10};

std::string date_of(std::int64_t ns) { return sdk::to_rfc3339(ns).substr(0, 10); }

/// "OTRI ATL was 8.41 on 2026-01-15, up 0.31 from 8.10 on 2026-01-14."
std::string sentence(const Series& series, const Observation& now, const Observation* before) {
  std::string text =
      series.index + " " + series.qualifier + " was " + now.value + " on " + now.date;
  if (before == nullptr) return text + ".";
  const bool is_up = now.nano >= before->nano;
  const std::string difference = is_up ? decimal_difference(now.nano, before->nano)
                                       : decimal_difference(before->nano, now.nano);
  if (difference == "0") return text + ", unchanged since " + before->date + ".";
  if (!difference.empty()) text += (is_up ? ", up " : ", down ") + difference;
  return text + " from " + before->value + " on " + before->date + ".";
}

class Round {
 public:
  Round(const Settings& settings, const Api& api, Cursor cursor, sdk::Sink& sink)
      : settings_(settings), api_(api), cursor_(std::move(cursor)), sink_(sink) {}

  bool run(std::int64_t now_ns) {
    auto series = std::find_if(settings_.series.begin(), settings_.series.end(),
                               [&](const Series& one) { return one.name() == cursor_.next; });
    if (series == settings_.series.end()) {
      series = settings_.series.begin();
      cursor_.began_ns = now_ns;
      forget_what_is_polled_no_more();
    }
    for (;;) {
      if (!read(*series)) return true;
      const bool last = ++series == settings_.series.end();
      cursor_.next = last ? std::string() : series->name();
      if (!sink_.checkpoint(cursor_.write())) return !last;
      if (last) return false;
      if (sink_.call().remaining() < settings_.call_gap + kAnswerTime) return true;
    }
  }

 private:
  void forget_what_is_polled_no_more() {
    std::erase_if(cursor_.seen, [&](const auto& entry) {
      return std::none_of(settings_.series.begin(), settings_.series.end(),
                          [&](const Series& one) { return one.name() == entry.first; });
    });
    std::erase_if(cursor_.raised, [&](const std::string& name) {
      return std::none_of(settings_.alerts.begin(), settings_.alerts.end(),
                          [&](const Threshold& one) { return one.name() == name; });
    });
  }

  /// False: the host wants no more.
  bool read(const Series& series) {
    sink_.call().throw_if_cancelled();
    const std::string last = date_of(cursor_.began_ns);
    const std::string first = date_of(cursor_.began_ns - (settings_.window_days - 1) * kNsPerDay);
    bool go_on = true;
    std::vector<Observation> observations;
    try {
      observations = read_series(api_.data(sink_.call(), series, first, last),
                                 [&](std::string_view raw, const Failure& why) {
                                   go_on = sink_.reject(raw, why) && go_on;
                                 });
    } catch (const Failure& failure) {
      // A series that FreightWaves does not know must not hold up the others.
      if (failure.status() != sdk::Status::kData) throw;
      return sink_.reject(series.name(), failure);
    }
    sink_.call().progress();
    if (!go_on) return false;
    // More than was asked for would outgrow the cursor.
    std::erase_if(observations,
                  [&](const Observation& one) { return one.date < first || one.date > last; });
    if (!emit_changes(series, observations)) return false;
    for (const Alert& alert : judge(settings_.alerts, series, observations, cursor_.raised)) {
      if (!sink_.emit(alert_record(alert, alert_body(alert), Json::object()))) return false;
    }
    auto& seen = cursor_.seen[series.name()];
    std::erase_if(seen, [&](const auto& entry) { return entry.first < first; });
    for (const auto& one : observations) seen[one.date] = one.value;
    return true;
  }

  bool emit_changes(const Series& series, const std::vector<Observation>& observations) {
    const auto memory = cursor_.seen.find(series.name());
    for (std::size_t i = 0; i < observations.size(); ++i) {
      const Observation& one = observations[i];
      std::string known;
      if (memory != cursor_.seen.end()) {
        const auto found = memory->second.find(one.date);
        if (found != memory->second.end()) known = found->second;
      }
      if (known == one.value) continue;
      const Observation* before = i == 0 ? nullptr : &observations[i - 1];
      if (!sink_.emit(record_of(series, one, before, known))) return false;
    }
    return true;
  }

  Record record_of(const Series& series, const Observation& one, const Observation* before,
                   const std::string& restated_from) const {
    Record record;
    record.kind = "market_index";
    record.key = series.index + "." + series.qualifier + ":" + one.date;
    record.title = series.index + " " + series.qualifier + " " + one.value;
    record.text = sentence(series, one, before);
    record.raw = one.raw;
    record.occurred_at_ns = one.date_ns;
    record.version = restated_from.empty() ? one.date_ns : cursor_.began_ns;
    Json metadata = Json::object();
    metadata.set("index", series.index);
    metadata.set("qualifier", series.qualifier);
    metadata.set("date", one.date);
    metadata.set("value", one.value);
    if (before != nullptr) metadata.set("previous", before->value);
    metadata.set_if("restated_from", restated_from);
    metadata.set_if("tz", one.zone);
    record.metadata = metadata.dump();
    record.participants = "[]";
    return record;
  }

  const Settings& settings_;
  const Api& api_;
  Cursor cursor_;
  sdk::Sink& sink_;
};

}  // namespace

bool poll(const sdk::Host& host, const Settings& settings, const Api& api, std::string_view cursor,
          sdk::Sink& sink) {
  if (!settings.has_api) {
    throw Failure(sdk::Status::kConfig, "polling needs username, password and series")
        .pointer("/username");
  }
  return Round(settings, api, Cursor::read(cursor), sink).run(host.now_ns());
}

}  // namespace gantry::sonar
