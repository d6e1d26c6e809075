#pragma once

#include <curl/curl.h>

#include <memory>
#include <string>

#include "host/base/clock.hpp"
#include "host/base/error.hpp"
#include "host/net/http.hpp"
#include "host/net/http_client.hpp"
#include "host/net/url.hpp"

namespace gantry::net {

/// One libcurl transfer at a time, with the connections it left open. Not shared between threads:
/// libcurl's connection cache must not be.
class HttpExchange {
 public:
  explicit HttpExchange(const HttpClientOptions& options);

  /// One attempt. `*sent` tells whether a connection stood, so that the vendor may have acted.
  /// `repeatable`: the vendor may get the request twice; what may not goes over a fresh connection.
  /// [blocking]
  Result<HttpResponse> run(const HttpRequest& request, const Url& url, bool repeatable,
                           const HttpControl& control, Instant now, bool* sent);

 private:
  struct FreeEasy {
    void operator()(CURL* easy) const noexcept { curl_easy_cleanup(easy); }
  };
  struct FreeMulti {
    void operator()(CURLM* multi) const noexcept { curl_multi_cleanup(multi); }
  };

  const HttpClientOptions& options_;
  std::unique_ptr<CURLM, FreeMulti> multi_;
  std::unique_ptr<CURL, FreeEasy> easy_;
};

}  // namespace gantry::net
