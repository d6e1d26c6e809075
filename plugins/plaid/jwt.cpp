#include "jwt.hpp"

#include <gantry/sdk/json.hpp>
#include <gantry/sdk/text.hpp>

namespace gantry::plaid {
namespace {

constexpr std::size_t kTokenMax = 8192;

std::optional<sdk::Json> read_part(std::string_view part) {
  const auto text = sdk::from_base64url(part);
  if (!text) return std::nullopt;
  sdk::Json json = sdk::Json::parse_or_null(*text);
  if (json.is_object()) return json;
  return std::nullopt;
}

}  // namespace

std::optional<Token> read_token(std::string_view text) {
  if (text.size() > kTokenMax) return std::nullopt;
  const auto first = text.find('.');
  const auto second = first == text.npos ? text.npos : text.find('.', first + 1);
  if (second == text.npos || text.find('.', second + 1) != text.npos) return std::nullopt;
  const auto header = read_part(text.substr(0, first));
  const auto claims = read_part(text.substr(first + 1, second - first - 1));
  auto signature = sdk::from_base64url(text.substr(second + 1));
  if (!header || !claims || !signature || !(*header)["crit"].is_null()) return std::nullopt;
  if (!(*header)["alg"].is_string() || !(*claims)["iat"].is_number()) return std::nullopt;
  Token token;
  token.algorithm = (*header)["alg"].text();
  token.kid = (*header)["kid"].text();
  token.issued_at = (*claims)["iat"].text();
  token.body_sha256 = (*claims)["request_body_sha256"].text();
  token.signed_part = text.substr(0, second);
  token.signature = std::move(*signature);
  return token;
}

}  // namespace gantry::plaid
