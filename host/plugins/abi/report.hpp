#pragma once

#include <gantry/check.h>

#include <vector>

#include "host/plugins/source.hpp"

namespace gantry::plugins::abi {

/// Receives the findings of a check; at most 200, each text cut to 512 bytes. Lives for the call.
class ReportReceiver {
 public:
  ReportReceiver();
  ReportReceiver(const ReportReceiver&) = delete;
  ReportReceiver& operator=(const ReportReceiver&) = delete;

  gantry_report* native() noexcept { return &native_; }
  std::vector<Finding>& findings() noexcept { return findings_; }

 private:
  void add(std::int32_t state, const gantry_span& what, const gantry_span& remedy);

  gantry_report native_{};
  std::vector<Finding> findings_;
};

}  // namespace gantry::plugins::abi
