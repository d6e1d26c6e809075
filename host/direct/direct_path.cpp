#include "host/direct/direct_path.hpp"

#include <algorithm>
#include <future>
#include <nlohmann/json.hpp>

#include "host/activities/failures.hpp"
#include "host/base/digest.hpp"
#include "host/base/encoding.hpp"
#include "host/observe/trace.hpp"

namespace gantry::direct {
namespace {

using ingress::LogLevel;

/// Of a delivery's records, as its account tells them; the rest is counted.
constexpr std::size_t kToldMax = 100;

bool is_final(const Error& error) {
  return activities::is_final(plugins::PluginError(error.kind, error.what, error.upstream));
}

activities::WebhookPorts with_ledger(activities::WebhookPorts ports, DeliveryLedger& ledger) {
  return {ports.find_source, ports.call_timeout, ledger,
          ports.staging,     ports.dead_letters, std::move(ports.on_read)};
}

std::vector<std::string> ids_of(const std::vector<RecordRef>& records) {
  std::vector<std::string> ids;
  ids.reserve(records.size());
  for (const auto& record : records) ids.push_back(record.document_id);
  return ids;
}

DocumentIngestionInput part_of(const DocumentIngestionInput& input, std::size_t first,
                               std::size_t count) {
  DocumentIngestionInput part = input;
  const auto begin = input.records.begin() + static_cast<std::ptrdiff_t>(first);
  part.records.assign(begin, begin + static_cast<std::ptrdiff_t>(count));
  return part;
}

/// A member of a queued row. One that another version wrote is kInvalid, not an exception.
template <class T>
Result<T> read(const Json& body, const char* member) {
  try {
    return body.at(member).get<T>();
  } catch (const Json::exception& problem) {
    return Error{ErrorKind::kInvalid, "the inbox has queued work that cannot be read",
                 problem.what()};
  }
}

}  // namespace

Result<Delivery> DirectPath::Reader::load(std::string_view source, std::string_view id) const {
  return inbox_.load(source, id);
}

Result<void> DirectPath::Reader::mark_dead(std::string_view source, std::string_view id,
                                           std::string_view reason) {
  return inbox_.mark_dead(source, id, reason);
}

DirectPath::DirectPath(DirectPorts ports)
    : ports_(std::move(ports)),
      reader_(ports_.inbox),
      parser_(with_ledger(ports_.parsing, reader_)) {}

Result<Start> DirectPath::deliver(std::string_view source, std::string_view delivery_id) {
  const auto status = ports_.inbox.status(source, delivery_id);
  if (!status) return status.error();
  if (status->state != ingress::DeliveryState::kReceived) return Start::kDone;
  const Job job{std::string(source), std::string(delivery_id), status->received_at};
  if (source == kQueue) return run_queued(job);
  return run_delivery(job, ports_.input(source, delivery_id));
}

Result<void> DirectPath::take(const DocumentIngestionInput& input) {
  return append(dump_json({{"records", input}}), ids_of(input.records));
}

Result<void> DirectPath::take(const WebhookIngestionInput& input) {
  return append(dump_json({{"delivery", input}}), {});
}

Result<void> DirectPath::append(std::string body, const std::vector<std::string>& documents) {
  Delivery row{std::string(kQueue), to_hex(random_bytes(16)), {}};
  row.request.body = std::move(body);
  row.request.received_at = ports_.clock.now();
  const std::string key = Job{row.source, row.id, {}}.key();
  board_.take(key, documents);  // before the dispatcher may have done it
  std::promise<Result<ingress::AppendResult>> told;
  auto stored = told.get_future();
  ports_.inbox.append(std::move(row), [&told](auto result) { told.set_value(std::move(result)); });
  const auto result = stored.get();
  if (result) return {};
  board_.finish(key);
  return result.error();
}

Result<void> DirectPath::recall() {
  constexpr std::size_t kPage = 1'000;
  std::uint64_t after = 0;
  for (;;) {
    const auto page = ports_.inbox.pending(after, kPage);
    if (!page) return page.error();
    for (const auto& row : *page) {
      after = row.sequence;
      if (row.source != kQueue) continue;
      const auto delivery = ports_.inbox.load(row.source, row.id);
      const auto body = delivery ? parse_json(delivery->request.body) : Result<Json>(Json());
      if (!body || !body->contains("records")) continue;
      if (const auto input = read<DocumentIngestionInput>(*body, "records")) {
        board_.take(Job{row.source, row.id, {}}.key(), ids_of(input->records));
      }
    }
    if (page->size() < kPage) return {};
  }
}

Result<Start> DirectPath::run_queued(const Job& job) {
  const auto delivery = ports_.inbox.load(job.source, job.id);
  if (!delivery) return delivery.error();
  const auto body = parse_json(delivery->request.body);
  if (!body) return body.error();
  if (body->contains("delivery")) {
    const auto input = read<WebhookIngestionInput>(*body, "delivery");
    if (!input) return input.error();
    return run_delivery(job, *input);
  }
  const auto input = read<DocumentIngestionInput>(*body, "records");
  if (!input) return input.error();
  board_.take(job.key(), ids_of(input->records));
  Round round;
  write(job, *input, round);
  if (round.held) return put_off(job, *round.held);
  return finish(job, round, nullptr);
}

Result<Start> DirectPath::run_delivery(const Job& job, const WebhookIngestionInput& input) {
  const auto held = board_.job(job.key());
  board_.take(job.key(), {});
  plugins::CallScope scope;
  scope.cancelled = [this] { return hurried_.load(); };
  const auto parsed = parser_.parse(input, scope);
  if (!parsed) {
    if (!activities::is_final(parsed.error()) && !out_of_patience(job)) {
      return put_off(job, parsed.error());
    }
    const auto buried =
        parser_.give_up(input.source, input.delivery_id, parsed.error().message(), input.priority);
    if (!buried) return put_off(job, buried.error());
    ports_.log(LogLevel::kWarn, "dead_letter",
               {{"source", input.source},
                {"delivery", input.delivery_id},
                {"reason", parsed.error().message()}});
    if (ports_.counters.record) ports_.counters.record(input.source, "dead_letter");
    return finish(job, {.ended = {}, .dead_letters = 1, .held = {}}, nullptr);
  }
  board_.take(job.key(), ids_of(parsed->records));
  // One that brings records of its own has said what is new.
  if (input.poll_now && parsed->records.empty()) ports_.poll(input.source);

  Round round;
  round.dead_letters = parsed->dead_letters;
  DocumentIngestionInput direct;
  direct.source = input.source;
  direct.placement = input.placement;
  direct.priority = input.priority;
  for (const RecordRef& record : parsed->records) {
    if (ports_.path(record.document_id, held && held->tries > 0) == rollout::Path::kDirect) {
      direct.records.push_back(record);
      continue;
    }
    DocumentIngestionInput alone = direct;
    alone.records = {record};
    start(alone, round, direct.records);
  }
  write(job, direct, round);
  if (round.held) return put_off(job, *round.held);
  return finish(job, round, &input);
}

void DirectPath::start(const DocumentIngestionInput& input, Round& round,
                       std::vector<RecordRef>& direct) {
  const RecordRef& record = input.records.front();
  const auto started = ports_.start(input);
  if (started) {
    round.ended.push_back(
        {{record.document_id, record.version, "started", {}}, rollout::Path::kTemporal});
  } else if (started.error().retryable() && ports_.divert()) {
    direct.push_back(record);
  } else {
    round.held = started.error();
  }
}

void DirectPath::write(const Job& job, const DocumentIngestionInput& input, Round& round) {
  // What an earlier try wrote was staged anew by this one: written again it leaves staging.
  DocumentIngestionInput fresh = input;
  DocumentIngestionInput again = input;
  const auto ended = [&](const RecordRef& one) {
    return board_.has_ended(job.key(), one.document_id);
  };
  std::erase_if(fresh.records, ended);
  std::erase_if(again.records, [&](const RecordRef& one) { return !ended(one); });
  for (const DocumentIngestionInput* some : {&fresh, &again}) {
    for (std::size_t first = 0; first < some->records.size(); first += kBatchRecordsMax) {
      const std::size_t count = std::min(kBatchRecordsMax, some->records.size() - first);
      write_part(job, part_of(*some, first, count), some == &fresh, round);
    }
  }
}

void DirectPath::write_part(const Job& job, const DocumentIngestionInput& part, bool fresh,
                            Round& round) {
  stores::CallOptions options;
  options.cancelled = [this] { return hurried_.load(); };
  const auto& counters = ports_.counters;
  observe::ScopedSpan span("direct write");
  span.set({"records", part.records.size()});
  const auto written = ports_.stages.write(
      part, options, fresh ? counters.told(rollout::Path::kDirect) : activities::Told());
  if (!written) span.fail(to_string(written.error().kind));
  if (!written && !is_final(written.error()) && !out_of_patience(job)) {
    if (counters.delayed) counters.delayed(part.source);
    round.held = written.error();
    return;
  }
  if (!written && part.records.size() == 1) return bury(job, part, written.error(), round);
  if (!written) {  // one record's fault is no fate of its neighbours
    for (std::size_t i = 0; i < part.records.size(); ++i) {
      write_part(job, part_of(part, i, 1), fresh, round);
    }
    return;
  }
  for (const RecordOutcome& outcome : written->records) {
    round.ended.push_back({outcome, rollout::Path::kDirect});
    board_.ended(job.key(), outcome.document_id);
    if (outcome.outcome == "dead_letter") {
      ++round.dead_letters;
      board_.lost(outcome.document_id, outcome.reason);
    }
    if (!fresh) continue;
    if (counters.record) counters.record(part.source, outcome.outcome);
    ports_.log(LogLevel::kInfo, "document_written",
               {{"document", outcome.document_id}, {"outcome", outcome.outcome}});
  }
}

void DirectPath::bury(const Job& job, const DocumentIngestionInput& input, const Error& reason,
                      Round& round) {
  const auto buried =
      ports_.stages.give_up(input, reason.message(), ports_.counters.told(rollout::Path::kDirect));
  if (!buried) {
    round.held = buried.error();
    return;
  }
  const RecordRef& record = input.records.front();
  round.ended.push_back(
      {{record.document_id, record.version, "dead_letter", reason.what}, rollout::Path::kDirect});
  ++round.dead_letters;
  board_.ended(job.key(), record.document_id);
  board_.lost(record.document_id, reason.what);
  if (ports_.counters.record) ports_.counters.record(input.source, "dead_letter");
  ports_.log(
      LogLevel::kWarn, "dead_letter",
      {{"source", input.source}, {"document", record.document_id}, {"reason", reason.message()}});
}

Result<Start> DirectPath::put_off(const Job& job, const Error& reason) {
  board_.put_off(job.key(), reason.message());
  ports_.log(LogLevel::kWarn, "direct_delayed",
             {{"source", job.source}, {"delivery", job.id}, {"reason", reason.message()}});
  return Start::kLater;
}

/// The row is done, and the delivery that a queued row is about as well. One that its parser buried
/// is dead and stays so.
Result<Start> DirectPath::finish(const Job& job, const Round& round,
                                 const WebhookIngestionInput* delivery) {
  Json records = Json::array();
  for (const Ended& one : round.ended) {
    if (records.size() == kToldMax) break;
    Json record = one.outcome;
    record["path"] = rollout::to_string(one.path);
    records.push_back(std::move(record));
  }
  const std::string account = dump_json({{"records", std::move(records)},
                                         {"total", round.ended.size()},
                                         {"dead_letters", round.dead_letters}});
  const auto mark = [&](const std::string& source, const std::string& id) -> Result<void> {
    const auto status = ports_.inbox.status(source, id);
    const bool unreadable = round.ended.empty() && round.dead_letters > 0;
    if (status && status->state == ingress::DeliveryState::kDead && unreadable) return {};
    auto marked = ports_.inbox.mark_done(source, id, account);
    if (!marked && marked.error().kind == ErrorKind::kNotFound) return {};  // swept meanwhile
    return marked;
  };
  if (delivery != nullptr && job.source == kQueue) {
    if (auto marked = mark(delivery->source, delivery->delivery_id); !marked) {
      return put_off(job, marked.error());
    }
  }
  if (auto marked = mark(job.source, job.id); !marked) return put_off(job, marked.error());
  board_.finish(job.key());
  return Start::kDone;
}

bool DirectPath::out_of_patience(const Job& job) const {
  return ports_.patience.count() > 0 && ports_.clock.now() - job.received_at >= ports_.patience;
}

}  // namespace gantry::direct
