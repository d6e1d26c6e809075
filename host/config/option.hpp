#pragma once

#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "host/base/json.hpp"
#include "host/config/config.hpp"

/// One table per owner reads, checks and documents its settings; a default is written once.
namespace gantry::config {

enum class OptionType {
  kText,
  kBool,
  kInteger,   ///< min … max
  kBytes,     ///< 1048576 or "1MiB"; min … max
  kDuration,  ///< "30s"; min … max in milliseconds
  kAddress,   ///< host:port
  kUrl,       ///< http or https
  kStoreUrl,  ///< scheme://user@host:port/name?options without a password; schemes in `choices`
  kPath,      ///< Where the program may create it.
  kFile,      ///< Must exist and be readable.
  kChoice,    ///< One of `choices`, separated by |.
  kSecret,    ///< "env:NAME" or "file:PATH"; a variable named in `env` holds the value itself.
  kTextList,
  kSchedule,  ///< Temporal's cron: "0 2 * * 1-5", "@daily"
  kTimeZone,  ///< "Europe/Berlin"
};

struct OptionSpec {
  std::string_view key;  ///< "temporal.address". A final `*` stands for any one name.
  std::string_view env;  ///< Variable, or empty.
  OptionType type;
  std::string_view fallback;  ///< The default as text; empty: unset.
  std::string_view help;      ///< One sentence or two for conf.d.
  std::int64_t min = 0;
  std::int64_t max = 0;
  std::string_view choices = {};  ///< Separated by |.
  std::string_view pattern =
      {};  ///< ECMAScript expression for kText and list elements; may be empty.
};

/// A checked value; which member counts is decided by the type.
struct OptionValue {
  std::string text;
  std::string name;  ///< What the `*` of the key stood for.
  std::int64_t number = 0;
  bool flag = false;
  std::chrono::milliseconds duration{};
  std::vector<std::string> list;
};

template <class Target>
struct Option {
  OptionSpec spec;
  void (*set)(Target&, const OptionValue&);
};

/// The tables: options.cpp.
std::span<const Option<HostConfig>> host_options();
std::span<const Option<SourceConfig>> source_options();

/// Checks text from a variable, a flag or a default. The error says what is wanted. [any-thread]
Result<OptionValue> read_text(const OptionSpec& spec, std::string_view text);
/// Checks a value from a file: its type counts, "50" is not 50. [any-thread]
Result<OptionValue> read_json(const OptionSpec& spec, const Json& value);

/// True where `key` is the option's; `name` gets what `*` stands for. [any-thread]
bool matches(const OptionSpec& spec, std::string_view key, std::string* name = nullptr);

}  // namespace gantry::config
