#include <algorithm>

#include "host/base/time.hpp"
#include "host/plugins/conformance/chain.hpp"

namespace gantry::plugins::conformance {
namespace {

using std::chrono::nanoseconds;
using std::chrono::seconds;

/// What a vendor does wrong, and what the plugin may make of it.
struct Fault {
  std::string what;
  HttpGiven given;
  std::vector<gantry_status> allowed;
  nanoseconds wait_min{0};  ///< The least retry_after.
  bool may_reject = false;  ///< A dead letter for the answer is an outcome, too.
};

HttpGiven answer(unsigned status, std::string body, net::Headers headers = {}) {
  headers.emplace_back("Content-Type", "application/json");
  return {GANTRY_OK, status, std::move(headers), std::move(body)};
}

/// RFC 9110's form of a time: "Wed, 14 Jan 2026 12:01:30 GMT".
std::string http_date(Instant at) {
  const auto whole = std::chrono::system_clock::to_time_t(
      std::chrono::time_point_cast<std::chrono::system_clock::duration>(at));
  std::tm parts{};
  ::gmtime_r(&whole, &parts);
  char text[64];
  const std::size_t size = std::strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &parts);
  return {text, size};
}

std::string names(const std::vector<gantry_status>& statuses) {
  std::string out;
  for (const gantry_status status : statuses) out += (out.empty() ? "" : " or ") + name_of(status);
  return out;
}

/// No vendor's limit is worth a longer wait than this beyond what it asked for.
constexpr auto kMore = std::chrono::minutes{15};
constexpr const char* kRemedy =
    "map HTTP statuses as gantry/abi.h lists them; the SDK's Failure carries the status";

/// Tries one fault at the first request and, with a scenario, at the later ones.
Outcome try_fault(const Subject& subject, const Fault& fault) {
  constexpr std::size_t kPlacesMax = 8;
  Rig rig(subject);
  need_polling(rig);
  std::size_t requests = 1;
  if (!subject.scenario.http.empty()) {
    full_chain(rig);
    requests = std::clamp<std::size_t>(rig.host().asked.size(), 1, kPlacesMax);
  }
  // A feed may sit out a limit, silent, while it stays open; it says so when it meets it again.
  if (fault.wait_min.count() > 0) rig.patience = kMore;
  for (std::size_t place = 0; place < requests; ++place) {
    rig.renew();
    rig.host().vendor = faulty_vendor(rig.host().vendor, place, fault.given);
    StopPlan plan;
    const Chain chain = run_chain(rig, plan);
    if (rig.host().asked.size() <= place) {
      return place > 0 ? passed()
                       : warned("a poll that asks the vendor", "it made no request",
                                "give the connector a scenario in which it must ask");
    }
    const std::string where = fault.what + " at request " + std::to_string(place + 1);
    if (chain.said.ok() && fault.may_reject && !chain.rejected.empty()) continue;
    if (std::ranges::find(fault.allowed, chain.said.status) == fault.allowed.end()) {
      return failed(names(fault.allowed) + " for " + where, chain.said.text(), kRemedy);
    }
    if (fault.wait_min.count() == 0) continue;
    const nanoseconds wait = chain.said.error.retry_after;
    if (wait >= fault.wait_min && wait <= fault.wait_min + kMore) continue;
    return failed("retry_after of at least " + std::to_string(fault.wait_min.count() / 1'000'000) +
                      " ms for " + where,
                  std::to_string(wait.count() / 1'000'000) + " ms",
                  "pass response.retry_after on: Failure(…).retry_after(response.retry_after)");
  }
  return passed(std::to_string(requests) + (requests == 1 ? " request" : " requests"));
}

Outcome unauthorized(const Subject& subject) {
  return try_fault(subject, {"401", answer(401, R"({"error":"unauthorized"})"), {GANTRY_AUTH}});
}
Outcome forbidden(const Subject& subject) {
  return try_fault(subject,
                   {"403", answer(403, R"({"error":"forbidden"})"), {GANTRY_AUTH, GANTRY_CONFIG}});
}
Outcome limited_seconds(const Subject& subject) {
  return try_fault(subject, {"429 with Retry-After: 7",
                             answer(429, "{}", {{"Retry-After", "7"}}),
                             {GANTRY_RATE_LIMITED},
                             seconds{7}});
}
Outcome limited_decimal(const Subject& subject) {
  return try_fault(subject, {"429 with Retry-After: 1.5",
                             answer(429, "{}", {{"Retry-After", "1.5"}}),
                             {GANTRY_RATE_LIMITED},
                             std::chrono::milliseconds{1500}});
}
Outcome limited_date(const Subject& subject) {
  const std::string date = http_date(subject.scenario.now + seconds{600});
  // A plugin that waits by itself first has less left to ask for.
  return try_fault(subject, {"429 with Retry-After: " + date,
                             answer(429, "{}", {{"Retry-After", date}}),
                             {GANTRY_RATE_LIMITED},
                             nanoseconds{1}});
}
Outcome broken_server(const Subject& subject) {
  return try_fault(subject, {"500", answer(500, R"({"error":"internal"})"), {GANTRY_TRANSIENT}});
}
Outcome unavailable(const Subject& subject) {
  return try_fault(subject,
                   {"503 with an HTML page",
                    {GANTRY_OK, 503, {{"Content-Type", "text/html"}}, "<html>Sorry</html>"},
                    {GANTRY_TRANSIENT, GANTRY_RATE_LIMITED}});
}
Outcome timed_out(const Subject& subject) {
  return try_fault(subject, {"a time-out", {GANTRY_TRANSIENT, 0, {}, ""}, {GANTRY_TRANSIENT}});
}
Outcome half_body(const Subject& subject) {
  return try_fault(subject, {"half a JSON body",
                             answer(200, R"({"data":[{"id":"1","na)"),
                             {GANTRY_DATA, GANTRY_TRANSIENT},
                             {},
                             true});
}
Outcome garbage(const Subject& subject) {
  return try_fault(subject, {"200 with an HTML page",
                             {GANTRY_OK,
                              200,
                              {{"Content-Type", "text/html"}},
                              "<!doctype html><title>Log in</title>\xFF"},
                             {GANTRY_DATA, GANTRY_TRANSIENT},
                             {},
                             true});
}
Outcome huge(const Subject& subject) {
  return try_fault(subject, {"an answer longer than response_max",
                             {GANTRY_DATA, 0, {}, ""},
                             {GANTRY_DATA, GANTRY_TRANSIENT},
                             {},
                             true});
}

Outcome reported(const Subject& subject) {
  Rig rig(subject);
  for (const unsigned status : {401U, 500U}) {
    rig.renew();
    rig.host().vendor = [status](const net::HttpRequest&) { return answer(status, "{}"); };
    const Reported seen = rig.check();
    if (!seen.said.ok()) {
      return failed("OK from check, whatever it found", seen.said.text(),
                    "a refused credential is a finding: report.fail(what, remedy)");
    }
    if (rig.host().asked.empty()) return passed("check asks nobody");
    const bool told = std::ranges::any_of(
        seen.findings, [](const Finding& one) { return one.state != Finding::State::kPass; });
    if (!told) {
      return failed("a finding where the vendor answers " + std::to_string(status),
                    "every finding is PASS", "report.fail(\"credentials\", \"…\")");
    }
  }
  rig.renew();
  rig.host().vendor = [](const net::HttpRequest&) {
    return HttpGiven{GANTRY_TRANSIENT, 0, {}, {}};
  };
  const Reported seen = rig.check();
  if (seen.said.ok()) return passed();
  return failed("OK from check where the vendor does not answer", seen.said.text(),
                "an unreachable vendor is a finding");
}

}  // namespace

std::vector<Test> error_tests() {
  constexpr auto kPull = Needs::kPull;
  return {
      {9, "errors.401", "Refused credentials are AUTH.", kPull, unauthorized},
      {9, "errors.403", "A forbidden call is AUTH or CONFIG.", kPull, forbidden},
      {9, "errors.429_seconds", "A limit is RATE_LIMITED with its time.", kPull, limited_seconds},
      {9, "errors.429_decimal", "Its time may have a fraction.", kPull, limited_decimal},
      {9, "errors.429_date", "Its time may be a date.", kPull, limited_date},
      {9, "errors.500", "A broken server is TRANSIENT.", kPull, broken_server},
      {9, "errors.503", "An absent server is TRANSIENT.", kPull, unavailable},
      {9, "errors.timeout", "No answer is TRANSIENT.", kPull, timed_out},
      {9, "errors.half_body", "Half an answer is no answer.", kPull, half_body},
      {9, "errors.garbage", "A page instead of data is an error.", kPull, garbage},
      {9, "errors.huge", "An answer without end is an error.", kPull, huge},
      {9, "errors.check", "check reports what it meets.", Needs::kCheck, reported},
  };
}

}  // namespace gantry::plugins::conformance
