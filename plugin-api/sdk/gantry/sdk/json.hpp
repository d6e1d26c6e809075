#pragma once

#if !__has_include(<nlohmann/json.hpp>)
#error "gantry/sdk/json.hpp reads with nlohmann-json: install it (Debian: nlohmann-json3-dev)"
#endif

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "gantry/sdk/failure.hpp"
#include "gantry/sdk/text.hpp"

namespace gantry::sdk {

/// A JSON value that keeps every number as the text that was sent, so an id of 20 digits, 10.00 and
/// 1767225599.412 come out as they went in. (-0 becomes 0.) Objects keep their order.
///
/// Reading never throws for a wrong shape: what is absent or of another type is null, empty or
/// false, because a vendor's fields come and go.
class Json {
 public:
  struct Member;
  struct Number {
    std::string text;
  };
  using Array = std::vector<Json>;
  using Object = std::vector<Member>;

  Json();
  Json(bool value);
  Json(std::string value);
  Json(std::string_view value);
  Json(const char* value);
  Json(std::int64_t value);
  Json(Number value);
  static Json array();
  static Json object();

  /// Reads one JSON text (RFC 8259). Throws Failure(kData) with the byte offset for malformed text,
  /// text that is not UTF-8, bytes after the value, nesting deeper than 128.
  static Json parse(std::string_view text);
  /// The same, but null for what is no JSON: where it may be a proxy's page or a stranger's bytes.
  static Json parse_or_null(std::string_view text);

  bool is_null() const noexcept { return std::holds_alternative<std::monostate>(value_); }
  bool is_object() const noexcept { return std::holds_alternative<Object>(value_); }
  bool is_array() const noexcept { return std::holds_alternative<Array>(value_); }
  bool is_string() const noexcept { return std::holds_alternative<std::string>(value_); }
  bool is_number() const noexcept { return std::holds_alternative<Number>(value_); }
  bool is_bool() const noexcept { return std::holds_alternative<bool>(value_); }

  /// The member `key` of an object (the last one, if it is repeated), else null.
  const Json& operator[](std::string_view key) const noexcept;
  const Array& items() const noexcept;     ///< Empty unless an array.
  const Object& members() const noexcept;  ///< Empty unless an object.
  /// A string's text or a number's digits, else empty.
  std::string_view text() const noexcept;
  bool truth() const noexcept;  ///< True only for true.

  /// Adds a member; the value must be an object. An empty text or null is left out by set_if.
  void set(std::string key, Json value);
  void set_if(std::string key, Json value);
  void push(Json value);

  /// Compact JSON text; bytes that are not UTF-8 make the string they are in empty.
  std::string dump() const;

 private:
  void dump_to(std::string& out) const;
  static void quote(std::string_view text, std::string& out);

  std::variant<std::monostate, bool, Number, std::string, Array, Object> value_;
};

struct Json::Member {
  std::string key;
  Json value;
};

inline Json::Json() = default;
inline Json::Json(bool value) : value_(value) {}
inline Json::Json(std::string value) : value_(std::move(value)) {}
inline Json::Json(std::string_view value) : value_(std::string(value)) {}
inline Json::Json(const char* value) : value_(std::string(value)) {}
inline Json::Json(std::int64_t value) : value_(Number{std::to_string(value)}) {}
inline Json::Json(Number value) : value_(std::move(value)) {}

namespace detail {

inline constexpr std::size_t kJsonDepthMax = 128;

/// Builds a Json from nlohmann's events; numbers with a fraction come with their text.
class JsonBuilder {
 public:
  using Base = nlohmann::json;

  bool null() { return add(Json()); }
  bool boolean(bool value) { return add(Json(value)); }
  bool number_integer(Base::number_integer_t value) {
    return add(Json(Json::Number{std::to_string(value)}));
  }
  bool number_unsigned(Base::number_unsigned_t value) {
    return add(Json(Json::Number{std::to_string(value)}));
  }
  bool number_float(Base::number_float_t, const std::string& text) {
    return add(Json(Json::Number{text}));
  }
  bool string(std::string& value) { return add(Json(std::move(value))); }
  bool binary(Base::binary_t&) { return false; }
  bool start_object(std::size_t) { return open(Json::object()); }
  bool start_array(std::size_t) { return open(Json::array()); }
  bool end_object() { return close(); }
  bool end_array() { return close(); }
  bool key(std::string& value) {
    stack_.back().key = std::move(value);
    return true;
  }
  bool parse_error(std::size_t position, const std::string&, const Base::exception&) {
    position_ = position;
    return false;
  }

  Json take() { return std::move(result_); }
  std::size_t position() const noexcept { return position_; }
  bool too_deep() const noexcept { return too_deep_; }

 private:
  struct Frame {
    Json value;
    std::string key;
  };

  bool open(Json value) {
    too_deep_ = stack_.size() == kJsonDepthMax;
    if (too_deep_) return false;
    stack_.push_back({std::move(value), {}});
    return true;
  }
  bool close() {
    Json done = std::move(stack_.back().value);
    stack_.pop_back();
    return add(std::move(done));
  }
  bool add(Json value) {
    if (stack_.empty()) {
      result_ = std::move(value);
    } else if (Frame& frame = stack_.back(); frame.value.is_array()) {
      frame.value.push(std::move(value));
    } else {
      frame.value.set(std::move(frame.key), std::move(value));
    }
    return true;
  }

  Json result_;
  std::vector<Frame> stack_;
  std::size_t position_ = 0;
  bool too_deep_ = false;
};

}  // namespace detail

inline Json Json::array() {
  Json made;
  made.value_.emplace<Array>();
  return made;
}

inline Json Json::object() {
  Json made;
  made.value_.emplace<Object>();
  return made;
}

inline Json Json::parse(std::string_view text) {
  detail::JsonBuilder builder;
  if (!nlohmann::json::sax_parse(text.begin(), text.end(), &builder)) {
    if (builder.too_deep()) throw Failure(Status::kData, "JSON nested deeper than 128");
    // The library's own message quotes the input, which may be private.
    throw Failure(Status::kData, "not JSON, byte " + std::to_string(builder.position()) + " of " +
                                     std::to_string(text.size()));
  }
  return builder.take();
}

inline Json Json::parse_or_null(std::string_view text) {
  try {
    return parse(text);
  } catch (const Failure&) {
    return Json();
  }
}

inline const Json& Json::operator[](std::string_view key) const noexcept {
  static const Json kNull;
  const Object& all = members();
  for (auto member = all.rbegin(); member != all.rend(); ++member) {
    if (member->key == key) return member->value;
  }
  return kNull;
}

inline const Json::Array& Json::items() const noexcept {
  static const Array kNone;
  const auto* items = std::get_if<Array>(&value_);
  return items ? *items : kNone;
}

inline const Json::Object& Json::members() const noexcept {
  static const Object kNone;
  const auto* members = std::get_if<Object>(&value_);
  return members ? *members : kNone;
}

inline std::string_view Json::text() const noexcept {
  if (const auto* text = std::get_if<std::string>(&value_)) return *text;
  if (const auto* number = std::get_if<Number>(&value_)) return number->text;
  return {};
}

inline bool Json::truth() const noexcept {
  const auto* value = std::get_if<bool>(&value_);
  return value && *value;
}

inline void Json::set(std::string key, Json value) {
  constexpr std::size_t kUsual = 8;  // Growing there one by one moves each member three times.
  Object& members = std::get<Object>(value_);
  if (members.capacity() == 0) members.reserve(kUsual);
  members.emplace_back(std::move(key), std::move(value));
}

inline void Json::set_if(std::string key, Json value) {
  const bool empty = value.is_null() || (value.is_string() && value.text().empty()) ||
                     (value.is_array() && value.items().empty()) ||
                     (value.is_object() && value.members().empty());
  if (!empty) set(std::move(key), std::move(value));
}

inline void Json::push(Json value) { std::get<Array>(value_).push_back(std::move(value)); }

inline std::string Json::dump() const {
  std::string out;
  dump_to(out);
  return out;
}

inline void Json::dump_to(std::string& out) const {
  if (is_object()) {
    char separator = '{';
    for (const Member& member : members()) {
      out += separator;
      quote(member.key, out);
      out += ':';
      member.value.dump_to(out);
      separator = ',';
    }
    out += separator == '{' ? "{}" : "}";
  } else if (is_array()) {
    char separator = '[';
    for (const Json& item : items()) {
      out += separator;
      item.dump_to(out);
      separator = ',';
    }
    out += separator == '[' ? "[]" : "]";
  } else if (is_string()) {
    quote(text(), out);
  } else if (is_number()) {
    out += text();
  } else if (is_bool()) {
    out += truth() ? "true" : "false";
  } else {
    out += "null";
  }
}

inline void Json::quote(std::string_view text, std::string& out) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  if (!is_utf8(text)) text = {};
  out += '"';
  std::size_t plain = 0;  // Where the characters begin that go as they are.
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c != '"' && c != '\\' && static_cast<unsigned char>(c) >= 0x20) continue;
    out += text.substr(plain, i - plain);
    plain = i + 1;
    out += '\\';
    if (c == '"' || c == '\\') {
      out += c;
    } else if (c == '\n') {
      out += 'n';
    } else {
      out += "u00";
      out += kDigits[static_cast<unsigned char>(c) >> 4];
      out += kDigits[static_cast<unsigned char>(c) & 15];
    }
  }
  out += text.substr(plain);
  out += '"';
}

}  // namespace gantry::sdk
