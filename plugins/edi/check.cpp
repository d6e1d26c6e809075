#include "check.hpp"

#include <algorithm>
#include <string>

#include "control_numbers.hpp"

namespace gantry::edi {
namespace {

constexpr std::size_t kX12IdMax = 15;
constexpr std::uint64_t kNumbersLeftMin = 1'000'000;

std::string_view bare(std::string_view id) {
  return id.size() > 3 && id[2] == ':' ? id.substr(3) : id;
}

void check_ids(const char* what, const std::vector<std::string>& ids, sdk::Report& report) {
  bool sound = true;
  for (std::size_t i = 0; i < ids.size(); ++i) {
    const std::string_view id = bare(ids[i]);
    if (id != ids[i] && ids[i].substr(0, 2).find_first_not_of(
                            "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ") != std::string::npos) {
      report.fail(std::string(what) + ": " + ids[i] + " has a qualifier that is no code",
                  "two digits or capital letters, e.g. ZZ, 01, 02 (SCAC)");
      sound = false;
    }
    if (id.size() > kX12IdMax) {
      report.warn(std::string(what) + ": " + ids[i] + " is longer than an X12 id",
                  "ISA06 and ISA08 hold 15 characters; only EDIFACT takes up to 35");
      sound = false;
    }
    if (id.front() == ' ' || id.back() == ' ') {
      report.fail(std::string(what) + ": " + ids[i] + " begins or ends with a blank",
                  "write it without the padding of the ISA");
      sound = false;
    }
    if (std::find(ids.begin(), ids.begin() + static_cast<std::ptrdiff_t>(i), ids[i]) !=
        ids.begin() + static_cast<std::ptrdiff_t>(i)) {
      report.warn(std::string(what) + ": " + ids[i] + " is listed twice", "remove one");
      sound = false;
    }
  }
  if (sound && !ids.empty()) {
    report.pass(std::string(what) + ": " + std::to_string(ids.size()) + " configured");
  }
}

}  // namespace

void check_settings(const sdk::Host& host, const Settings& settings, sdk::Report& report) {
  check_ids("ids", settings.ids, report);
  check_ids("partners", settings.partners, report);
  if (settings.ids.empty()) {
    report.warn("ids is empty: files addressed to anybody are taken",
                "list our interchange ids, e.g. ids = [\"02:QLHT\"]");
  }
  for (const std::string& id : settings.ids) {
    if (std::find(settings.partners.begin(), settings.partners.end(), id) !=
        settings.partners.end()) {
      report.fail(id + " is in ids and in partners", "a partner cannot be us");
    }
  }
  if (settings.acknowledge == Acknowledge::kNone && settings.ta1 == Ta1::kNever) {
    report.warn("nothing is ever acknowledged",
                "partners that watch for a 997 will call; set acknowledge = \"auto\"");
  }
  const std::uint64_t next = next_control_number(host);
  if (next + kNumbersLeftMin > kControlNumberMax) {
    report.warn("our control numbers are nearly used up, next is " + std::to_string(next),
                "agree on a restart with the partners");
  } else {
    report.pass("next control number " + std::to_string(next));
  }
}

}  // namespace gantry::edi
