#include "poll.hpp"

#include <algorithm>
#include <gantry/sdk/json.hpp>

#include "cursor.hpp"
#include "map.hpp"

namespace gantry::turvo {
namespace {

using sdk::Failure;
using sdk::Json;

/// Rows that each page shares with the one before.
constexpr std::int64_t kOverlapRows = 5;
/// With less than this left a call ends after its page, and another one goes on.
constexpr std::chrono::seconds kTimeLeft_min{10};

enum class Step { kGoOn, kListDone, kStopped };

class Walk {
 public:
  Walk(const sdk::Host& host, const Settings& settings, const Api& api, Cursor cursor,
       sdk::Sink& sink)
      : host_(host), settings_(settings), api_(api), cursor_(std::move(cursor)), sink_(sink) {}

  bool run() {
    auto resource = settings_.resources.begin();
    if (cursor_.pass) {
      resource = std::find_if(resource, settings_.resources.end(), [&](const Resource& one) {
        return one.name == cursor_.pass->resource;
      });
      if (resource == settings_.resources.end()) {  // It is polled no more.
        cursor_.pass.reset();
        resource = settings_.resources.begin();
      }
    }
    for (; resource != settings_.resources.end(); ++resource) {
      if (!cursor_.pass) begin(*resource);
      for (;;) {
        const Step step = page(*resource);
        if (step == Step::kStopped) return true;
        const bool last = step == Step::kListDone && resource + 1 == settings_.resources.end();
        if (!sink_.checkpoint(cursor_.write())) return !last;
        if (!last && sink_.call().remaining() < kTimeLeft_min) return true;
        if (step == Step::kListDone) break;
      }
    }
    return false;
  }

 private:
  void begin(const Resource& resource) {
    cursor_.pass.emplace();
    cursor_.pass->resource = resource.name;
    cursor_.pass->began_ns = host_.now_ns();
  }

  /// Changes at or after this are emitted; 0 on the first walk.
  std::int64_t since_ns(const Resource& resource) const {
    const auto mark = cursor_.marks.find(resource.name);
    if (mark == cursor_.marks.end()) return 0;
    return std::max<std::int64_t>(mark->second - settings_.overlap.count(), 0);
  }

  Step page(const Resource& resource) {
    sink_.call().throw_if_cancelled();
    Pass& pass = *cursor_.pass;
    const std::int64_t since = since_ns(resource);
    const Page page = api_.list(sink_.call(), resource, pass.start, settings_.page_size, since);
    sink_.call().progress();
    if (shifted_away(page)) {
      pass.start = std::max<std::int64_t>(pass.start - settings_.page_size, 0);
      pass.tail.clear();
      pass.unchanged = 0;
      return Step::kGoOn;
    }
    watch_order(resource, page);
    for (const Json& row : page.rows) {
      if (!take(resource, row, since)) return Step::kStopped;
    }
    const bool only_old = settings_.updated_since.empty() && pass.newest_first && since > 0 &&
                          pass.unchanged >= settings_.page_size;
    if (page.rows.empty() || !page.more || only_old) {
      finish(resource);
      return Step::kListDone;
    }
    turn(page);
    return Step::kGoOn;
  }

  bool shifted_away(const Page& page) const {
    const auto& tail = cursor_.pass->tail;
    if (tail.empty()) return false;
    return std::none_of(page.rows.begin(), page.rows.end(),
                        [&](const Json& row) { return was_in_tail(row["id"].text()); });
  }
  bool was_in_tail(std::string_view id) const {
    const auto& tail = cursor_.pass->tail;
    return std::find(tail.begin(), tail.end(), id) != tail.end();
  }

  void watch_order(const Resource& resource, const Page& page) {
    std::int64_t before = INT64_MAX;
    for (const Json& row : page.rows) {
      const std::int64_t changed = changed_at(row);
      if (changed > before && cursor_.pass->newest_first) {
        cursor_.pass->newest_first = false;
        if (settings_.updated_since.empty()) {
          host_.log(sdk::LogLevel::kWarn, "list_not_newest_first",
                    {{"list", resource.name}, {"effect", "every poll reads the whole list"}});
        }
      }
      before = changed;
    }
  }

  /// False: the host wants no more.
  bool take(const Resource& resource, const Json& row, std::int64_t since) {
    Pass& pass = *cursor_.pass;
    const std::int64_t changed = changed_at(row);
    pass.top_ns = std::max(pass.top_ns, changed);
    // A row without a time may have changed; only the stores can tell.
    if (settings_.updated_since.empty() && changed != 0 && changed < since) {
      if (!was_in_tail(row["id"].text())) ++pass.unchanged;
      return true;
    }
    pass.unchanged = 0;
    try {
      OwnedRecord record = map_row(resource.kind, row);
      return sink_.emit(record.view());
    } catch (const Failure& failure) {
      return sink_.reject(row.dump(), failure);
    }
  }

  void turn(const Page& page) {
    Pass& pass = *cursor_.pass;
    const auto rows = static_cast<std::int64_t>(page.rows.size());
    // A page of no more rows than overlap would be read for ever.
    const std::int64_t shared = rows > kOverlapRows ? kOverlapRows : 0;
    pass.start += rows - shared;
    pass.tail.clear();
    for (auto row = page.rows.end() - shared; row != page.rows.end(); ++row) {
      const std::string_view id = (*row)["id"].text();
      if (id.size() <= 512 && !id.empty()) pass.tail.emplace_back(id);
    }
  }

  /// A change that happened while the list was read may have been missed on a page already behind:
  /// the mark stays before the walk's beginning.
  void finish(const Resource& resource) {
    const Pass& pass = *cursor_.pass;
    std::int64_t& mark = cursor_.marks[resource.name];
    mark = std::max(mark, std::min(pass.top_ns, pass.began_ns));
    cursor_.pass.reset();
    const auto next = std::find_if(settings_.resources.begin(), settings_.resources.end(),
                                   [&](const Resource& one) { return one.name == resource.name; });
    if (next + 1 != settings_.resources.end()) begin(*(next + 1));
  }

  const sdk::Host& host_;
  const Settings& settings_;
  const Api& api_;
  Cursor cursor_;
  sdk::Sink& sink_;
};

}  // namespace

bool poll(const sdk::Host& host, const Settings& settings, const Api& api, std::string_view cursor,
          sdk::Sink& sink) {
  if (!settings.has_api) {
    throw Failure(sdk::Status::kConfig, "polling needs username and its credentials")
        .pointer("/username");
  }
  return Walk(host, settings, api, Cursor::read(cursor), sink).run();
}

}  // namespace gantry::turvo
