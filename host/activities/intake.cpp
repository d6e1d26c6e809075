#include "host/activities/intake.hpp"

#include <algorithm>

#include "host/activities/failures.hpp"
#include "host/base/digest.hpp"
#include "host/base/encoding.hpp"

namespace gantry::activities {
namespace {

std::uint64_t size_of(const Document& document) {
  return document.text.size() + document.raw.size() + document.metadata.size();
}

}  // namespace

plugins::CallScope Try::scope(std::chrono::milliseconds timeout) const {
  plugins::CallScope scope;
  scope.cancelled = cancelled;
  scope.progress = [this] { beat(); };
  scope.deadline = std::chrono::steady_clock::now() + timeout;
  return scope;
}

Intake::Intake(const FlowPorts& ports, std::string source, std::string subject, std::string cursor,
               const Try& attempt)
    : ports_(ports),
      source_(std::move(source)),
      subject_(std::move(subject)),
      begun_at_(std::move(cursor)),
      try_(attempt),
      page_(attempt.resume) {
  if (taken() == 0 && page_.cursor.empty()) page_.cursor = begun_at_;
}

plugins::TakeGroup Intake::take() {
  return [this](plugins::Group&& group) { return take(std::move(group)); };
}

Result<void> Intake::take(plugins::Group&& group) {
  for (const auto& part : group.rejected) {
    if (auto buried = bury(part); !buried) return buried.error();
    ++page_.dead_letters;
  }
  if (!group.documents.empty()) {
    const auto keys = ports_.staging.put(group.documents, {});
    if (!keys) return keys.error();
    for (std::size_t i = 0; i < keys->size(); ++i) {
      const Document& document = group.documents[i];
      page_.records.push_back({document.id, document.version, (*keys)[i]});
      bytes_ += size_of(document);
      newest_ = std::max(newest_, document.occurred_at);
    }
  }
  if (group.cursor) {
    page_.cursor = std::move(*group.cursor);
    try_.beat(&page_);
  } else {
    try_.beat();
  }
  return {};
}

Result<void> Intake::bury(const plugins::Rejected& part) {
  stores::DeadLetter letter;
  letter.id = "part:" + source_ + ":" +
              to_hex(sha256(subject_ + '\n' + part.raw + '\n' + part.reason.what));
  letter.kind = "part";
  letter.source = source_;
  letter.subject = subject_;
  letter.reason = part.reason.what;
  letter.upstream = part.reason.upstream;
  letter.payload = part.raw;
  if (auto added = ports_.dead_letters.add(letter, {}); !added) return added.error();
  return {};
}

plugins::CallBudget Intake::left_of(const Budget& budget) const {
  const std::uint64_t records = taken();
  return {budget.records_max > records ? budget.records_max - records : 0,
          budget.bytes_max > bytes_ ? budget.bytes_max - bytes_ : 0};
}

plugins::PluginResult<RecordPage> Intake::interrupted(const plugins::PluginError& error) {
  if (!moved()) return error;
  if (is_final(error) || error.category == "RATE_LIMITED" || error.category == "NOT_CONNECTED") {
    page_.interruption = interruption_of(error);
  } else {
    page_.more = true;
  }
  return std::move(page_);
}

Interruption interruption_of(const plugins::PluginError& error) {
  return {error.category.empty() ? std::string(to_string(error.kind)) : error.category, error.code,
          error.message(),
          std::min(std::chrono::duration_cast<std::chrono::milliseconds>(error.retry_after),
                   kRetryAfterMax)};
}

plugins::PluginError no_source(std::string_view source) {
  return {ErrorKind::kUnavailable, "source " + std::string(source) +
                                       " is not configured on this host; add its conf.d file or "
                                       "stop its workflow"};
}

}  // namespace gantry::activities
