#include "host/cli/admin_client.hpp"

#include <curl/curl.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <utility>

namespace gantry::cli {
namespace {

constexpr long kConnectSeconds = 10;
constexpr long kWholeSeconds = 60;
constexpr std::size_t kAnswerBytesMax = std::size_t{64} << 20;

std::size_t take_body(const char* data, std::size_t size, std::size_t count, void* target) {
  auto& body = *static_cast<std::string*>(target);
  if (body.size() + size * count > kAnswerBytesMax) return 0;
  body.append(data, size * count);
  return size * count;
}

int tell_progress(void* target, curl_off_t, curl_off_t, curl_off_t, curl_off_t sent) {
  (*static_cast<const std::function<void(std::uint64_t)>*>(target))(
      static_cast<std::uint64_t>(sent));
  return 0;
}

}  // namespace

std::string percent_encoded(std::string_view text) {
  constexpr char kHex[] = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '.' || c == '_' || c == '~';
    if (plain) {
      out += c;
    } else {
      out += '%';
      out += kHex[byte >> 4];
      out += kHex[byte & 15];
    }
  }
  return out;
}

std::string with_query(
    std::string path,
    std::initializer_list<std::pair<std::string_view, std::string_view>> parameters) {
  char joint = '?';
  for (const auto& [name, value] : parameters) {
    if (value.empty()) continue;
    path.append(1, std::exchange(joint, '&')).append(name).append("=") += percent_encoded(value);
  }
  return path;
}

Result<HttpAnswer> http_exchange(const std::string& method, const std::string& url,
                                 const std::vector<std::pair<std::string, std::string>>& headers,
                                 std::string_view body,
                                 const std::function<void(std::uint64_t)>& progress) {
  const std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> curl(curl_easy_init(),
                                                                 curl_easy_cleanup);
  if (!curl) return Error{ErrorKind::kInternal, "libcurl did not start"};
  curl_slist* list = nullptr;
  for (const auto& [name, value] : headers) {
    list = curl_slist_append(list, (name + ": " + value).c_str());
  }
  list = curl_slist_append(list, "Expect:");  // Or a large body would wait a second for a 100.
  const std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)> owned(list,
                                                                          curl_slist_free_all);
  HttpAnswer answer;
  char reason[CURL_ERROR_SIZE] = "";
  curl_easy_setopt(curl.get(), CURLOPT_URL, url.c_str());
  curl_easy_setopt(curl.get(), CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(curl.get(), CURLOPT_PROXY, "");
  curl_easy_setopt(curl.get(), CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl.get(), CURLOPT_CONNECTTIMEOUT, kConnectSeconds);
  curl_easy_setopt(curl.get(), CURLOPT_TIMEOUT, kWholeSeconds);
  curl_easy_setopt(curl.get(), CURLOPT_ERRORBUFFER, reason);
  curl_easy_setopt(curl.get(), CURLOPT_HTTPHEADER, list);
  curl_easy_setopt(curl.get(), CURLOPT_WRITEFUNCTION, take_body);
  curl_easy_setopt(curl.get(), CURLOPT_WRITEDATA, &answer.body);
  if (method == "POST") {
    curl_easy_setopt(curl.get(), CURLOPT_POST, 1L);
    // NOLINTNEXTLINE(bugprone-suspicious-stringview-data-usage): the size goes with it.
    curl_easy_setopt(curl.get(), CURLOPT_POSTFIELDS, body.data());
    curl_easy_setopt(curl.get(), CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body.size()));
  } else {
    curl_easy_setopt(curl.get(), CURLOPT_CUSTOMREQUEST, method.c_str());
  }
  if (progress) {
    curl_easy_setopt(curl.get(), CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(curl.get(), CURLOPT_XFERINFOFUNCTION, tell_progress);
    curl_easy_setopt(curl.get(), CURLOPT_XFERINFODATA, &progress);
  }
  const CURLcode code = curl_easy_perform(curl.get());
  if (code != CURLE_OK) {
    const ErrorKind kind =
        code == CURLE_OPERATION_TIMEDOUT ? ErrorKind::kTimeout : ErrorKind::kUnavailable;
    return Error{kind, "no answer from " + url.substr(0, url.find('?')),
                 reason[0] != '\0' ? reason : curl_easy_strerror(code)};
  }
  curl_easy_getinfo(curl.get(), CURLINFO_RESPONSE_CODE, &answer.status);
  const char* type = nullptr;
  curl_easy_getinfo(curl.get(), CURLINFO_CONTENT_TYPE, &type);
  if (type != nullptr) answer.content_type = type;
  return answer;
}

Result<Json> AdminClient::get(const std::string& path) const {
  return read(http_exchange("GET", url_ + path, {}, {}), path);
}

Result<Json> AdminClient::post(const std::string& path, const std::string& content_type,
                               std::string_view body,
                               const std::function<void(std::uint64_t)>& progress) const {
  return read(http_exchange("POST", url_ + path, {{"Content-Type", content_type}}, body, progress),
              path);
}

Error no_host(Error error, const std::string& url) {
  if (error.kind != ErrorKind::kUnavailable) return error;
  error.what = "no host answers on " + url +
               "; start one with `gantry run`, or name its address with --admin";
  return error;
}

Result<Json> AdminClient::read(const Result<HttpAnswer>& answer, const std::string& path) const {
  if (!answer) return no_host(answer.error(), url_);
  Result<Json> json = parse_json(answer->body);
  if (answer->status >= 200 && answer->status < 300) {
    if (json) return json;
    return Error{ErrorKind::kInvalid, "the answer of " + url_ + " to " +
                                          path.substr(0, path.find('?')) +
                                          " is no JSON; is that the admin address?"};
  }
  const ErrorKind kind = answer->status == 404   ? ErrorKind::kNotFound
                         : answer->status == 400 ? ErrorKind::kInvalid
                         : answer->status == 503 ? ErrorKind::kUnavailable
                                                 : ErrorKind::kInternal;
  std::string words;
  if (json && json->is_object() && json->contains("error")) {
    words = text_at((*json)["error"], "message").value_or("");
  }
  return Error{kind, url_ + " answered " + std::to_string(answer->status), words};
}

}  // namespace gantry::cli
