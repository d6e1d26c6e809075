#pragma once

#include <string_view>
#include <vector>

#include "gantry/sdk/json.hpp"

namespace gantry::sdk {

/// Parts of a JSON text, cut out unchanged: a record's raw bytes are what the vendor sent, not what
/// we would write. The text must be one that Json::parse has read; views borrow from it.

namespace detail {

class JsonCutter {
 public:
  explicit JsonCutter(std::string_view text) noexcept : text_(text) {}

  char peek() noexcept {
    while (at_ < text_.size() && std::string_view(" \t\r\n,:").find(text_[at_]) != text_.npos)
      ++at_;
    return at_ < text_.size() ? text_[at_] : '\0';
  }
  void skip() noexcept { ++at_; }
  std::string_view value() noexcept {
    const char first = peek();
    const std::size_t begin = at_;
    if (first == '"') {
      string();
    } else if (first == '{' || first == '[') {
      int depth = 0;
      do {
        const char c = text_[at_];
        if (c == '"') {
          string();
          continue;
        }
        if (c == '{' || c == '[') ++depth;
        if (c == '}' || c == ']') --depth;
        ++at_;
      } while (depth > 0 && at_ < text_.size());
    } else {
      while (at_ < text_.size() && std::string_view(" \t\r\n,:]}").find(text_[at_]) == text_.npos) {
        ++at_;
      }
    }
    return text_.substr(begin, at_ - begin);
  }

 private:
  void string() noexcept {
    for (++at_; at_ < text_.size() && text_[at_] != '"'; ++at_) {
      if (text_[at_] == '\\') ++at_;
    }
    at_ = at_ < text_.size() ? at_ + 1 : text_.size();
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace detail

/// Each element of an array's text; none where `json` is anything else.
inline std::vector<std::string_view> element_texts(std::string_view json) {
  std::vector<std::string_view> all;
  detail::JsonCutter cut(json);
  if (cut.peek() != '[') return all;
  cut.skip();
  for (char c = cut.peek(); c != ']' && c != '\0'; c = cut.peek()) {
    const std::string_view value = cut.value();
    if (value.empty()) break;
    all.push_back(value);
  }
  return all;
}

/// The value's text of the member `key` (the last one, as in Json), or empty.
inline std::string_view member_text(std::string_view json, std::string_view key) {
  std::string_view found;
  detail::JsonCutter cut(json);
  if (cut.peek() != '{') return found;
  cut.skip();
  for (char c = cut.peek(); c != '}' && c != '\0'; c = cut.peek()) {
    const std::string_view name = cut.value();
    const std::string_view value = cut.value();
    if (name.size() < 2) break;
    const bool same = name.find('\\') == name.npos ? name.substr(1, name.size() - 2) == key
                                                   : Json::parse(name).text() == key;
    if (same) found = value;
  }
  return found;
}

}  // namespace gantry::sdk
