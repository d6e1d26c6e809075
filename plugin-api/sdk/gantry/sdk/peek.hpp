#pragma once

#if !__has_include(<nlohmann/json.hpp>)
#error "gantry/sdk/peek.hpp reads with nlohmann-json: install it (Debian: nlohmann-json3-dev)"
#endif

#include <cstddef>
#include <initializer_list>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gantry::sdk {

namespace detail {

/// Listens to the parser and keeps the texts at the wanted paths. As in Json, the last of a
/// repeated member counts, and nesting ends at 128.
class Peeker {
 public:
  using Base = nlohmann::json;

  explicit Peeker(std::initializer_list<std::string_view> paths) : found_(paths.size()) {
    for (const auto path : paths) paths_.push_back(split(path));
  }

  bool null() { return value({}); }
  bool boolean(bool) { return value({}); }
  bool number_integer(Base::number_integer_t number) { return value(std::to_string(number)); }
  bool number_unsigned(Base::number_unsigned_t number) { return value(std::to_string(number)); }
  bool number_float(Base::number_float_t, const std::string& text) { return value(text); }
  bool string(const std::string& text) { return value(text); }
  bool binary(Base::binary_t&) { return false; }
  bool start_object(std::size_t) { return open(true); }
  bool start_array(std::size_t) { return open(false); }
  bool end_object() { return close(); }
  bool end_array() { return close(); }
  bool parse_error(std::size_t, const std::string&, const Base::exception&) { return false; }

  bool key(std::string& name) {
    keys_.back() = std::move(name);
    for (std::size_t i = 0; i < paths_.size(); ++i) {
      if (reaches(paths_[i])) found_[i].clear();  // What an earlier member of that name held.
    }
    return true;
  }

  std::vector<std::string> take() { return std::move(found_); }

 private:
  static std::vector<std::string> split(std::string_view path) {
    std::vector<std::string> keys;
    while (!path.empty()) {
      path.remove_prefix(1);
      const auto end = path.find('/');
      keys.emplace_back(path.substr(0, end));
      path.remove_prefix(end == std::string_view::npos ? path.size() : end);
    }
    return keys;
  }

  /// The current member lies on the way to `path`.
  bool reaches(const std::vector<std::string>& path) const noexcept {
    if (arrays_ != 0 || keys_.empty() || keys_.size() > path.size()) return false;
    for (std::size_t i = 0; i < keys_.size(); ++i) {
      if (keys_[i] != path[i]) return false;
    }
    return true;
  }
  bool value(std::string_view text) {
    for (std::size_t i = 0; i < paths_.size(); ++i) {
      if (keys_.size() == paths_[i].size() && reaches(paths_[i])) found_[i] = text;
    }
    return true;
  }
  bool open(bool is_object) {
    if (keys_.size() == 128) return false;
    keys_.emplace_back();
    is_array_.push_back(!is_object);
    arrays_ += !is_object;
    return true;
  }
  bool close() {
    arrays_ -= is_array_.back();
    is_array_.pop_back();
    keys_.pop_back();
    return true;
  }

  std::vector<std::vector<std::string>> paths_;
  std::vector<std::string> found_;
  std::vector<std::string> keys_;  ///< One per open value; of an array always empty.
  std::vector<bool> is_array_;
  std::size_t arrays_ = 0;
};

}  // namespace detail

/// The texts (or digits) at some paths of a JSON text, "/data/object/id", in their order; empty
/// where absent or of another type, no step through arrays. Nothing where the text is no JSON.
///
/// For verify: it builds nothing else, yet reads the text to its end, because an id must not be
/// believed of a body that was cut short and will be sent again.
inline std::optional<std::vector<std::string>> peek_texts(
    std::string_view text, std::initializer_list<std::string_view> paths) {
  detail::Peeker peeker(paths);
  if (!nlohmann::json::sax_parse(text.begin(), text.end(), &peeker)) return std::nullopt;
  return peeker.take();
}

}  // namespace gantry::sdk
