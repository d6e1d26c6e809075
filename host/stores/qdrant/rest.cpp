#include "host/stores/qdrant/rest.hpp"

#include <nlohmann/json.hpp>

#include "host/base/digest.hpp"
#include "host/base/encoding.hpp"
#include "host/stores/qdrant/qdrant_index.hpp"

namespace gantry::stores::qdrant {
namespace {

constexpr std::uint64_t kAnswerBytesMax = 256U << 20U;

Error refused(const std::string& what, unsigned status, std::string words) {
  switch (status) {
    case 401:
    case 403:
      return {ErrorKind::kDenied, what + ": refused; check the API key", std::move(words)};
    case 404:
      return {ErrorKind::kNotFound, what + ": there is no such collection", std::move(words)};
    case 409:
      return {ErrorKind::kConflict, what + ": it exists already", std::move(words)};
    case 400:
    case 413:
    case 422:
      return {ErrorKind::kInternal, what + ": the request was refused", std::move(words)};
    default:
      return {ErrorKind::kUnavailable,
              what + ": the server cannot serve this now (" + std::to_string(status) + ")",
              std::move(words)};
  }
}

/// {"status": {"error": "…"}}, as every refusal has it.
std::string words_of(const Json& body) {
  if (!body.is_object() || !body.contains("status")) return {};
  return text_at(body["status"], "error").value_or("");
}

}  // namespace

std::string uuid_of(std::string_view name) {
  std::string bytes = sha256(name).substr(0, 16);
  bytes[6] = static_cast<char>((static_cast<unsigned char>(bytes[6]) & 0x0FU) | 0x80U);
  bytes[8] = static_cast<char>((static_cast<unsigned char>(bytes[8]) & 0x3FU) | 0x80U);
  std::string out = to_hex(bytes);
  for (const std::size_t at : {20U, 16U, 12U, 8U}) out.insert(at, 1, '-');
  return out;
}

Result<std::unique_ptr<Rest>> Rest::open(const QdrantOptions& options) {
  auto address = HttpAddress::parse("the vector index's URL", options.url);
  if (!address) return address.error();
  return std::unique_ptr<Rest>(new Rest(options, std::move(*address)));
}

Rest::Rest(const QdrantOptions& options, HttpAddress address)
    : base_(std::move(address.base)),
      secret_(options.secret),
      timeout_(options.timeout),
      egress_(std::move(address.egress)),
      http_({{}, options.ca_file, {}, options.connect_timeout}) {}

Result<Json> Rest::exchange(const char* method, const std::string& path, const Json& body,
                            const CallOptions& options) const {
  net::HttpRequest request;
  request.method = method;
  request.url = base_ + path;
  request.headers = {{"Content-Type", "application/json"}};
  if (!secret_.empty()) request.headers.emplace_back("api-key", secret_);
  if (!body.is_null()) request.body = dump_json(body);
  request.timeout = timeout_;
  request.response_max = kAnswerBytesMax;
  // All that is sent here may be sent again: ids are the same, and the ledger has its condition.
  const net::HttpRetry keep_connections{.repeat_any_method = true};
  auto response =
      http_.send(request, egress_, {options.cancelled, {}, options.deadline}, keep_connections);
  if (!response) return response.error();
  const std::string what = std::string(method) + ' ' + base_ + path.substr(0, path.find('?'));
  auto answer = parse_json(response->body);
  if (response->status / 100 != 2) {
    return refused(what, response->status, answer ? words_of(*answer) : "");
  }
  if (!answer || !answer->is_object()) {
    return Error{ErrorKind::kUnavailable, what + ": the answer is not Qdrant's; check the URL"};
  }
  return std::move(*answer);
}

Result<Json> Rest::call(const char* method, const std::string& path, const Json& body,
                        const CallOptions& options) const {
  auto answer = exchange(method, path, body, options);
  if (!answer) return answer.error();
  return std::move((*answer)["result"]);
}

Result<std::string> Rest::version(const CallOptions& options) const {
  auto answer = exchange("GET", "/", {}, options);
  if (!answer && answer.error().kind == ErrorKind::kNotFound) return std::string();
  if (!answer) return answer.error();
  return text_at(*answer, "version").value_or("");
}

Error unexpected(std::string upstream) {
  return {ErrorKind::kUnavailable, "the vector index's answer has an unexpected form",
          std::move(upstream)};
}

}  // namespace gantry::stores::qdrant
