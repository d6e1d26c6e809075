#include "host/ingress/inbox_rows.hpp"

#include <chrono>
#include <utility>

namespace gantry::ingress {
namespace {

constexpr char kRowVersion = 1;

template <class T>
void put_number(std::string& out, T value) {
  char bytes[sizeof(T)];
  for (std::size_t i = sizeof(T); i-- > 0; value = static_cast<T>(value >> 8)) {
    bytes[i] = static_cast<char>(value & 0xff);
  }
  out.append(bytes, sizeof(T));
}

void put_text(std::string& out, std::string_view text) {
  put_number(out, static_cast<std::uint32_t>(text.size()));
  out.append(text);
}

void put_time(std::string& out, std::optional<Instant> at) {
  put_number(out, at ? static_cast<std::uint64_t>(at->time_since_epoch().count()) : 0);
}

/// Takes values off the front; once one is missing, everything after it is too.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : rest_(bytes) {
    if (number<std::uint8_t>() != kRowVersion) whole_ = false;
  }

  template <class T>
  T number() {
    if (rest_.size() < sizeof(T)) return fail<T>();
    T value = 0;
    for (std::size_t i = 0; i < sizeof(T); ++i) {
      value = static_cast<T>((static_cast<std::uint64_t>(value) << 8) |
                             static_cast<unsigned char>(rest_[i]));
    }
    rest_.remove_prefix(sizeof(T));
    return value;
  }

  std::string text() {
    const auto size = number<std::uint32_t>();
    if (rest_.size() < size) return fail<std::string>();
    std::string value(rest_.substr(0, size));
    rest_.remove_prefix(size);
    return value;
  }

  Instant time() {
    return Instant{std::chrono::nanoseconds{static_cast<std::int64_t>(number<std::uint64_t>())}};
  }

  std::optional<Instant> time_or_none() {
    const Instant at = time();
    return at == Instant{} ? std::nullopt : std::optional(at);
  }

  std::size_t left() const { return rest_.size(); }
  bool whole() const { return whole_ && rest_.empty(); }

 private:
  template <class T>
  T fail() {
    whole_ = false;
    rest_ = {};
    return T{};
  }

  std::string_view rest_;
  bool whole_ = true;
};

template <class T>
Result<T> checked(T value, const Reader& reader, const char* row) {
  if (reader.whole()) return value;
  return Error(ErrorKind::kInternal, std::string("inbox: a damaged ") + row + " row");
}

}  // namespace

std::string delivery_key(std::string_view source, std::string_view id) {
  std::string key;
  key.reserve(source.size() + 1 + id.size());
  key.append(source).push_back('\0');
  key.append(id);
  return key;
}

std::string encode_sequence(std::uint64_t sequence) {
  std::string out;
  put_number(out, sequence);
  return out;
}

std::uint64_t decode_sequence(std::string_view bytes) noexcept {
  if (bytes.size() != 8) return 0;
  std::uint64_t value = 0;
  for (const char byte : bytes) value = (value << 8) | static_cast<unsigned char>(byte);
  return value;
}

std::string encode_request(const InboundRequest& request) {
  std::string out;
  std::size_t size = 64 + request.method.size() + request.target.size() + request.url.size() +
                     request.remote.size() + request.body.size();
  for (const auto& [name, value] : request.headers) size += 8 + name.size() + value.size();
  out.reserve(size);
  out.push_back(kRowVersion);
  put_time(out, request.received_at);
  put_text(out, request.method);
  put_text(out, request.target);
  put_text(out, request.url);
  put_text(out, request.remote);
  put_number(out, static_cast<std::uint32_t>(request.headers.size()));
  for (const auto& [name, value] : request.headers) {
    put_text(out, name);
    put_text(out, value);
  }
  put_text(out, request.body);
  return out;
}

Result<InboundRequest> decode_request(std::string_view bytes) {
  Reader reader(bytes);
  InboundRequest request;
  request.received_at = reader.time();
  request.method = reader.text();
  request.target = reader.text();
  request.url = reader.text();
  request.remote = reader.text();
  const auto count = reader.number<std::uint32_t>();
  // A header takes at least its two lengths, so a wild count ends the loop at once.
  for (std::uint32_t i = 0; i < count && reader.left() >= 8; ++i) {
    std::string name = reader.text();
    request.headers.emplace_back(std::move(name), reader.text());
  }
  request.body = reader.text();
  return checked(std::move(request), reader, "request");
}

std::string encode_waiting(const WaitingRow& row) {
  std::string out;
  out.push_back(kRowVersion);
  put_time(out, row.received_at);
  put_text(out, row.key);
  if (row.trace) {
    put_text(out, row.trace->traceparent());
    put_text(out, row.trace->state);
  }
  return out;
}

Result<WaitingRow> decode_waiting(std::string_view bytes) {
  Reader reader(bytes);
  WaitingRow row;
  row.received_at = reader.time();
  row.key = reader.text();
  if (reader.left() > 0) {
    const std::string traceparent = reader.text();
    const auto trace = observe::TraceContext::parse(traceparent, reader.text());
    if (trace) row.trace = *trace;
  }
  return checked(std::move(row), reader, "pending");
}

std::string encode_state(const StateRow& row) {
  std::string out;
  out.push_back(kRowVersion);
  out.push_back(static_cast<char>(row.status.state));
  put_time(out, row.status.received_at);
  put_time(out, row.status.started_at);
  put_time(out, row.status.finished_at);
  put_text(out, row.key);
  put_text(out, row.status.reason);
  return out;
}

Result<StateRow> decode_state(std::string_view bytes) {
  Reader reader(bytes);
  StateRow row;
  const auto state = reader.number<std::uint8_t>();
  row.status.state = static_cast<DeliveryState>(state);
  row.status.received_at = reader.time();
  row.status.started_at = reader.time_or_none();
  row.status.finished_at = reader.time_or_none();
  row.key = reader.text();
  row.status.reason = reader.text();
  if (state > static_cast<std::uint8_t>(DeliveryState::kDead)) {
    return Error(ErrorKind::kInternal, "inbox: a state row of an unknown state");
  }
  return checked(std::move(row), reader, "state");
}

}  // namespace gantry::ingress
