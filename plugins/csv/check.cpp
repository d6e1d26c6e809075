#include "check.hpp"

#include <algorithm>

namespace gantry::csv {

void check_settings(const Settings& settings, sdk::Report& report) {
  if (settings.columns.empty()) {
    report.warn("no column is mapped",
                "every column is kept as text in metadata.extra; list them in columns");
  } else {
    report.pass(std::to_string(settings.columns.size()) + " columns are mapped");
  }
  if (settings.key.empty()) {
    report.warn("no key", "a changed row becomes a new document; name its id in key");
  } else {
    report.pass("a row has a key");
  }
  const bool any_required = std::any_of(settings.columns.begin(), settings.columns.end(),
                                        [](const Column& column) { return column.required; });
  if (settings.header && !any_required) {
    report.warn("no column is required",
                "a file without a header, or of another kind, is not refused; set required");
  }
  for (const std::size_t index : settings.key) {
    const Column& column = settings.columns[index];
    if (column.required) continue;
    report.warn("key " + column.target + " may be empty",
                "rows without it are told apart by their content; set required");
  }
}

}  // namespace gantry::csv
