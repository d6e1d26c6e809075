#include "peek.hpp"

#include <cstdint>
#include <nlohmann/json.hpp>

namespace gantry::frontapp {
namespace {

constexpr std::size_t kDeliveryIdMax = 256;
constexpr std::size_t kDepthMax = 128;  // As read_envelope: what that refuses has no id here.

/// Listens to the parser and keeps the ids at /id and /payload/id. Of a repeated member the last
/// counts, as in read_envelope.
class IdFinder {
 public:
  using Base = nlohmann::json;

  bool null() { return value(true, {}); }
  bool boolean(bool) { return value(false, {}); }
  bool number_integer(Base::number_integer_t number) {
    return value(false, is_id() ? std::to_string(number) : std::string());
  }
  bool number_unsigned(Base::number_unsigned_t number) {
    return value(false, is_id() ? std::to_string(number) : std::string());
  }
  bool number_float(Base::number_float_t, const std::string& text) { return value(false, text); }
  bool string(std::string& text) { return value(false, text); }
  bool binary(Base::binary_t&) { return false; }
  bool start_object(std::size_t) { return open(true); }
  bool start_array(std::size_t) { return open(false); }
  bool end_object() { return close(); }
  bool end_array() { return close(); }
  bool parse_error(std::size_t, const std::string&, const Base::exception&) { return false; }

  bool key(const std::string& name) {
    key_ = name == "id"              ? Key::kId
           : name == "payload"       ? Key::kPayload
           : name == "authorization" ? Key::kAuthorization
                                     : Key::kOther;
    return true;
  }

  std::string take() {
    return std::move(has_payload_ || has_authorization_ ? payload_id_ : event_id_);
  }

 private:
  enum class Key { kOther, kId, kPayload, kAuthorization };

  bool is_id() const noexcept { return key_ == Key::kId && (depth_ == 1 || in_payload()); }
  bool in_payload() const noexcept { return depth_ == 2 && is_payload_; }

  bool value(bool is_null, std::string_view text) {
    if (depth_ == 1) {
      if (key_ == Key::kId) event_id_ = text;
      if (key_ == Key::kPayload) set_payload(!is_null, false);
      if (key_ == Key::kAuthorization) has_authorization_ = false;
    } else if (in_payload() && key_ == Key::kId) {
      payload_id_ = text;
    }
    return true;
  }

  bool open(bool is_object) {
    if (depth_ == kDepthMax) return false;
    if (depth_ == 1) {
      if (key_ == Key::kId) event_id_.clear();
      if (key_ == Key::kPayload) set_payload(true, is_object);
      if (key_ == Key::kAuthorization) has_authorization_ = is_object;
    } else if (in_payload() && key_ == Key::kId) {
      payload_id_.clear();
    }
    ++depth_;
    key_ = Key::kOther;  // The elements of an array have no key.
    return true;
  }

  bool close() {
    if (--depth_ == 1) is_payload_ = false;
    return true;
  }

  void set_payload(bool has_payload, bool is_object) {
    has_payload_ = has_payload;
    is_payload_ = is_object;
    payload_id_.clear();
  }

  std::string event_id_;
  std::string payload_id_;
  std::size_t depth_ = 0;
  Key key_ = Key::kOther;
  bool is_payload_ = false;
  bool has_payload_ = false;
  bool has_authorization_ = false;
};

}  // namespace

std::string peek_event_id(std::string_view body) {
  IdFinder finder;
  // Signed but unreadable: accepted under its hash, and parse says what is wrong.
  if (!nlohmann::json::sax_parse(body.begin(), body.end(), &finder)) return {};
  std::string id = finder.take();
  if (id.size() > kDeliveryIdMax) id.clear();
  return id;
}

}  // namespace gantry::frontapp
