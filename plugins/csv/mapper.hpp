#pragma once

#include <cstdint>
#include <gantry/sdk/host.hpp>
#include <gantry/sdk/json.hpp>
#include <gantry/sdk/record.hpp>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "settings.hpp"
#include "values.hpp"

namespace gantry::csv {

/// Where a row came from.
struct Place {
  std::string_view file;
  std::uint64_t line = 0;
  std::uint64_t offset = 0;
  std::string_view encoding;
  char delimiter = ',';
  std::string_view raw;  ///< The row's bytes as they were.
};

/// Why a row became no record.
struct Problem {
  std::string column;
  std::string reason;
};

/// Turns rows of one file into records. Not for several threads.
class Mapper {
 public:
  /// `header`: the names as they stand, in UTF-8; empty for a file without. Throws Failure(kData)
  /// naming every required column that is missing or there twice. `settings` and `host` outlive it.
  Mapper(const Settings& settings, const sdk::Host& host, std::vector<std::string> header);

  /// Fills `record`, or says what is wrong. `fields` are UTF-8.
  std::optional<Problem> map(const std::vector<std::string>& fields, const Place& place,
                             sdk::Record& record);

 private:
  struct Value {
    std::string text;  ///< Canonical; for keys and titles.
    sdk::Json json;
    sdk::Json zone;                  ///< Of a datetime.
    std::optional<std::int64_t> ns;  ///< Of a date or datetime.
  };

  void name_columns();
  void find_columns();
  std::optional<std::string> read_value(const Column& column, std::string_view text, Value& value);
  bool read_moment(const Column& column, std::string_view text, Value& value);
  std::string key_of(const std::vector<Value>& values, std::string_view raw) const;
  std::string title_of(const std::vector<Value>& values, std::string_view key) const;
  sdk::Json extra_of(const std::vector<std::string>& fields) const;
  std::string label(std::size_t index) const;

  const Settings& settings_;
  const sdk::Host& host_;
  std::vector<std::string> header_;
  std::vector<std::optional<std::size_t>> where_;  // By column of the settings.
  std::vector<bool> mapped_;                       // By column of the file.
  std::map<std::string, Zone> zones_;
};

}  // namespace gantry::csv
