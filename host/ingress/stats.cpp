#include "host/ingress/stats.hpp"

#include <algorithm>

namespace gantry::ingress {
namespace {

constexpr std::size_t kReasonsMax = 32;
constexpr std::size_t kReasonBytesMax = 32;

bool is_word(std::string_view text) {
  return !text.empty() && text.size() <= kReasonBytesMax &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
         });
}

}  // namespace

void IngressStats::accept(std::string_view source, bool is_duplicate) {
  ++(is_duplicate ? duplicate : accepted);
  const std::lock_guard lock(mutex_);
  SourceCounts& counts = sources_[std::string(source)];
  ++(is_duplicate ? counts.duplicate : counts.accepted);
}

void IngressStats::reply(std::string_view source) {
  ++replied;
  const std::lock_guard lock(mutex_);
  ++sources_[std::string(source)].replied;
}

void IngressStats::fail(std::string_view source) {
  ++unavailable;
  const std::lock_guard lock(mutex_);
  ++sources_[std::string(source)].unavailable;
}

void IngressStats::reject(std::string_view source, std::string_view reason) {
  ++rejected;
  const std::lock_guard lock(mutex_);
  ++sources_[std::string(source)].rejected;
  auto row = is_word(reason) ? reasons_.find(reason) : reasons_.end();
  if (row == reasons_.end()) {
    const bool keep = is_word(reason) && reasons_.size() < kReasonsMax;
    row = reasons_.try_emplace(std::string(keep ? reason : "other"), 0).first;
  }
  ++row->second;
}

std::map<std::string, std::uint64_t> IngressStats::rejected_by_reason() const {
  const std::lock_guard lock(mutex_);
  return {reasons_.begin(), reasons_.end()};
}

std::map<std::string, SourceCounts> IngressStats::by_source() const {
  const std::lock_guard lock(mutex_);
  return {sources_.begin(), sources_.end()};
}

}  // namespace gantry::ingress
