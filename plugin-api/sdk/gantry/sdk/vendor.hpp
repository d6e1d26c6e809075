#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <utility>

#include "gantry/sdk/host.hpp"
#include "gantry/sdk/json.hpp"

namespace gantry::sdk {

/// How a vendor's HTTP answers become failures, the same for every connector:
///
///   2xx            returned
///   401            kAuth: the token is refused
///   403            kAuth: the token lacks a right
///   408 425 5xx    kTransient, with Retry-After where sent
///   429            kRateLimited, Retry-After or `throttle_wait`
///   other          returned: only the connector knows what its 400 or 404 means
struct VendorErrors {
  std::string_view vendor;                                            ///< For messages: "HubSpot".
  std::chrono::nanoseconds throttle_wait = std::chrono::seconds(60);  ///< 429 without a time.
};

/// Throws by the table above. `doing` is what the request was for: "list shipments".
inline void throw_for_status(const VendorErrors& errors, std::string_view doing,
                             const HttpResponse& response) {
  const unsigned status = response.status;
  const std::string what =
      std::string(errors.vendor) + ": " + std::string(doing) + ": HTTP " + std::to_string(status);
  // The vendor's words may quote our request; the host logs detail at debug level only.
  const std::string detail = response.body.substr(0, 512);
  if (status == 401) {
    throw Failure(Status::kAuth, what + ": credentials refused; renew them")
        .code("401")
        .detail(detail);
  }
  if (status == 403) {
    throw Failure(Status::kAuth, what + ": the credentials lack a right that this needs")
        .code("403")
        .detail(detail);
  }
  if (status == 429) {
    throw Failure(Status::kRateLimited, what + ": asked too often")
        .code("429")
        .detail(detail)
        .retry_after(response.retry_after.count() > 0 ? response.retry_after
                                                      : errors.throttle_wait);
  }
  if (status == 408 || status == 425 || status >= 500) {
    throw Failure(Status::kTransient, what)
        .code(std::to_string(status))
        .detail(detail)
        .retry_after(response.retry_after);
  }
}

/// Sends and throws by the table.
inline HttpResponse call_vendor(const Host& host, const Call& call, const VendorErrors& errors,
                                std::string_view doing, const HttpRequest& request) {
  HttpResponse response = host.http(call, request);
  throw_for_status(errors, doing, response);
  return response;
}

/// The JSON of a 2xx answer. An answer of another status that the table let through is kData with
/// the status as its code; text that is no JSON (a proxy's page) is kTransient: the vendor's API
/// did not answer.
inline Json read_answer(const VendorErrors& errors, std::string_view doing,
                        const HttpResponse& response) {
  const std::string what = std::string(errors.vendor) + ": " + std::string(doing);
  if (response.status < 200 || response.status > 299) {
    throw Failure(Status::kData, what + ": HTTP " + std::to_string(response.status))
        .code(std::to_string(response.status))
        .detail(response.body.substr(0, 512));
  }
  try {
    return Json::parse(response.body);
  } catch (const Failure& failure) {
    throw Failure(Status::kTransient, what + ": the answer is " + failure.what());
  }
}

}  // namespace gantry::sdk
