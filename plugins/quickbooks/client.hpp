#pragma once

#include <gantry/sdk/host.hpp>
#include <gantry/sdk/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "settings.hpp"
#include "tokens.hpp"

namespace gantry::quickbooks {

/// An answer of the accounting API: its text, and the same read.
struct Answer {
  std::string body;
  sdk::Json json;
};

/// The accounting API of one company. Throws as fault_of says; a token that ran out is refreshed
/// once. [blocking]
class Client {
 public:
  Client(const sdk::Host& host, const Settings& settings, const Tokens& tokens)
      : host_(host), settings_(settings), tokens_(tokens) {}

  /// What changed since a UTC time, in one answer of at most 1,000 objects.
  Answer changes(const sdk::Call& call, const std::vector<std::string>& entities,
                 std::string_view since) const;
  Answer query(const sdk::Call& call, std::string_view statement) const;
  /// One object; kNotFound where it is deleted.
  Answer object(const sdk::Call& call, std::string_view entity, std::string_view id) const;
  /// The company's own data with a token that is there already, for check.
  Answer company(const sdk::Call& call, std::string_view token) const;

 private:
  using Fields = std::vector<std::pair<std::string, std::string>>;
  Answer get(const sdk::Call& call, std::string_view doing, const std::string& path,
             const Fields& fields) const;
  Answer send(const sdk::Call& call, std::string_view doing, const std::string& url,
              std::string_view token) const;
  std::string url(const std::string& path, const Fields& fields) const;

  const sdk::Host& host_;
  const Settings& settings_;
  const Tokens& tokens_;
};

}  // namespace gantry::quickbooks
