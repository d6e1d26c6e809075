#include "host/net/http_exchange.hpp"

#include <algorithm>
#include <cstring>
#include <string_view>

#include "host/base/assert.hpp"
#include "host/net/retry_after.hpp"

namespace gantry::net {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds kCancelPoll{50};
constexpr std::chrono::hours kTimeoutMax{1};
constexpr std::size_t kHeaderBytesMax = 256U << 10U;

struct FreeList {
  void operator()(curl_slist* list) const noexcept { curl_slist_free_all(list); }
};
using HeaderList = std::unique_ptr<curl_slist, FreeList>;

bool same_name(std::string_view left, std::string_view right) {
  return left.size() == right.size() &&
         std::ranges::equal(left, right, [](unsigned char a, unsigned char b) {
           return std::tolower(a) == std::tolower(b);
         });
}

/// What the callbacks fill while the transfer runs.
struct Receiver {
  HttpResponse response;
  std::uint64_t body_max = 0;
  std::size_t header_bytes = 0;
  bool too_large = false;
  bool progressed = false;
};

std::size_t on_body(char* data, std::size_t, std::size_t size, void* user) {
  auto& receiver = *static_cast<Receiver*>(user);
  if (receiver.response.body.size() + size > receiver.body_max) {
    receiver.too_large = true;
    return 0;  // anything but `size` ends the transfer
  }
  receiver.response.body.append(data, size);
  receiver.progressed = true;
  return size;
}

std::size_t on_header(char* data, std::size_t, std::size_t size, void* user) {
  auto& receiver = *static_cast<Receiver*>(user);
  receiver.progressed = true;
  std::string_view line(data, size);
  while (line.ends_with('\n') || line.ends_with('\r')) line.remove_suffix(1);
  if (line.starts_with("HTTP/")) {  // a 1xx block came before: only the last block is the answer
    receiver.response.headers.clear();
    return size;
  }
  const auto colon = line.find(':');
  if (colon == std::string_view::npos) return size;
  receiver.header_bytes += size;
  if (receiver.header_bytes > kHeaderBytesMax) {
    receiver.too_large = true;
    return 0;
  }
  std::string_view value = line.substr(colon + 1);
  while (value.starts_with(' ') || value.starts_with('\t')) value.remove_prefix(1);
  while (value.ends_with(' ') || value.ends_with('\t')) value.remove_suffix(1);
  receiver.response.headers.emplace_back(line.substr(0, colon), value);
  return size;
}

Result<HeaderList> header_list(const HttpRequest& request) {
  HeaderList list;
  const auto add = [&list](const std::string& line) {
    list.reset(curl_slist_append(list.release(), line.c_str()));
    GANTRY_ASSERT(list != nullptr);
  };
  constexpr std::string_view kToken =
      "!#$%&'*+-.^_`|~0123456789"
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
  bool has_type = false;
  for (const auto& [name, value] : request.headers) {
    if (name.empty() || name.find_first_not_of(kToken) != std::string::npos ||
        value.find_first_of(std::string_view("\r\n\0", 3)) != std::string::npos) {
      return Error{ErrorKind::kInvalid, "a request header has a malformed name or value"};
    }
    // Host would lead past the egress list; the others are the transport's own.
    for (const std::string_view ours : {"host", "content-length", "transfer-encoding", "connection",
                                        "expect", "accept-encoding"}) {
      if (same_name(name, ours)) {
        return Error{ErrorKind::kInvalid, "request header " + name + " is set by the host"};
      }
    }
    has_type = has_type || same_name(name, "content-type");
    add(value.empty() ? name + ';' : name + ": " + value);  // libcurl's spelling of "empty"
  }
  if (!has_type) add("Content-Type:");  // without it libcurl invents a form type for a body
  add("Expect:");
  return list;
}

Error failure(CURLcode code, const Receiver& receiver, const std::string& what,
              const char* detail) {
  if (receiver.too_large) {
    return {ErrorKind::kExhausted, what + ": the answer is larger than allowed (" +
                                       std::to_string(receiver.body_max) + " bytes)"};
  }
  const std::string upstream = detail[0] != '\0' ? detail : curl_easy_strerror(code);
  switch (code) {
    case CURLE_OPERATION_TIMEDOUT:
      return {ErrorKind::kTimeout, what + ": no whole answer in time", upstream};
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
      return {ErrorKind::kUnavailable,
              what +
                  ": its TLS certificate was not accepted; check the clock, the CA bundle and "
                  "the host name",
              upstream};
    case CURLE_COULDNT_RESOLVE_HOST:
      return {ErrorKind::kUnavailable, what + ": its name was not found; check DNS and spelling",
              upstream};
    case CURLE_COULDNT_CONNECT:
      return {ErrorKind::kUnavailable, what + ": nobody answers there", upstream};
    default:
      return {ErrorKind::kUnavailable, what + ": the exchange broke off", upstream};
  }
}

/// libcurl has decoded the body, so these two no longer describe it.
void forget_encoding(HttpResponse& response) {
  const auto encoded = std::ranges::any_of(response.headers, [](const auto& header) {
    return same_name(header.first, "content-encoding");
  });
  if (!encoded) return;
  std::erase_if(response.headers, [](const auto& header) {
    return same_name(header.first, "content-encoding") || same_name(header.first, "content-length");
  });
}

}  // namespace

HttpExchange::HttpExchange(const HttpClientOptions& options)
    : options_(options), multi_(curl_multi_init()), easy_(curl_easy_init()) {
  GANTRY_ASSERT(multi_ && easy_);
}

Result<HttpResponse> HttpExchange::run(const HttpRequest& request, const Url& url, bool repeatable,
                                       const HttpControl& control, Instant now, bool* sent) {
  *sent = false;
  const std::string what = request.method + ' ' + url.shown();
  auto headers = header_list(request);
  if (!headers) return Error{headers.error().kind, what + ": " + headers.error().what};

  Receiver receiver;
  receiver.body_max = request.response_max;
  char detail[CURL_ERROR_SIZE] = "";
  CURL* const easy = easy_.get();
  curl_easy_reset(easy);  // keeps connections and the TLS session cache
  curl_easy_setopt(easy, CURLOPT_CURLU, url.native());
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  // libcurl sends a request again, whatever its method, when a connection that it used before ends
  // without an answer (Curl_retry_request in lib/transfer.c, 7.88). The vendor may have acted on
  // the first: a refresh token would be spent twice.
  curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, repeatable ? 0L : 1L);
  curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(easy, CURLOPT_PROXY, options_.proxy.c_str());
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
  curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
  curl_easy_setopt(easy, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  if (!options_.ca_file.empty()) {
    curl_easy_setopt(easy, CURLOPT_CAINFO, options_.ca_file.c_str());
  }
  curl_easy_setopt(easy, CURLOPT_USERAGENT, options_.user_agent.c_str());
  curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "");
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers->get());
  curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, detail);
  curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
  curl_easy_setopt(easy, CURLOPT_HEADERDATA, &receiver);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, &receiver);
  if (request.method == "HEAD") {
    curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
  } else if (!request.body.empty() || request.method == "POST" || request.method == "PUT" ||
             request.method == "PATCH") {
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request.body.data());
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE,
                     static_cast<curl_off_t>(request.body.size()));
  }
  curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, request.method.c_str());

  const auto started = steady_clock::now();
  auto end =
      started + std::clamp<std::chrono::nanoseconds>(request.timeout, milliseconds{1}, kTimeoutMax);
  if (control.deadline) end = std::min(end, *control.deadline);
  const auto left = std::chrono::duration_cast<milliseconds>(end - started);
  if (left <= milliseconds{0}) {
    return Error{ErrorKind::kTimeout, what + ": no time left for the call"};
  }
  curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, static_cast<long>(left.count()));
  curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS,
                   static_cast<long>(std::min(left, options_.connect_timeout).count()));

  CURLM* const multi = multi_.get();
  struct Attached {
    CURLM* multi;
    CURL* easy;
    ~Attached() { curl_multi_remove_handle(multi, easy); }
  };
  GANTRY_ASSERT(curl_multi_add_handle(multi, easy) == CURLM_OK);
  const Attached attached{multi, easy};

  CURLcode code = CURLE_OK;
  for (int running = 1; running > 0;) {
    if (control.cancelled && control.cancelled()) {
      return Error{ErrorKind::kCancelled, what + ": cancelled"};
    }
    if (curl_multi_perform(multi, &running) != CURLM_OK) {
      return Error{ErrorKind::kInternal, what + ": libcurl refused to go on"};
    }
    if (receiver.progressed && control.progress) control.progress();
    receiver.progressed = false;
    if (running > 0) {
      curl_multi_poll(multi, nullptr, 0, static_cast<int>(kCancelPoll.count()), nullptr);
    }
  }
  int queued = 0;
  while (const CURLMsg* message = curl_multi_info_read(multi, &queued)) {
    if (message->msg == CURLMSG_DONE) code = message->data.result;
  }
  curl_off_t connected_us = 0;
  curl_easy_getinfo(easy, CURLINFO_PRETRANSFER_TIME_T, &connected_us);
  *sent = connected_us > 0;
  if (code != CURLE_OK) return failure(code, receiver, what, detail);

  long status = 0;
  curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
  receiver.response.status = static_cast<unsigned>(status);
  for (const auto& [name, value] : receiver.response.headers) {
    if (same_name(name, "retry-after")) {
      receiver.response.retry_after = parse_retry_after(value, now);
    }
  }
  forget_encoding(receiver.response);
  return std::move(receiver.response);
}

}  // namespace gantry::net
