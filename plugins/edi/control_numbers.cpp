#include "control_numbers.hpp"

#include <charconv>

namespace gantry::edi {
namespace {

constexpr std::string_view kKey = "control";
constexpr int kAttemptsMax = 100;

std::uint64_t number_of(std::string_view text) {
  if (text.empty()) return 0;
  std::uint64_t last = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), last);
  if (error != std::errc{} || end != text.data() + text.size()) {
    throw sdk::Failure(sdk::Status::kBug, "the last control number in the key-value store is none");
  }
  return last;
}

}  // namespace

std::uint64_t next_control_number(const sdk::Host& host) {
  return number_of(host.kv_get(kKey).first) + 1;
}

std::uint64_t take_control_numbers(const sdk::Host& host, std::uint64_t count) {
  for (int attempt = 0; attempt < kAttemptsMax; ++attempt) {
    auto [text, revision] = host.kv_get(kKey);
    const std::uint64_t last = number_of(text);
    if (last + count > kControlNumberMax) {
      throw sdk::Failure(sdk::Status::kData,
                         "the nine digits of our control numbers are used up; agree on a restart "
                         "with the partners and remove the source's key \"control\"");
    }
    if (host.kv_put(kKey, std::to_string(last + count), revision)) return last + 1;
  }
  throw sdk::Failure(sdk::Status::kTransient, "the control number keeps changing");
}

}  // namespace gantry::edi
