#include "host/observe/otlp.hpp"

#include <bit>
#include <optional>

#include "host/base/encoding.hpp"

namespace gantry::observe::otlp {
namespace {

/// Protobuf's wire format (https://protobuf.dev/programming-guides/encoding/).
enum class Wire : std::uint8_t { kVarint = 0, kFixed64 = 1, kBytes = 2, kFixed32 = 5 };

class Message {
 public:
  void varint(int field, std::uint64_t value) {
    tag(field, Wire::kVarint);
    raw(value);
  }
  void fixed64(int field, std::uint64_t value) {
    tag(field, Wire::kFixed64);
    little(value, 8);
  }
  void fixed32(int field, std::uint32_t value) {
    tag(field, Wire::kFixed32);
    little(value, 4);
  }
  void bytes(int field, std::string_view value) {
    tag(field, Wire::kBytes);
    raw(value.size());
    out_ += value;
  }
  template <std::size_t N>
  void id(int field, const std::array<std::uint8_t, N>& value) {
    bytes(field, {reinterpret_cast<const char*>(value.data()), N});
  }
  /// Absent where empty, as proto3 has it.
  void text(int field, std::string_view value) {
    if (!value.empty()) bytes(field, is_utf8(value) ? std::string(value) : escape_control(value));
  }
  void message(int field, const Message& value) { bytes(field, value.out_); }
  std::string take() { return std::move(out_); }

 private:
  void tag(int field, Wire wire) {
    raw(static_cast<std::uint64_t>(field) << 3U | static_cast<std::uint8_t>(wire));
  }
  void raw(std::uint64_t value) {
    for (; value >= 0x80; value >>= 7U) out_ += static_cast<char>(value | 0x80U);
    out_ += static_cast<char>(value);
  }
  void little(std::uint64_t value, int size) {
    for (int i = 0; i < size; ++i, value >>= 8U) out_ += static_cast<char>(value);
  }

  std::string out_;
};

Message any_value(const SpanRecord::Value& value) {
  Message out;
  struct Writer {
    Message& out;
    // A oneof is written also where it holds its default.
    void operator()(const std::string& text) const {
      out.bytes(1, is_utf8(text) ? text : escape_control(text));
    }
    void operator()(bool flag) const { out.varint(2, flag ? 1 : 0); }
    void operator()(std::int64_t number) const {
      out.varint(3, static_cast<std::uint64_t>(number));
    }
    void operator()(double number) const { out.fixed64(4, std::bit_cast<std::uint64_t>(number)); }
  };
  std::visit(Writer{out}, value);
  return out;
}

Message key_value(std::string_view key, const SpanRecord::Value& value) {
  Message out;
  out.text(1, key);
  out.message(2, any_value(value));
  return out;
}

std::uint64_t unix_nanos(Instant at) {
  return static_cast<std::uint64_t>(at.time_since_epoch().count());
}

std::uint32_t flags_of(const TraceContext& context) { return context.sampled ? 1 : 0; }

Message span_message(const SpanRecord& span) {
  constexpr std::uint64_t kStatusError = 2;
  Message out;
  out.id(1, span.context.trace_id);
  out.id(2, span.context.span_id);
  out.text(3, span.context.state);
  if (span.parent) out.id(4, *span.parent);
  out.text(5, span.name);
  out.varint(6, static_cast<std::uint64_t>(span.kind));
  out.fixed64(7, unix_nanos(span.begun_at));
  out.fixed64(8, unix_nanos(span.ended_at));
  for (const auto& [name, value] : span.attributes) out.message(9, key_value(name, value));
  if (span.link) {
    Message link;
    link.id(1, span.link->trace_id);
    link.id(2, span.link->span_id);
    link.text(3, span.link->state);
    link.fixed32(6, flags_of(*span.link));
    out.message(13, link);
  }
  if (span.failure) {
    Message status;
    status.text(2, *span.failure);
    status.varint(3, kStatusError);
    out.message(15, status);
  }
  out.fixed32(16, flags_of(span.context));
  return out;
}

/// Takes fields off the front of a message; empty where it ends or is none.
class Fields {
 public:
  explicit Fields(std::string_view rest) : rest_(rest) {}

  struct Field {
    std::uint64_t number = 0;
    std::uint64_t value = 0;      // kVarint
    std::string_view bytes = {};  // kBytes
  };
  std::optional<Field> next() {
    const auto tag = varint();
    if (!tag) return std::nullopt;
    Field field{.number = *tag >> 3U};
    switch (static_cast<Wire>(*tag & 7U)) {
      case Wire::kVarint: {
        const auto value = varint();
        if (!value) return std::nullopt;
        field.value = *value;
        return field;
      }
      case Wire::kBytes: {
        const auto size = varint();
        if (!size || *size > rest_.size()) return std::nullopt;
        field.bytes = rest_.substr(0, *size);
        rest_.remove_prefix(*size);
        return field;
      }
      case Wire::kFixed64:
      case Wire::kFixed32:
        break;
    }
    return std::nullopt;
  }

 private:
  std::optional<std::uint64_t> varint() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64 && !rest_.empty(); shift += 7) {
      const auto byte = static_cast<unsigned char>(rest_.front());
      rest_.remove_prefix(1);
      value |= static_cast<std::uint64_t>(byte & 0x7fU) << shift;
      if (byte < 0x80) return value;
    }
    return std::nullopt;
  }

  std::string_view rest_;
};

}  // namespace

std::string encode(const Resource& resource, std::span<const SpanRecord> spans) {
  Message who;
  const auto add = [&who](std::string_view key, const std::string& value) {
    if (!value.empty()) who.message(1, key_value(key, value));
  };
  add("service.name", resource.service);
  add("service.version", resource.version);
  add("service.instance.id", resource.instance);
  add("host.name", resource.host);

  Message scope;
  scope.text(1, resource.service);
  scope.text(2, resource.version);
  Message scope_spans;
  scope_spans.message(1, scope);
  for (const SpanRecord& span : spans) scope_spans.message(2, span_message(span));

  Message resource_spans;
  resource_spans.message(1, who);
  resource_spans.message(2, scope_spans);
  Message request;
  request.message(1, resource_spans);
  return request.take();
}

Rejected rejected_by(std::string_view answer) {
  Rejected rejected;
  Fields response(answer);
  while (const auto partial = response.next()) {
    if (partial->number != 1) continue;
    Fields inside(partial->bytes);
    while (const auto field = inside.next()) {
      if (field->number == 1) rejected.spans = field->value;
      if (field->number == 2) rejected.reason = escape_control(field->bytes.substr(0, 500));
    }
  }
  return rejected;
}

}  // namespace gantry::observe::otlp
