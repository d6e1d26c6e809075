#pragma once

#include <string>

#include "host/base/json.hpp"
#include "host/cli/terminal.hpp"
#include "host/plugins/conformance/report.hpp"

namespace gantry::cli {

/// A conformance report for people: a line per test, three more where one failed, a summary. [main]
void print_report(Terminal& terminal, const plugins::conformance::Report& report);

/// The same for programs. [any-thread]
Json report_json(const plugins::conformance::Report& report);

/// The same as JUnit XML, as CI systems read it: a suite per group; warnings are passes with a note
/// in system-out. [any-thread]
std::string report_junit(const plugins::conformance::Report& report);

}  // namespace gantry::cli
