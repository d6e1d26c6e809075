#include "memory.hpp"

#include <utility>

#include "text.hpp"

namespace gantry::edi {
namespace {

constexpr std::size_t kBucketMax = 60 * 1024;  // The store's values end at 64 KiB.
constexpr std::size_t kRoomAfter = 45 * 1024;
constexpr int kAttemptsMax = 100;

/// 64 names: the second digit without its lower two bits.
std::string bucket_name(std::string_view id) {
  return {id[0], "048c"[hex_number(id.substr(1, 1)) >> 2]};
}

}  // namespace

void Memory::Bucket::read(std::string_view lines) {
  text.clear();
  places.clear();
  while (!lines.empty()) add(take_until(lines, '\n'));
}

void Memory::Bucket::add(std::string_view line) {
  places[hex_number(line.substr(0, line.find(' ')))] = text.size();
  text += line;
  text += '\n';
}

void Memory::Bucket::make_room() {
  if (text.size() <= kBucketMax) return;
  const std::string old = std::exchange(text, {});
  const auto before = std::exchange(places, {});
  std::size_t live = 0;
  const auto each_live = [&](const auto& visit) {
    for (std::size_t at = 0; at < old.size();) {
      std::string_view rest = std::string_view(old).substr(at);
      const std::string_view line = take_until(rest, '\n');
      if (before.at(hex_number(line.substr(0, line.find(' ')))) == at) visit(line);
      at += line.size() + 1;
    }
  };
  each_live([&](std::string_view line) { live += line.size() + 1; });
  each_live([&](std::string_view line) {
    if (live <= kRoomAfter) add(line);
    live -= live <= kRoomAfter ? 0 : line.size() + 1;
  });
}

Memory::Bucket& Memory::bucket_of(std::string_view id) {
  const std::string name = bucket_name(id);
  const auto found = buckets_.find(name);
  if (found != buckets_.end()) return found->second;
  auto [text, revision] = host_.kv_get(key_of(name));
  Bucket& bucket = buckets_[name];
  bucket.read(text);
  bucket.revision = revision;
  return bucket;
}

std::optional<std::string> Memory::get(std::string_view id) {
  const Bucket& bucket = bucket_of(id);
  const auto found = bucket.places.find(hex_number(id));
  if (found == bucket.places.end()) return std::nullopt;
  std::string_view rest = std::string_view(bucket.text).substr(found->second);
  std::string_view line = take_until(rest, '\n');
  take_until(line, ' ');
  return std::string(line);
}

void Memory::put(std::string_view id, std::string_view value) {
  Bucket& bucket = bucket_of(id);
  std::string line(id);
  line += ' ';
  line += value;
  bucket.add(line);
  bucket.changes += line;
  bucket.changes += '\n';
}

void Memory::flush() {
  for (auto& [name, bucket] : buckets_) {
    for (int attempt = 0; !bucket.changes.empty(); ++attempt) {
      bucket.make_room();
      if (host_.kv_put(key_of(name), bucket.text, bucket.revision)) {
        bucket.changes.clear();
        break;
      }
      if (attempt == kAttemptsMax) {
        throw sdk::Failure(sdk::Status::kTransient,
                           "the key-value store keeps changing: " + prefix_);
      }
      auto [text, revision] = host_.kv_get(key_of(name));
      bucket.read(text);
      bucket.revision = revision;
      for (std::string_view lines = bucket.changes; !lines.empty();) {
        bucket.add(take_until(lines, '\n'));
      }
    }
  }
}

}  // namespace gantry::edi
