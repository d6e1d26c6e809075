#pragma once

#include <deque>
#include <gantry/sdk/host.hpp>
#include <gantry/sdk/json.hpp>
#include <gantry/sdk/record.hpp>
#include <optional>
#include <string>

#include "position.hpp"
#include "rollup.hpp"
#include "settings.hpp"
#include "summary.hpp"

namespace gantry::samsara {

/// A record, or a piece of input that was given up on, waiting for its turn. Owns the raw bytes.
struct Queued {
  sdk::Record record;
  std::string raw;
  std::optional<sdk::Failure> reject;
};

/// Reads one feed page by page. One call at a time.
///
/// A rolled-up feed first rebuilds its open windows, those from `closed_until` on, from Samsara's
/// history; then it goes on behind `after`. A ping that comes twice is known by its time. A cursor
/// that Samsara refuses (400), and one made for another query, is dropped: the feed begins anew
/// and the history from `closed_until` on fills the gap.
class Reader {
 public:
  /// The references outlive it.
  Reader(const sdk::Host& host, const Settings& settings, const FeedKind& feed, Position position);

  const FeedKind& feed() const noexcept { return feed_; }
  /// Covers exactly what was popped.
  Position position() const;
  /// The history may be asked before the feed's pause is over.
  std::int64_t due_ns() const noexcept {
    return rebuild_ ? rebuild_->not_before_ns : position_.not_before_ns;
  }
  void pause_until(std::int64_t ns) noexcept {
    (rebuild_ ? rebuild_->not_before_ns : position_.not_before_ns) = ns;
  }

  /// Asks for one page; nothing may wait to be popped. Throws as call_vendor. [blocking]
  void ask(const sdk::Call& call);

  bool has_next() const noexcept { return !entries_.empty() || !closed_.empty(); }
  /// The next thing to hand over; there must be one.
  Queued& next();
  void pop();

 private:
  /// A range of the history that is read to fill the open windows.
  struct Rebuild {
    std::int64_t horizon_ns;  ///< The feed itself brings what is newer.
    std::int64_t from_ns;
    std::string after;
    std::int64_t not_before_ns = 0;
  };
  struct Page {
    std::string text;
    sdk::Json json;
    std::string end_cursor;
    bool has_next = false;
  };
  enum class Mode { kFeed, kHistory, kSnapshot };

  void ask_feed(const sdk::Call& call);
  void ask_history(const sdk::Call& call);
  void begin_anew(std::string_view why);
  void begin_rebuild();
  std::optional<Page> get(const sdk::Call& call, std::string_view path, std::string_view after,
                          std::int64_t start_ns, std::int64_t end_ns) const;
  void move_on(const Page& page, std::int64_t now_ns);

  void take_events(const Page& page, std::int64_t now_ns);
  void take_pings(const Page& page, Mode mode, std::int64_t now_ns);
  void take_asset(const sdk::Json& item, std::string_view raw, Mode mode, std::int64_t now_ns);
  void take_ping(const Ping& ping, Mode mode, std::int64_t now_ns);
  std::optional<std::int64_t> watermark(bool has_next, std::int64_t now_ns);
  void close(std::int64_t watermark_ns);
  bool was_handed_over(const Ping& ping) const noexcept;
  Queued render(Window window, Part part, bool open, std::int64_t now_ns) const;

  const sdk::Host& host_;
  const Settings& settings_;
  const FeedKind& feed_;
  Position position_;
  Position held_;                ///< Before the page whose entries wait.
  std::deque<Queued> entries_;   ///< What only that page tells; popped first.
  std::deque<Window> closed_;    ///< Over but not handed over: the history could tell them again.
  std::optional<Queued> front_;  ///< The first of them as a record.
  std::int64_t closed_from_ns_ = 0;  ///< closed_until before the first of them was over.
  RollUp windows_;
  RollUp apart_;  ///< Late and snapshot pings of one page.
  std::optional<Rebuild> rebuild_;
  std::vector<std::int64_t> page_times_;
};

}  // namespace gantry::samsara
