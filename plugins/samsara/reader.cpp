#include "reader.hpp"

#include <algorithm>
#include <gantry/sdk/json_text.hpp>
#include <gantry/sdk/time.hpp>
#include <gantry/sdk/url.hpp>
#include <gantry/sdk/vendor.hpp>

#include "entity.hpp"
#include "words.hpp"

namespace gantry::samsara {
namespace {

using sdk::Failure;
using sdk::Json;
using sdk::Status;

constexpr std::int64_t kMinuteNs = 60'000'000'000;
/// Device and host clocks differ; what the history brings too early is known when it comes again.
constexpr std::int64_t kSkewNs = kMinuteNs;
constexpr std::int64_t kSecondNs = 1'000'000'000;
constexpr std::int64_t kWindowsPerSlice = 6;
/// A stream that begins anew goes back so far behind the last page, and never as far as the seven
/// days that route events reach back.
constexpr std::int64_t kOverlapNs = 10 * kMinuteNs;
constexpr std::int64_t kReachNs = (7 * 24 - 1) * 60 * kMinuteNs;

constexpr sdk::VendorErrors kErrors{"Samsara", std::chrono::seconds(5)};

std::string time_text(std::int64_t ns) { return ns == 0 ? std::string() : sdk::to_rfc3339(ns); }

}  // namespace

Reader::Reader(const sdk::Host& host, const Settings& settings, const FeedKind& feed,
               Position position)
    : host_(host),
      settings_(settings),
      feed_(feed),
      position_(std::move(position)),
      windows_(settings.window.count(), settings.raw_bytes_max),
      apart_(settings.window.count(), settings.raw_bytes_max) {
  const std::int64_t now = host_.now_ns();
  const std::string query = fixed_query(feed_, settings_);
  if (position_.read_until_ns == 0) {
    position_.query = query;
    if (feed_.from_start_time) position_.start_ns = now;
    if (feed_.is_rolled_up()) {
      position_.closed_until_ns = windows_.floor(now - settings_.lateness.count());
    }
    return;
  }
  // Aligned again, because the window's length may have changed.
  position_.closed_until_ns = windows_.floor(position_.closed_until_ns);
  if (position_.query != query) {
    begin_anew("its query changed");
  } else if (feed_.is_rolled_up()) {
    begin_rebuild();
  }
}

Position Reader::position() const {
  if (!entries_.empty()) return held_;
  Position position = position_;
  if (closed_.empty()) {
    position.handed_start_ns = 0;
    position.handed_asset.clear();
  } else {
    position.closed_until_ns = closed_from_ns_;
  }
  return position;
}

Queued& Reader::next() {
  if (!entries_.empty()) return entries_.front();
  if (!front_) front_ = render(closed_.front(), Part::kWindow, false, host_.now_ns());
  return *front_;
}

void Reader::pop() {
  if (!entries_.empty()) {
    entries_.pop_front();
    return;
  }
  position_.handed_start_ns = closed_.front().start_ns;
  position_.handed_asset = std::move(closed_.front().asset_id);
  closed_.pop_front();
  front_.reset();
}

bool Reader::was_handed_over(const Ping& ping) const noexcept {
  const std::int64_t start = windows_.floor(ping.time_ns);
  return start < position_.handed_start_ns ||
         (start == position_.handed_start_ns && ping.asset_id <= position_.handed_asset);
}

void Reader::begin_rebuild() {
  windows_.clear();
  rebuild_ = Rebuild{std::max(position_.seen_until_ns + kSecondNs, position_.closed_until_ns),
                     position_.closed_until_ns,
                     {}};
}

void Reader::begin_anew(std::string_view why) {
  host_.log(sdk::LogLevel::kWarn, "feed_begins_anew", {{"feed", feed_.name}, {"reason", why}});
  position_.query = fixed_query(feed_, settings_);
  position_.after.clear();
  rebuild_.reset();
  windows_.clear();
  if (feed_.shape == FeedKind::Shape::kLocation) {
    position_.start_ns = position_.closed_until_ns;
  } else if (feed_.from_start_time) {
    position_.start_ns = std::max(position_.read_until_ns - kOverlapNs, host_.now_ns() - kReachNs);
  }
}

void Reader::ask(const sdk::Call& call) {
  held_ = position();
  if (rebuild_) {
    ask_history(call);
  } else {
    ask_feed(call);
  }
}

/// Nothing where Samsara answers 400 to a cursor.
std::optional<Reader::Page> Reader::get(const sdk::Call& call, std::string_view path,
                                        std::string_view after, std::int64_t start_ns,
                                        std::int64_t end_ns) const {
  std::string url = settings_.api_url + std::string(path);
  if (!position_.query.empty()) url += '?' + position_.query;
  sdk::HttpRequest request;
  request.url = sdk::with_query(
      std::move(url),
      {{"startTime", time_text(start_ns)}, {"endTime", time_text(end_ns)}, {"after", after}});
  {
    const sdk::Secret token = host_.secret(kApiToken);
    request.headers = {{"Authorization", "Bearer " + std::string(token.view())},
                       {"Accept", "application/json"}};
  }
  const std::string doing = "read " + std::string(feed_.name);
  Page page;
  sdk::HttpResponse response = sdk::call_vendor(host_, call, kErrors, doing, request);
  if (response.status == 400 && !after.empty()) return std::nullopt;
  if (response.status >= 400) {
    throw Failure(Status::kConfig, "Samsara: " + doing + ": HTTP " +
                                       std::to_string(response.status) +
                                       ": check the feed's types and filters")
        .code(std::to_string(response.status))
        .detail(response.body.substr(0, 512));
  }
  page.json = sdk::read_answer(kErrors, doing, response);
  page.text = std::move(response.body);
  page.end_cursor = page.json["pagination"]["endCursor"].text();
  page.has_next = page.json["pagination"]["hasNextPage"].truth();
  return page;
}

/// Without an endCursor the old one stays: it is never cleared.
void Reader::move_on(const Page& page, std::int64_t now_ns) {
  const bool moved = !page.end_cursor.empty() && page.end_cursor != position_.after;
  if (moved) position_.after = page.end_cursor;
  position_.not_before_ns = page.has_next && moved ? now_ns : now_ns + settings_.poll_pause.count();
}

void Reader::ask_feed(const sdk::Call& call) {
  const auto page = get(call, feed_.path, position_.after, position_.start_ns, 0);
  if (!page) {
    begin_anew("Samsara refused the cursor");
    return;
  }
  const std::int64_t now = host_.now_ns();
  const bool is_first = position_.after.empty();
  const bool is_new = position_.read_until_ns == 0;
  move_on(*page, now);
  if (is_first && feed_.shape == FeedKind::Shape::kStats) {
    // The latest value of every asset. Where a gap is to be filled the history has them too.
    position_.read_until_ns = now;
    if (is_new) {
      take_pings(*page, Mode::kSnapshot, now);
    } else {
      position_.seen_until_ns = now + kSkewNs;
      begin_rebuild();
    }
    return;
  }
  if (feed_.is_rolled_up()) {
    take_pings(*page, Mode::kFeed, now);
  } else {
    take_events(*page, now);
  }
  const auto read_until = watermark(page->has_next, now);
  if (read_until) position_.read_until_ns = std::max(position_.read_until_ns, *read_until);
  if (position_.read_until_ns == 0) position_.read_until_ns = std::max<std::int64_t>(now, 1);
  if (feed_.is_rolled_up()) close(position_.read_until_ns - settings_.lateness.count());
}

/// Until when the feed has shown everything. While it catches up that is the page's median time,
/// which no single wrong clock can move; events tell nothing then.
std::optional<std::int64_t> Reader::watermark(bool has_next, std::int64_t now_ns) {
  if (!has_next) return now_ns;
  if (page_times_.empty()) return std::nullopt;
  const auto middle = page_times_.begin() + static_cast<std::ptrdiff_t>(page_times_.size() / 2);
  std::nth_element(page_times_.begin(), middle, page_times_.end());
  return std::min(now_ns, *middle);
}

void Reader::ask_history(const sdk::Call& call) {
  Rebuild& rebuild = *rebuild_;
  const std::int64_t end =
      std::min(rebuild.horizon_ns, rebuild.from_ns + kWindowsPerSlice * windows_.window_ns());
  if (end > rebuild.from_ns) {
    const auto page = get(call, feed_.history, rebuild.after, rebuild.from_ns, end);
    const std::int64_t now = host_.now_ns();
    if (!page) {
      rebuild.after.clear();  // Pings that come again change nothing.
      rebuild.not_before_ns = now + settings_.poll_pause.count();
      return;
    }
    take_pings(*page, Mode::kHistory, now);
    const bool more =
        page->has_next && !page->end_cursor.empty() && page->end_cursor != rebuild.after;
    rebuild.after = more ? page->end_cursor : std::string();
    if (more) return;
  }
  windows_.take_changed();  // They were shown when they happened.
  rebuild.from_ns = end;
  const bool done = end >= rebuild.horizon_ns;
  const std::int64_t read_until = position_.read_until_ns - settings_.lateness.count();
  close(done ? read_until : std::min(end, read_until));
  if (done) rebuild_.reset();
}

/// What ends by then is over, for good.
void Reader::close(std::int64_t watermark_ns) {
  const std::int64_t until = windows_.floor(watermark_ns);
  if (until > position_.closed_until_ns) {
    closed_from_ns_ = position_.closed_until_ns;
    position_.closed_until_ns = until;
    for (Window& window : windows_.close(until)) closed_.push_back(std::move(window));
  }
  if (!settings_.on_state_change) return;
  const std::int64_t now = host_.now_ns();
  for (const Window* window : windows_.take_changed()) {
    entries_.push_back(render(*window, Part::kWindow, true, now));
  }
}

Queued Reader::render(Window window, Part part, bool open, std::int64_t now_ns) const {
  Queued queued;
  queued.record = summarise(feed_, window, windows_.window_ns(), part, open, now_ns);
  queued.raw = std::move(window.raw);
  return queued;
}

void Reader::take_events(const Page& page, std::int64_t now_ns) {
  const auto& items = page.json["data"].items();
  const auto texts = sdk::element_texts(sdk::member_text(page.text, "data"));
  for (std::size_t i = 0; i < items.size() && i < texts.size(); ++i) {
    Queued queued;
    queued.raw = texts[i];
    if (items[i].is_object()) {
      Facts facts;
      facts.kind = feed_.kind;
      facts.type = items[i]["eventType"].text();
      const auto digest = host_.digest(sdk::Hash::kSha256, {texts[i]});
      queued.record = map_entity(facts, items[i], {}, now_ns, sdk::to_hex(digest.view()));
    } else {
      queued.reject =
          Failure(Status::kData, "an element of " + std::string(feed_.name) + " is no JSON object");
    }
    entries_.push_back(std::move(queued));
  }
}

void Reader::take_pings(const Page& page, Mode mode, std::int64_t now_ns) {
  page_times_.clear();
  const auto& items = page.json["data"].items();
  const auto texts = sdk::element_texts(sdk::member_text(page.text, "data"));
  for (std::size_t i = 0; i < items.size() && i < texts.size(); ++i) {
    take_asset(items[i], texts[i], mode, now_ns);
  }
  const Part part = mode == Mode::kSnapshot ? Part::kSnapshot : Part::kLate;
  for (Window& window : apart_.close(INT64_MAX)) {
    entries_.push_back(render(std::move(window), part, false, now_ns));
  }
}

void Reader::take_asset(const Json& item, std::string_view raw, Mode mode, std::int64_t now_ns) {
  const bool is_location = feed_.shape == FeedKind::Shape::kLocation;
  const Json& named = is_location ? item["asset"] : item;
  const auto give_up = [&](std::string_view bytes, std::string_view why) {
    // The rebuild reads again what the feed has shown: it was given up on then.
    if (mode == Mode::kHistory) return;
    entries_.push_back({{}, std::string(bytes), Failure(Status::kData, std::string(why))});
  };
  Ping ping;
  ping.asset_id = named["id"].text();
  if (ping.asset_id.empty() || ping.asset_id.size() > 256) {
    give_up(raw, "a ping of " + std::string(feed_.name) + " names no asset");
    return;
  }
  Json asset = Json::object();
  for (const auto& member : named.members()) {
    if (!member.value.is_array()) asset.set_if(member.key, member.value);
  }
  ping.asset = &asset;
  const auto take = [&](std::string_view stat, const Json& value, std::string_view bytes,
                        const Json& time) {
    ping.stat = stat;
    ping.value = &value;
    ping.raw = bytes;
    ping.time_ns = time_of(time);
    if (ping.time_ns == GANTRY_TIME_UNKNOWN) {
      give_up(bytes, "a ping has no readable time");
    } else {
      take_ping(ping, mode, now_ns);
    }
  };
  if (is_location) {
    take("location", item, raw, item["happenedAtTime"]);
    return;
  }
  for (const auto& [stat, pings] : item.members()) {
    if (!pings.is_array()) {
      // The history and the latest values may hold one ping instead of a list.
      if (pings.is_object() && !pings["time"].is_null()) {
        take(stat, pings, sdk::member_text(raw, stat), pings["time"]);
      }
      continue;
    }
    const auto texts = sdk::element_texts(sdk::member_text(raw, stat));
    for (std::size_t i = 0; i < pings.items().size() && i < texts.size(); ++i) {
      take(stat, pings.items()[i], texts[i], pings.items()[i]["time"]);
    }
  }
}

void Reader::take_ping(const Ping& ping, Mode mode, std::int64_t now_ns) {
  // A clock that was never set would keep a window open for years.
  const bool plausible = is_plausible(ping.time_ns, now_ns);
  const bool late = ping.time_ns < position_.closed_until_ns || !plausible || was_handed_over(ping);
  if (mode == Mode::kHistory) {
    if (!late) windows_.add(ping);
    return;
  }
  if (plausible) {
    page_times_.push_back(ping.time_ns);
    position_.seen_until_ns = std::max(position_.seen_until_ns, ping.time_ns);
  }
  (mode == Mode::kSnapshot || late ? apart_ : windows_).add(ping);
}

}  // namespace gantry::samsara
