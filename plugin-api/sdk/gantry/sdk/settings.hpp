#pragma once

#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gantry/sdk/json.hpp"

namespace gantry::sdk {

[[noreturn]] inline void refuse_setting(std::string pointer, std::string message) {
  throw Failure(Status::kConfig, std::move(message)).pointer(std::move(pointer));
}

/// A source's configuration, read field by field. The host has checked it against the schema;
/// whatever is wrong all the same throws Failure(kConfig) naming the field, never its value.
class Settings {
 public:
  explicit Settings(std::string_view text) : json_(read(text)) {}

  const Json& json() const noexcept { return json_; }
  /// True where the field is there: for a secret that is all there is to see.
  bool has(std::string_view key) const noexcept { return !json_[key].is_null(); }

  std::string text(std::string_view key, std::string_view otherwise = "") const {
    const Json& value = json_[key];
    if (value.is_null()) return std::string(otherwise);
    if (!value.is_string()) refuse(key, "is no text");
    return std::string(value.text());
  }
  std::string need_text(std::string_view key) const {
    std::string value = text(key);
    if (value.empty()) refuse(key, "is missing");
    return value;
  }
  std::vector<std::string> texts(std::string_view key,
                                 std::vector<std::string> otherwise = {}) const {
    const Json& value = json_[key];
    if (value.is_null()) return otherwise;
    if (!value.is_array()) refuse(key, "is no list of texts");
    std::vector<std::string> all;
    for (const Json& item : value.items()) {
      if (!item.is_string()) refuse(key, "is no list of texts");
      all.emplace_back(item.text());
    }
    return all;
  }
  bool flag(std::string_view key, bool otherwise) const {
    const Json& value = json_[key];
    if (value.is_null()) return otherwise;
    if (!value.is_bool()) refuse(key, "is neither true nor false");
    return value.truth();
  }
  std::int64_t integer(std::string_view key, std::int64_t min, std::int64_t max,
                       std::int64_t otherwise) const {
    const Json& value = json_[key];
    if (value.is_null()) return otherwise;
    std::int64_t number = 0;
    for (const char c : value.text()) {
      if (c < '0' || c > '9' || number > max) refuse_range(key, min, max);
      number = number * 10 + (c - '0');
    }
    if (!value.is_number() || number < min || number > max) refuse_range(key, min, max);
    return number;
  }
  std::chrono::seconds seconds(std::string_view key, std::int64_t min, std::int64_t max,
                               std::int64_t otherwise) const {
    return std::chrono::seconds(integer(key, min, max, otherwise));
  }
  /// One of a few words; the first is the default.
  template <class Enum>
  Enum choose(std::string_view key,
              std::initializer_list<std::pair<std::string_view, Enum>> words) const {
    const Json& value = json_[key];
    if (value.is_null()) return words.begin()->second;
    std::string all;
    for (const auto& [word, meaning] : words) {
      if (value.is_string() && value.text() == word) return meaning;
      all += (all.empty() ? "" : ", ") + std::string(word);
    }
    refuse(key, "is none of " + all);
  }

  [[noreturn]] static void refuse(std::string_view key, std::string_view what) {
    refuse_setting("/" + std::string(key), std::string(key) + ' ' + std::string(what));
  }

 private:
  static Json read(std::string_view text) {
    Json json = [&] {
      try {
        return Json::parse(text);
      } catch (const Failure& failure) {
        refuse_setting("", std::string("configuration: ") + failure.what());
      }
    }();
    if (!json.is_object()) refuse_setting("", "the configuration is no JSON object");
    return json;
  }
  [[noreturn]] static void refuse_range(std::string_view key, std::int64_t min, std::int64_t max) {
    refuse(key, "is no whole number from " + std::to_string(min) + " to " + std::to_string(max));
  }

  const Json json_;
};

}  // namespace gantry::sdk
