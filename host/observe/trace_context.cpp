#include "host/observe/trace_context.hpp"

#include <algorithm>
#include <cstring>
#include <random>
#include <set>

#include "host/base/digest.hpp"
#include "host/base/encoding.hpp"

namespace gantry::observe {
namespace {

constexpr std::string_view kLowerHex = "0123456789abcdef";
constexpr std::size_t kVersion00Bytes = 55;
constexpr std::size_t kStateMembersMax = 32;
constexpr std::size_t kStateBytesMax = 512;

template <std::size_t N>
bool read_id(std::string_view hex, std::array<std::uint8_t, N>& id) {
  if (hex.size() != 2 * N || hex.find_first_not_of(kLowerHex) != std::string_view::npos) {
    return false;
  }
  const auto bytes = from_hex(hex);
  if (!bytes) return false;
  std::memcpy(id.data(), bytes->data(), N);
  return std::ranges::any_of(id, [](std::uint8_t byte) { return byte != 0; });
}

template <std::size_t N>
std::string hex(const std::array<std::uint8_t, N>& id) {
  return to_hex({reinterpret_cast<const char*>(id.data()), N});
}

std::string_view trimmed(std::string_view text) {
  while (text.starts_with(' ') || text.starts_with('\t')) text.remove_prefix(1);
  while (text.ends_with(' ') || text.ends_with('\t')) text.remove_suffix(1);
  return text;
}

/// key and value of section 3.3.1.3.
bool is_member(std::string_view member) {
  const auto equals = member.find('=');
  if (equals == 0 || equals == std::string_view::npos || equals > 256) return false;
  const std::string_view key = member.substr(0, equals);
  const std::string_view value = member.substr(equals + 1);
  constexpr std::string_view kFirst = "abcdefghijklmnopqrstuvwxyz0123456789";
  if (kFirst.find(key.front()) == std::string_view::npos ||
      key.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_-*/@") !=
          std::string_view::npos) {
    return false;
  }
  return !value.empty() && value.size() <= 256 && std::ranges::all_of(value, [](unsigned char c) {
    return c >= 0x20 && c <= 0x7e && c != ',' && c != '=';
  });
}

bool is_state(std::string_view text) {
  if (text.size() > kStateBytesMax) return false;
  std::set<std::string_view> keys;
  while (!text.empty()) {
    const auto comma = text.find(',');
    const auto member = trimmed(text.substr(0, comma));
    text.remove_prefix(comma == std::string_view::npos ? text.size() : comma + 1);
    if (member.empty()) continue;
    if (!is_member(member) || !keys.insert(member.substr(0, member.find('='))).second) return false;
  }
  return keys.size() <= kStateMembersMax;
}

template <class Id>
Id derive(std::string_view kind, std::string_view seed) {
  std::string text(kind);
  text += seed;
  const std::string digest = sha256(text);
  Id id;
  std::memcpy(id.data(), digest.data(), id.size());
  id.back() |= 1;  // all zeros is no id
  return id;
}

template <class Id>
Id random_id() {
  // Ids are to differ, not to be secret: one generator per thread, seeded by the system.
  thread_local std::mt19937_64 generator = [] {
    const std::string bytes = random_bytes(8);
    std::uint64_t seed = 0;
    std::memcpy(&seed, bytes.data(), sizeof seed);
    return std::mt19937_64(seed);
  }();
  Id id;
  for (std::size_t at = 0; at < id.size(); at += sizeof(std::uint64_t)) {
    const std::uint64_t word = generator();
    std::memcpy(id.data() + at, &word, sizeof word);
  }
  id.front() |= id == Id{} ? 1 : 0;
  return id;
}

}  // namespace

Result<TraceContext> TraceContext::parse(std::string_view traceparent,
                                         std::string_view tracestate) {
  const Error refused{ErrorKind::kInvalid, "no W3C traceparent: want 00-<32 hex>-<16 hex>-<2 hex>"};
  const std::string_view version = traceparent.substr(0, 2);
  if (traceparent.size() < kVersion00Bytes || version == "ff" ||
      version.find_first_not_of(kLowerHex) != std::string_view::npos) {
    return refused;
  }
  if (version == "00" ? traceparent.size() != kVersion00Bytes
                      : traceparent.size() > kVersion00Bytes && traceparent[55] != '-') {
    return refused;
  }
  const std::string_view flags = traceparent.substr(53, 2);
  TraceContext context;
  if (traceparent[2] != '-' || traceparent[35] != '-' || traceparent[52] != '-' ||
      !read_id(traceparent.substr(3, 32), context.trace_id) ||
      !read_id(traceparent.substr(36, 16), context.span_id) ||
      flags.find_first_not_of(kLowerHex) != std::string_view::npos) {
    return refused;
  }
  context.sampled = kLowerHex.find(flags[1]) % 2 == 1;
  if (is_state(tracestate)) context.state = trimmed(tracestate);
  return context;
}

std::string TraceContext::traceparent() const {
  return "00-" + trace_hex() + '-' + span_hex() + (sampled ? "-01" : "-00");
}
std::string TraceContext::trace_hex() const { return hex(trace_id); }
std::string TraceContext::span_hex() const { return hex(span_id); }

TraceId derive_trace_id(std::string_view seed) { return derive<TraceId>("trace:", seed); }
SpanId derive_span_id(std::string_view seed) { return derive<SpanId>("span:", seed); }
TraceId random_trace_id() { return random_id<TraceId>(); }
SpanId random_span_id() { return random_id<SpanId>(); }

}  // namespace gantry::observe
