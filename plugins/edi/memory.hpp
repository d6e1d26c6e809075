#pragma once

#include <gantry/sdk/host.hpp>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace gantry::edi {

/// A bounded, durable map of this source: 64 buckets of 60 KiB in the host's key-value store,
/// because the store takes 10,000 keys a source and a partner sends more interchanges than that. A
/// full bucket forgets its oldest entries. Changes stay here until flush, which merges them with
/// what another file of the same source wrote meanwhile. [blocking], one thread.
class Memory {
 public:
  Memory(const sdk::Host& host, std::string_view prefix) : host_(host), prefix_(prefix) {}

  /// `id` is lower-case hexadecimal of at least 16 digits; the first two choose the bucket.
  std::optional<std::string> get(std::string_view id);
  /// `value` holds no line end.
  void put(std::string_view id, std::string_view value);
  /// Writes what changed; throws Failure where the store fails.
  void flush();

 private:
  /// Lines "id value", as they are stored: the last one of an id counts.
  struct Bucket {
    std::string text;
    std::unordered_map<std::uint64_t, std::size_t> places;  ///< Of an id's last line.
    std::string changes;                                    ///< Lines that are not stored yet.
    std::uint64_t revision = 0;

    void read(std::string_view lines);
    void add(std::string_view line);
    /// Takes replaced lines away, then old ones, until there is room again.
    void make_room();
  };
  Bucket& bucket_of(std::string_view id);
  std::string key_of(std::string_view bucket) const { return prefix_ + '/' + std::string(bucket); }

  const sdk::Host host_;
  const std::string prefix_;
  std::map<std::string, Bucket, std::less<>> buckets_;
};

}  // namespace gantry::edi
