#include "fault.hpp"

#include <gantry/sdk/text.hpp>
#include <gantry/sdk/vendor.hpp>

namespace gantry::quickbooks {
namespace {

using sdk::Failure;
using sdk::Json;
using sdk::Status;

const Json& member(const Json& object, std::string_view name) {
  static const Json kNone;
  for (const auto& [key, value] : object.members()) {
    if (sdk::equal_ignoring_case(key, name)) return value;
  }
  return kNone;
}

/// The list of errors wherever Intuit put it; null where there is none.
const Json& errors_of(const Json& json) {
  const Json& fault = member(json, "Fault");
  const Json& errors = member(fault.is_object() ? fault : json, "Error");
  return errors;
}

/// "003100" is 3100; -1 where there is no number.
int number(std::string_view text) {
  int value = text.empty() ? -1 : 0;
  for (const char c : text) {
    if (c < '0' || c > '9' || value > 10'000'000) return -1;
    value = value * 10 + (c - '0');
  }
  return value;
}

Failure by_code(int code, std::string_view doing) {
  const std::string what =
      "QuickBooks: " + std::string(doing) + ": error " + std::to_string(code) + ": ";
  if (code >= 10'000) return Failure(Status::kTransient, what + "severe; it is tried again");
  if (code == 610) return Failure(Status::kData, what + "there is no such object");
  if (code == 3001) {
    return Failure(Status::kRateLimited, what + "asked too often")
        .retry_after(std::chrono::seconds(60));
  }
  if (code == 3100) {
    return Failure(Status::kConfig, what +
                                        "the app may not open this company; sandbox and production "
                                        "do not mix: compare environment, realm_id and keys")
        .pointer("/environment");
  }
  if (code < 500 || code == 3200) {
    return Failure(Status::kAuth, what + "credentials refused; connect the company anew");
  }
  return Failure(Status::kConfig, what + "QuickBooks does not take the request");
}

std::string two(std::string_view first, std::string_view second) {
  std::string text(first.substr(0, 256));
  if (!second.empty()) text += (text.empty() ? "" : ": ") + std::string(second.substr(0, 256));
  return text;
}

}  // namespace

std::optional<Failure> fault_of(std::string_view doing, const sdk::HttpResponse& response,
                                const Json& json) {
  // A token that ran out is answered with 401 and any code; the client refreshes it.
  const Json& errors = errors_of(json);
  if (!errors.items().empty() && response.status != 401 && response.status != 429) {
    const Json& error = errors.items()[0];
    const int code = number(member(error, "code").text());
    if (code > 0) {
      return by_code(code, doing)
          .code(std::to_string(code))
          .detail(two(member(error, "Message").text(), member(error, "Detail").text()));
    }
  }
  try {
    sdk::throw_for_status({"QuickBooks"}, doing, response);
  } catch (const Failure& failure) {
    return failure;
  }
  const std::string_view body = sdk::trim(response.body);
  const std::string what = "QuickBooks: " + std::string(doing) + ": ";
  if (body.starts_with("<?xml") || body.starts_with("<IntuitResponse")) {
    return Failure(Status::kData, what +
                                      "answered in XML where JSON was asked for; is a proxy "
                                      "between that drops the Accept header?")
        .code("XML");
  }
  if (response.status < 200 || response.status > 299) {
    return Failure(Status::kConfig, what + "HTTP " + std::to_string(response.status))
        .code(std::to_string(response.status));
  }
  if (!json.is_object()) {
    return Failure(Status::kTransient, what + "the answer is no JSON object");
  }
  if (!errors.items().empty()) {
    return Failure(Status::kTransient, what + "a fault without a code");
  }
  return std::nullopt;
}

std::string_view code_of(const Failure& failure) noexcept {
  const gantry_error error = failure.abi();
  return sdk::view(error.code);
}

}  // namespace gantry::quickbooks
