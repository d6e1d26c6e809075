#include "host/plugins/abi/report.hpp"

#include "host/plugins/abi/span.hpp"

namespace gantry::plugins::abi {
namespace {

constexpr std::size_t kFindingsMax = 200;
constexpr std::size_t kTextMax = 512;

}  // namespace

ReportReceiver::ReportReceiver() {
  native_.struct_size = sizeof native_;
  native_.impl = this;
  native_.add = [](gantry_report* self, std::int32_t state, gantry_span what,
                   gantry_span remedy) noexcept {
    static_cast<ReportReceiver*>(self->impl)->add(state, what, remedy);
  };
}

void ReportReceiver::add(std::int32_t state, const gantry_span& what, const gantry_span& remedy) {
  if (findings_.size() >= kFindingsMax) return;
  Finding finding;
  switch (state) {
    case GANTRY_CHECK_PASS:
      finding.state = Finding::State::kPass;
      break;
    case GANTRY_CHECK_WARN:
      finding.state = Finding::State::kWarn;
      break;
    default:
      finding.state = Finding::State::kFail;
      break;  // unknown: the cautious reading
  }
  finding.what = view_or_empty(what, kTextMax);
  finding.remedy = view_or_empty(remedy, kTextMax);
  findings_.push_back(std::move(finding));
}

}  // namespace gantry::plugins::abi
