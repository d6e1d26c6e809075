#include <memory>
#include <regex>

#include "host/plugins/conformance/bench_host.hpp"

namespace gantry::plugins::conformance {

Vendor scripted_vendor(const Scenario& scenario, HttpGiven otherwise,
                       std::vector<std::string>* strangers) {
  struct Line {
    VendorAnswer answer;
    std::regex url;
    unsigned used = 0;
  };
  // Shared, because a Vendor is copied and counts the uses of its answers.
  const auto lines = std::make_shared<std::vector<Line>>();
  for (const VendorAnswer& answer : scenario.http) {
    lines->push_back({answer, std::regex(answer.url), 0});
  }
  return [lines, otherwise = std::move(otherwise), strangers](const net::HttpRequest& request) {
    for (Line& line : *lines) {
      const VendorAnswer& answer = line.answer;
      if (answer.times != 0 && line.used >= answer.times) continue;
      if (!answer.method.empty() && answer.method != request.method) continue;
      if (request.body.find(answer.body_has) == std::string::npos) continue;
      if (!std::regex_search(request.url, line.url)) continue;
      ++line.used;
      return HttpGiven{GANTRY_OK, answer.status, answer.headers, answer.body};
    }
    if (strangers != nullptr) strangers->push_back(request.method + ' ' + request.url);
    return otherwise;
  };
}

Vendor faulty_vendor(Vendor vendor, std::size_t from, HttpGiven fault) {
  return [vendor = std::move(vendor), from, fault = std::move(fault),
          at = std::size_t{0}](const net::HttpRequest& request) mutable {
    return at++ < from ? vendor(request) : fault;
  };
}

}  // namespace gantry::plugins::conformance
