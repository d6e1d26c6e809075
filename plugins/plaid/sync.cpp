#include "sync.hpp"

#include <algorithm>
#include <optional>

#include "errors.hpp"
#include "loop.hpp"
#include "map.hpp"

namespace gantry::plaid {
namespace {

using sdk::Failure;
using sdk::LogLevel;
using sdk::Status;

constexpr int kRestartsMax = 5;      // Then the bank is given time.
constexpr int kFailedRoundsMax = 3;  // Then only a new start helps (monetr/monetr#3126).
constexpr std::size_t kGroupMax = 2000;

class Round {
 public:
  Round(const sdk::Host& host, const Settings& settings, const Client& client,
        std::string_view cursor, sdk::Sink& sink)
      : host_(host), settings_(settings), client_(client), places_(cursor), sink_(sink) {
    written_ = places_.text(settings_);
  }

  /// False: STOP.
  bool sync(const Item& item) {
    Place& place = places_.at(item);
    int restarts = 0;
    for (;;) {
      try {
        const Loop loop = read_loop(client_, sink_.call(), item, place.cursor);
        if (!loop.ready) {
          host_.log(LogLevel::kInfo, "transactions_not_ready", {{"item", item.id}});
          return true;
        }
        if (!emit(item, place, loop)) return false;
        if (loop.complete) return true;
      } catch (const Failure& failure) {
        const std::string_view code = code_of(failure);
        if (code == kForeignCursor && !place.cursor.empty()) {
          host_.log(LogLevel::kWarn, "cursor_reset", {{"item", item.id}, {"code", code}});
          place = Place{};
        } else if (code == kMutation && restarts++ < kRestartsMax) {
          place.rewind();
        } else if (code == kMutation) {
          back_off(item, place);
        } else {
          throw;
        }
      }
    }
  }

 private:
  bool emit(const Item& item, Place& place, const Loop& loop) {
    const std::string start = place.loop_start.value_or(place.cursor);
    std::size_t in_group = 0;
    for (std::size_t i = 0; i < loop.pages.size(); ++i) {
      const Page& page = loop.pages[i];
      for (const Change& change : page.changes) {
        if (change.superseded) continue;
        ++in_group;
        if (!hand_over(item, change, loop)) return false;
      }
      const bool last = i + 1 == loop.pages.size();
      if (!last && in_group < kGroupMax) continue;
      in_group = 0;
      place = Place{page.next_cursor, std::nullopt, 0};
      if (!last || !loop.complete) place.loop_start = start;
      if (!checkpoint()) return false;
    }
    return true;
  }

  bool hand_over(const Item& item, const Change& change, const Loop& loop) {
    try {
      return sink_.emit(map_change(change, loop, item));
    } catch (const Failure& failure) {
      if (failure.status() != Status::kData) throw;
      return sink_.reject(change.raw, failure);
    }
  }

  bool checkpoint() {
    std::string text = places_.text(settings_);
    if (text == written_) return true;
    written_ = std::move(text);
    return sink_.checkpoint(written_);
  }

  /// The bank's data did not hold still for so many loops. It is tried again later; where that
  /// fails three times over, from the very beginning.
  [[noreturn]] void back_off(const Item& item, Place& place) {
    const bool give_up = ++place.failed_rounds >= kFailedRoundsMax;
    if (give_up) place = Place{};
    host_.log(LogLevel::kWarn, give_up ? "cursor_reset" : "pages_keep_changing",
              {{"item", item.id}, {"code", kMutation}});
    checkpoint();
    throw Failure(Status::kTransient,
                  "Plaid: item " + item.id +
                      ": the transactions kept changing while they were read" +
                      (give_up ? "; everything is read again from the beginning" : ""))
        .code(std::string(kMutation))
        .retry_after(std::chrono::seconds(60));
  }

  const sdk::Host& host_;
  const Settings& settings_;
  const Client& client_;
  Places places_;
  sdk::Sink& sink_;
  std::string written_;
};

/// What the items' failures come to.
class Outcome {
 public:
  void add(Failure failure) {
    if (failure.status() == Status::kAuth) ++refused_;
    if (!worst_ || rank(failure) > rank(*worst_)) worst_ = std::move(failure);
  }
  void throw_if_bad(std::size_t items) const {
    if (!worst_) return;
    if (worst_->status() == Status::kAuth && refused_ < items) return;
    throw *worst_;
  }

 private:
  /// What the operator must change comes first, then what comes back by itself.
  static int rank(const Failure& failure) {
    switch (failure.status()) {
      case Status::kConfig:
      case Status::kBug:
        return 4;
      case Status::kRateLimited:
        return 3;
      case Status::kAuth:
        return 1;
      default:
        return 2;
    }
  }
  std::optional<Failure> worst_;
  std::size_t refused_ = 0;
};

Failure still_waiting(const Item& item, std::int64_t left_ns) {
  return Failure(Status::kRateLimited, "Plaid: item " + item.id + ": still has to wait")
      .code("RATE_LIMIT_EXCEEDED")
      .retry_after(std::chrono::nanoseconds(left_ns));
}

}  // namespace

void Waits::set(const std::string& item, std::int64_t until_ns) {
  const std::lock_guard lock(mutex_);
  until_ns_[item] = until_ns;
}

std::int64_t Waits::left_ns(const std::string& item, std::int64_t now_ns) const {
  const std::lock_guard lock(mutex_);
  const auto found = until_ns_.find(item);
  return found == until_ns_.end() ? 0 : std::max<std::int64_t>(0, found->second - now_ns);
}

bool sync_all(const sdk::Host& host, const Settings& settings, const Client& client, Waits& waits,
              std::string_view cursor, sdk::Sink& sink) {
  Round round(host, settings, client, cursor, sink);
  Outcome outcome;
  for (const Item& item : settings.items) {
    sink.call().throw_if_cancelled();
    if (const auto left = waits.left_ns(item.id, host.now_ns()); left > 0) {
      outcome.add(still_waiting(item, left));
      continue;
    }
    try {
      if (!round.sync(item)) return true;
    } catch (const Failure& failure) {
      if (failure.status() == Status::kCancelled || concerns_everybody(code_of(failure))) throw;
      host.log(LogLevel::kWarn, "item_not_read",
               {{"item", item.id}, {"code", code_of(failure)}, {"why", failure.what()}});
      if (failure.status() == Status::kRateLimited) {
        waits.set(item.id, host.now_ns() + failure.abi().retry_after_ns);
      }
      outcome.add(failure);
    }
  }
  outcome.throw_if_bad(settings.items.size());
  return false;
}

}  // namespace gantry::plaid
