#include "tenders.hpp"

#include <algorithm>
#include <gantry/sdk/text.hpp>
#include <vector>

#include "text.hpp"

namespace gantry::edi {
namespace {

constexpr std::size_t kIdBytes = 8;
constexpr std::size_t kKeysMax = 16;
constexpr char kSeparator = '\x1f';

/// What is remembered of a tender: "!VERSION" once it was cancelled, and its documents' keys.
struct Tender {
  std::int64_t cancelled_at = 0;
  std::vector<std::string> keys;

  explicit Tender(std::string_view text) {
    while (!text.empty()) {
      const std::string_view entry = take_until(text, kSeparator);
      if (entry.starts_with('!')) {
        cancelled_at = static_cast<std::int64_t>(number_in(entry.substr(1)));
      } else if (!entry.empty()) {
        keys.emplace_back(entry);
      }
    }
  }
  std::string text() const {
    std::string all;
    if (cancelled_at > 0) all = '!' + std::to_string(cancelled_at);
    for (const std::string& key : keys) {
      if (!all.empty()) all += kSeparator;
      all += key;
    }
    return all;
  }
};

}  // namespace

bool Tenders::follow(sdk::Record& record, std::string_view business_key, bool cancels,
                     const Interchange& interchange, sdk::Sink& sink) {
  const auto digest = host_.digest(sdk::Hash::kSha256, {interchange.sender_qualifier, "|",
                                                        interchange.sender, "|", business_key});
  const std::string id = sdk::to_hex(digest.view().substr(0, kIdBytes));
  Tender tender(memory_.get(id).value_or(""));
  if (cancels) {
    for (const std::string& key : tender.keys) {
      if (key == record.key) continue;
      sdk::Record gone = record;
      gone.key = key;
      if (!sink.emit(gone)) return false;
    }
    tender.cancelled_at = std::max(tender.cancelled_at, record.version);
  } else if (record.version < tender.cancelled_at) {
    record.tombstone = true;  // It arrives after the cancellation that was sent after it.
  }
  if (std::find(tender.keys.begin(), tender.keys.end(), record.key) == tender.keys.end()) {
    tender.keys.push_back(record.key);
  }
  if (tender.keys.size() > kKeysMax) tender.keys.erase(tender.keys.begin());
  memory_.put(id, tender.text());
  return true;
}

}  // namespace gantry::edi
