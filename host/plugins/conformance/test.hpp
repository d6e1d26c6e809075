#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "host/plugins/conformance/report.hpp"
#include "host/plugins/conformance/subject.hpp"

namespace gantry::plugins::conformance {

/// Which capability a test is about; a plugin without it skips the test.
enum class Needs { kNothing, kWebhook, kPull, kBatch, kCheck };

/// One rule of the contract and the function that tries it.
struct Test {
  int group = 0;
  const char* name = "";  ///< "group.what"
  const char* rule = "";
  Needs needs = Needs::kNothing;
  Outcome (*body)(const Subject&) = nullptr;
  /// A shorter time-out than the run's; 0 for none.
  std::chrono::milliseconds patience{0};
  /// What a time-out means, where it is the very thing that the test looks for.
  const char* late = "";
};

/// Ends a test early from any depth of its helpers; the runner catches it around the body. Only
/// test bodies throw it, and no frame of a plugin lies between.
struct Ended {
  Outcome outcome;
};

inline Outcome passed(std::string note = {}) { return {Verdict::kPass, {}, std::move(note), {}}; }
inline Outcome skipped(std::string why) { return {Verdict::kSkip, {}, std::move(why), {}}; }
inline Outcome warned(std::string expected, std::string seen, std::string remedy) {
  return {Verdict::kWarn, std::move(expected), std::move(seen), std::move(remedy)};
}
inline Outcome failed(std::string expected, std::string seen, std::string remedy) {
  return {Verdict::kFail, std::move(expected), std::move(seen), std::move(remedy)};
}
[[noreturn]] inline void fail(std::string expected, std::string seen, std::string remedy) {
  throw Ended{failed(std::move(expected), std::move(seen), std::move(remedy))};
}

/// The groups, each in a file of its own.
std::vector<Test> static_tests();
std::vector<Test> load_tests();
std::vector<Test> negotiation_tests();
std::vector<Test> config_tests();
std::vector<Test> webhook_tests();
std::vector<Test> forgery_tests();  ///< Of group webhook: what must be rejected.
std::vector<Test> cursor_tests();
std::vector<Test> batch_tests();
std::vector<Test> error_tests();
std::vector<Test> cancel_tests();
std::vector<Test> secret_tests();

}  // namespace gantry::plugins::conformance
