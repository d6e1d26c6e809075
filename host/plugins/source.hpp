#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "host/base/error.hpp"
#include "host/contracts/delivery.hpp"
#include "host/contracts/document.hpp"

namespace gantry::plugins {

/// What the plugin decided about an inbound request, before anything was stored.
struct Verdict {
  enum class Decision { kReject, kAccept, kReply };
  struct Reply {
    unsigned status = 200;
    std::string content_type;
    std::string body;
  };
  Decision decision = Decision::kReject;
  std::string delivery_id;     ///< Never empty on kAccept: the host fills SHA-256 of the body.
  std::string reason;          ///< One word for metrics and the debug log.
  std::optional<Reply> reply;  ///< What the sender is told instead of our 202.
};

/// A call's link to whoever runs it. Copyable; empty functions mean "never" and "nobody listens".
struct CallScope {
  std::function<bool()> cancelled;
  std::function<void()> progress;
  std::optional<std::chrono::steady_clock::time_point> deadline;
};

/// A piece of input that the plugin gave up on, on its way to the dead letters.
struct Rejected {
  std::string raw;
  Error reason{ErrorKind::kInvalid, ""};
};

/// A plugin call that failed: the error, and what only plugins know of it.
struct PluginError : Error {
  using Error::Error;
  std::string category;  ///< "AUTH", "RATE_LIMITED", …: the ABI status by name.
  std::chrono::nanoseconds retry_after{0};
  std::string code;          ///< The vendor's error code.
  std::string json_pointer;  ///< Configuration field at fault.
};

template <class T>
using PluginResult = boost::system::result<T, PluginError>;

/// What a parse gave: documents with id, source and times filled in, and the rejected parts.
struct Parsed {
  std::vector<Document> documents;
  std::vector<Rejected> rejected;
};

/// One finding of a check.
struct Finding {
  enum class State { kPass, kWarn, kFail };
  State state = State::kPass;
  std::string what;
  std::string remedy;
};

/// Records on their way in. A cursor covers everything that was handed over since the call began;
/// without one more of the same group is to come, or nothing covers it (the end of a call).
struct Group {
  std::vector<Document> documents;
  std::vector<Rejected> rejected;
  std::optional<std::string> cursor;  ///< At most 64 KiB.
};

/// Receives the groups of a call in order, on its thread, and makes them durable. An error stops
/// the call, which then fails with it. Must not throw: a plugin is on the stack.
using TakeGroup = std::function<Result<void>(Group&&)>;

/// When a call is told to stop: at the first checkpoint that reaches one of them.
struct CallBudget {
  std::uint64_t records_max = 1'000;
  std::uint64_t bytes_max = 16U << 20U;
};

/// How a call that brings records ended well.
struct Brought {
  bool more = false;   ///< There is more at once: the plugin says so, or it was told to stop.
  bool ended = false;  ///< Streams: nothing will ever come.
};

/// An open feed, for one thread at a time. Its source outlives it; the destructor closes it.
class Feed {
 public:
  virtual ~Feed() = default;
  /// What comes within `wait`, at most `budget`. Category NOT_CONNECTED: close it, open another.
  /// [blocking]
  virtual PluginResult<Brought> next(const CallBudget& budget, std::chrono::nanoseconds wait,
                                     const TakeGroup& take, const CallScope& scope) = 0;
  /// The records up to `cursor` are stored. [blocking]
  virtual PluginResult<void> ack(std::string_view cursor, const CallScope& scope) = 0;
  /// They were not, for this reason; the vendor should send them again. [blocking]
  virtual PluginResult<void> nack(std::string_view cursor, const Error& reason,
                                  const CallScope& scope) = 0;
};

/// A file as a connector is told of it.
struct FileInfo {
  std::string name;    ///< Without a directory.
  std::string sha256;  ///< Lower-case hex.
  std::optional<std::uint64_t> size;
  Instant modified_at{};
};

/// Writes a file that the plugin wants beside its records.
using PutOutbox = std::function<Result<void>(std::string_view name, std::string_view content)>;

/// A file being read, by one thread at a time. Its source outlives it; the destructor closes it.
class OpenFile {
 public:
  virtual ~OpenFile() = default;
  /// The byte from which the caller feeds.
  virtual std::uint64_t offset() const = 0;
  /// The next bytes. `more`: the budget is reached; open it again from the last cursor. [blocking]
  virtual PluginResult<Brought> feed(std::string_view chunk, const CallScope& scope) = 0;
  /// All bytes were fed. DATA: the file is wrong, and what was handed over is right. [blocking]
  virtual PluginResult<void> finish(const PutOutbox& put, const CallScope& scope) = 0;
};

/// A configured instance of a connector, wherever its code runs (in this process, later in a
/// runner process). Safe to call from several threads at once.
class Source {
 public:
  virtual ~Source() = default;

  virtual const std::string& id() const = 0;         ///< The source: "front-ops".
  virtual const std::string& plugin_id() const = 0;  ///< The connector: "frontapp".
  /// True for "gantry.webhook/1" and so on. [any-thread]
  virtual bool has(std::string_view capability) const = 0;

  /// Webhook. Milliseconds, no I/O. [any-thread]
  virtual PluginResult<Verdict> verify(const InboundRequest& request) const = 0;
  /// Webhook. May call the vendor. [blocking]
  virtual PluginResult<Parsed> parse(const Delivery& delivery, const CallScope& scope) const = 0;
  /// Webhook: headers that make `request` a valid sample, for `gantry send`. [blocking]
  virtual PluginResult<std::vector<std::pair<std::string, std::string>>> sign(
      const InboundRequest& request) const = 0;
  /// kUnsupported where the plugin has no check. [blocking]
  virtual PluginResult<std::vector<Finding>> check(const CallScope& scope) const = 0;

  // A source without the capability answers UNSUPPORTED, which is what these do unless overridden.
  // A call that fails has handed over whole groups first: go on from the last cursor.

  /// Poller: what is new since `cursor` (empty: from the beginning). [blocking]
  virtual PluginResult<Brought> poll(std::string_view cursor, const CallBudget& budget,
                                     const TakeGroup& take, const CallScope& scope) const;
  /// Stream: opens the feed after `cursor` (empty: from now). [blocking]
  virtual PluginResult<std::unique_ptr<Feed>> open_feed(std::string_view cursor,
                                                        const CallScope& scope) const;
  /// Batch: 0 to 100, how sure the connector is that it can read the file that begins with `head`
  /// (at most 64 KiB). No I/O. [any-thread]
  virtual PluginResult<int> probe(const FileInfo& info, std::string_view head) const;
  /// Batch: begins a file at `cursor` (empty: at its beginning). Groups may come without a cursor
  /// before their checkpoint, so that a large one needs no memory. [blocking]
  virtual PluginResult<std::unique_ptr<OpenFile>> open_file(const FileInfo& info,
                                                            std::string_view cursor,
                                                            const CallBudget& budget,
                                                            TakeGroup take,
                                                            const CallScope& scope) const;
};

}  // namespace gantry::plugins
