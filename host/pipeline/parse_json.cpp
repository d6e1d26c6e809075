#include <nlohmann/json.hpp>

#include "host/pipeline/parsers.hpp"
#include "host/pipeline/text_encoding.hpp"

namespace gantry::pipeline {
namespace {

/// Writes "load.stops.city: Chicago" lines while the text is read: no tree, so memory follows the
/// output, which is limited. Numbers keep their digits.
class Flattener final : public nlohmann::json_sax<Json> {
 public:
  explicit Flattener(const ParseLimits& limits) : limits_(limits) {}

  bool null() override { return true; }
  bool boolean(bool value) override { return line(value ? "true" : "false"); }
  bool number_integer(number_integer_t value) override { return line(std::to_string(value)); }
  bool number_unsigned(number_unsigned_t value) override { return line(std::to_string(value)); }
  bool number_float(number_float_t, const string_t& digits) override { return line(digits); }
  bool string(string_t& value) override {
    if (path_.size() == 1 && title_.empty() &&
        (path_[0].key == "title" || path_[0].key == "subject")) {
      title_ = value;
    }
    return value.empty() || line(value);
  }
  bool binary(binary_t&) override { return true; }
  bool start_object(std::size_t) override { return open(); }
  bool end_object() override { return close(); }
  bool start_array(std::size_t) override { return open(); }
  bool end_array() override { return close(); }
  bool key(string_t& value) override {
    path_.back().key = std::move(value);
    return true;
  }
  bool parse_error(std::size_t byte, const std::string&, const Json::exception&) override {
    // The library's message quotes the input, which may be a payload: keep only the place.
    error_ = Error{ErrorKind::kInvalid, "malformed JSON at byte " + std::to_string(byte)};
    return false;
  }

  std::string text_;
  std::string title_;
  std::optional<Error> error_;

 private:
  struct Level {
    std::string key;
  };

  bool open() {
    if (path_.size() >= static_cast<std::size_t>(limits_.nesting_max)) {
      error_ = over_limit("JSON nesting", static_cast<std::size_t>(limits_.nesting_max));
      return false;
    }
    path_.emplace_back();
    return true;
  }

  bool close() {
    path_.pop_back();
    return true;
  }

  bool line(std::string_view value) {
    const std::size_t start = text_.size();
    for (const Level& level : path_) {
      if (level.key.empty()) continue;
      if (text_.size() > start) text_ += '.';
      text_ += level.key;
    }
    if (text_.size() > start) text_ += ": ";
    text_.append(value);
    text_ += '\n';
    if (text_.size() <= limits_.output_bytes_max) return true;
    error_ = over_limit("text size in bytes", limits_.output_bytes_max);
    return false;
  }

  const ParseLimits& limits_;
  std::vector<Level> path_;
};

}  // namespace

Result<RawText> parse_json_text(std::string_view bytes, std::string_view charset,
                                const ParseContext& context) {
  auto decoded = decode(bytes, charset, context.limits.output_bytes_max);
  if (!decoded) return decoded.error();
  Flattener flattener(context.limits);
  if (!Json::sax_parse(decoded->text, &flattener)) {
    return flattener.error_.value_or(Error{ErrorKind::kInvalid, "malformed JSON"});
  }
  if (flattener.text_.find('\0') != std::string::npos) {  // "\u0000" is legal JSON
    return Error{ErrorKind::kInvalid, "text holds NUL characters: binary content"};
  }
  return RawText{std::move(flattener.text_), std::move(decoded->encoding),
                 std::move(flattener.title_)};
}

}  // namespace gantry::pipeline
