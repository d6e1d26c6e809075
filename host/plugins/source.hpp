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
};

}  // namespace gantry::plugins
