#pragma once

#include <cstdint>
#include <gantry/sdk/host.hpp>
#include <gantry/sdk/json.hpp>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "client.hpp"

namespace gantry::plaid {

/// The public half of one of Plaid's webhook keys.
struct Key {
  std::string x, y;                ///< 32 bytes each.
  std::int64_t expired_at_ns = 0;  ///< 0: in use.
  std::int64_t fetched_at_ns = 0;
};

/// The keys that webhooks are verified with. verify may not call anybody, so that it takes a key
/// from here or refuses the webhook and notes the kid; the poller fetches what was noted (Plaid
/// sends the webhook again). Known keys survive a restart in the source's kv.
/// See docs/decisions/0097.
class KeyRing {
 public:
  /// Reads what was kept. A kv that fails leaves the ring empty: keys are fetched anew.
  explicit KeyRing(const sdk::Host& host);

  /// The key, or nothing; then the kid is wanted, if it looks like one and room is left. At most 8
  /// are wanted at once, because anybody can send a kid. [concurrent]
  std::optional<Key> find(std::string_view kid);
  /// Fetches what is wanted and looks again, once a day and with every new kid, whether a known key
  /// expired. An unknown kid is not asked for again within an hour. Failures are logged: the poll
  /// goes on without. [blocking]
  void refresh(const Client& client, const sdk::Call& call);

 private:
  void fetch(const Client& client, const sdk::Call& call, const std::string& kid);
  void keep();

  const sdk::Host host_;
  std::mutex mutex_;
  std::map<std::string, Key, std::less<>> keys_;
  std::map<std::string, std::int64_t, std::less<>> unknown_until_ns_;
  std::set<std::string, std::less<>> wanted_;
};

/// Reads a JWK of Plaid's. Nothing unless it is a P-256 signature key named `kid`.
std::optional<Key> read_key(const sdk::Json& jwk, std::string_view kid);

}  // namespace gantry::plaid
