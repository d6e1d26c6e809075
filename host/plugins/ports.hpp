#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "host/base/clock.hpp"
#include "host/base/error.hpp"

namespace gantry::net {
class HttpClient;
}

namespace gantry::plugins {

/// What the loader and the host services need from the rest of the house. wire.cpp fills it.

enum class LogLevel { kDebug, kInfo, kWarn, kError };

struct LogField {
  std::string_view name;
  std::string_view value;
};

/// Where log lines go. Both functions are called from any thread; empty ones drop the line.
struct LogSink {
  std::function<bool(LogLevel)> enabled;
  /// `source` is empty for lines of the loader itself. Views live for the call.
  std::function<void(LogLevel level, std::string_view source, std::string_view event,
                     std::span<const LogField> fields)>
      write;
};

/// Secret values by source and configuration field (JSON pointer: "/signing_key"). [any-thread]
class SecretSource {
 public:
  virtual ~SecretSource() = default;
  /// How many values are active; several during a rotation; 0 where none is set.
  virtual std::size_t count(std::string_view source, std::string_view name) const = 0;
  /// The index-th value, newest first; kNotFound past the end.
  virtual Result<std::string> get(std::string_view source, std::string_view name,
                                  std::size_t index) const = 0;
  /// Keeps a value that the vendor rotated; returns once it is durable. [blocking]
  virtual Result<void> put(std::string_view source, std::string_view name,
                           std::string_view value) = 0;
};

/// Small durable state per source. [blocking] [any-thread]
class KvStore {
 public:
  struct Entry {
    std::string value;
    std::uint64_t revision = 0;  ///< 0: absent.
  };
  virtual ~KvStore() = default;
  virtual Result<Entry> get(std::string_view source, std::string_view key) const = 0;
  /// Writes where the key still has `expected`, and returns the new revision; else kConflict. An
  /// empty value removes the key and returns 0. kExhausted above the limits.
  virtual Result<std::uint64_t> put(std::string_view source, std::string_view key,
                                    std::string_view value, std::uint64_t expected) = 0;
};

/// Borrowed; everything outlives the loader and the registries it made. A null secrets, kv or http
/// means that this host does not offer the service: a plugin that requires it is refused.
struct HostPorts {
  LogSink log;
  const Clock* clock = &system_clock();
  SecretSource* secrets = nullptr;
  KvStore* kv = nullptr;
  const net::HttpClient* http = nullptr;
};

}  // namespace gantry::plugins
