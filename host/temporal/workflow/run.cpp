#include "host/temporal/workflow/run.hpp"

#include <cxxabi.h>

#include <cstdlib>
#include <stdexcept>
#include <typeinfo>
#include <utility>

#include "host/temporal/converter/trace_header.hpp"

namespace gantry::temporal::workflow::detail {
namespace {

thread_local Run* current = nullptr;

}  // namespace

Run* current_run() noexcept { return current; }

Run& running() {
  if (current == nullptr) {
    throw std::logic_error("workflow calls are only possible while a workflow's code runs");
  }
  return *current;
}

Current::Current(Run& run) noexcept : outer_(std::exchange(current, &run)) {}
Current::~Current() { current = outer_; }

std::string type_name(const std::exception& error) {
  int status = 0;
  char* name = abi::__cxa_demangle(typeid(error).name(), nullptr, nullptr, &status);
  std::string text = status == 0 ? name : typeid(error).name();
  std::free(name);
  return text;
}

Run::Run(const Registry& registry, const HostOptions& options, std::string run_id)
    : trace(options.tracer),
      registry_(registry),
      options_(options),
      scope_(Scope::make_shielded()) {
  info.namespace_name = options.namespace_name;
  info.task_queue = options.task_queue;
  info.run_id = std::move(run_id);
}

Run::~Run() {
  const Current here(*this);
  closing_ = true;
  while (strands_.linked()) delete static_cast<Strand*>(strands_.prev);
  queries_.clear();
  signals_.clear();
  updates_.clear();
  while (!kept.empty()) kept.pop_back();
}

void Run::require_current(std::string_view what) const {
  if (current == this || closing_) return;
  throw std::logic_error("cannot " + std::string(what) + " of run " + info.run_id + " (" +
                         info.workflow_type + " '" + info.workflow_id +
                         "') from outside of that run's code");
}

void Run::mutating(std::string_view what) const {
  if (silent()) return;
  require_current(what);
  if (!reader_.empty()) {
    throw std::logic_error(std::string(reader_) + " may only read; it tried to " +
                           std::string(what));
  }
}

void Run::spawn(Task<void> body) {
  if (silent()) return;
  const Strand* parent = scheduler_.current();
  auto* strand =
      new Strand(scheduler_, *this, parent != nullptr ? parent->scope : scope_, std::move(body));
  strands_.push_back(*strand);
}

void Run::start_body() {
  const Registry::Entry* entry = registry_.find(info.workflow_type);
  if (entry == nullptr) {
    std::string known;
    for (const std::string& name : registry_.names()) {
      known += known.empty() ? name : ", " + name;
    }
    throw std::logic_error("workflow type '" + info.workflow_type +
                           "' is not registered with this worker; registered are: " +
                           (known.empty() ? "none" : known));
  }
  spawn(run_body(*entry));
  body_ = static_cast<Strand*>(strands_.prev);
}

// NOLINTNEXTLINE(cppcoreguidelines-avoid-reference-coroutine-parameters): the registry outlives it.
Task<void> Run::run_body(const Registry::Entry& entry) {
  result_ = co_await entry.start(Context(*this), std::move(argument_), entry.body, *this);
}

void Run::strand_ended(Strand& strand, std::exception_ptr error) {
  const bool is_body = &strand == body_;
  delete &strand;
  if (is_body) body_ = nullptr;
  if (!error) {
    if (is_body) end({.kind = Ending::Kind::kCompleted, .value = std::move(result_)});
    return;
  }
  auto ending = ending_of(error);
  if (!ending) return scheduler_.stop(std::move(error));
  if (!is_body && ending->kind == Ending::Kind::kCancelled) {
    // Cancelling the workflow cancels its handlers too; how it ends is for the body to say.
    return write_log(LogLevel::kDebug, "workflow_handler_cancelled", {});
  }
  end(std::move(*ending));
}

std::optional<Ending> Run::ending_of(const std::exception_ptr& error) const {
  try {
    std::rethrow_exception(error);
  } catch (const ContinueAsNew&) {
    return continued;
  } catch (const Failure& failure) {
    if (cancel_requested && is_cancellation(failure)) {
      return Ending{.kind = Ending::Kind::kCancelled};
    }
    return Ending{.kind = Ending::Kind::kFailed, .failure = failure.share()};
  } catch (...) {
    return std::nullopt;
  }
}

void Run::end(Ending ending) {
  if (handlers_running > 0) {
    write_log(LogLevel::kWarning, "workflow_ends_before_its_handlers",
              {{"handlers", std::to_string(handlers_running)}});
  }
  emit(ending);
  note_ending(ending);
  ended_ = true;
  scheduler_.stop();
  body_ = nullptr;
  // What still waits will never run: free it now, not at eviction.
  while (strands_.linked()) delete static_cast<Strand*>(strands_.prev);
}

void Run::note_ending(const Ending& ending) {
  switch (ending.kind) {
    case Ending::Kind::kCompleted:
      return trace.end("completed", {}, replaying);
    case Ending::Kind::kFailed:
      return trace.end("failed", word_for(*ending.failure), replaying);
    case Ending::Kind::kCancelled:
      return trace.end("cancelled", {}, replaying);
    case Ending::Kind::kContinued:
      return trace.end("continued_as_new", {}, replaying);
  }
}

void Run::write_log(LogLevel level, std::string_view event,
                    const LogFields& fields) const noexcept {
  if (options_.log == nullptr || replaying || !reader_.empty()) return;
  options_.log->write({level, event, info, fields});
}

void body_returns(Run& run) { run.freeze_queries(); }

void spawn(Run& run, Task<void> body) {
  run.mutating("spawn a task");
  run.spawn(std::move(body));
}

void begin_trace(Run& run, std::string_view name) {
  run.require_current("begin a trace");
  run.trace.begin_own(name, run.info, run.now);
}

void end_trace(Run& run) noexcept {
  // A frame that is torn down did not end: it goes on elsewhere.
  if (!run.silent()) run.trace.end_own(run.replaying);
}

void keep(Run& run, std::unique_ptr<Kept> value) { run.kept.push_back(std::move(value)); }

Instant now(const Run& run) { return run.now; }
const Info& info(const Run& run) { return run.info; }
bool replaying(const Run& run) { return run.replaying; }
bool cancel_requested(const Run& run) { return run.cancel_requested; }
bool handlers_finished(const Run& run) { return run.handlers_running == 0; }

void log(Run& run, LogLevel level, std::string_view event, const LogFields& fields) {
  if (!run.closing()) run.write_log(level, event, fields);
}

std::uint64_t random(Run& run) {
  run.mutating("draw a random number");
  // SplitMix64 (Steele, Lea, Flood 2014; https://prng.di.unimi.it/splitmix64.c): eight bytes of
  // state per run, and the numbers are fixed by its definition, not by a library's version.
  std::uint64_t z = run.random_state += 0x9e3779b97f4a7c15;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

std::string uuid(Run& run) {
  // RFC 9562, section 5.4: version 4, variant 10.
  const std::uint64_t high = (random(run) & ~0xf000ULL) | 0x4000ULL;
  const std::uint64_t low = (random(run) & ~(3ULL << 62)) | (2ULL << 62);
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string text;
  text.reserve(36);
  for (int i = 0; i < 32; ++i) {
    if (i == 8 || i == 12 || i == 16 || i == 20) text += '-';
    const std::uint64_t half = i < 16 ? high : low;
    text += kHex[(half >> (60 - 4 * (i % 16))) & 0xf];
  }
  return text;
}

}  // namespace gantry::temporal::workflow::detail

namespace gantry::temporal::workflow {

Payload keyword(std::string_view value) {
  Payload payload = to_payload(std::string(value));
  payload.metadata["type"] = "Keyword";
  return payload;
}

}  // namespace gantry::temporal::workflow
