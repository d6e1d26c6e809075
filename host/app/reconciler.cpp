#include "host/app/reconciler.hpp"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "host/base/time.hpp"
#include "host/contracts/ingestion.hpp"
#include "host/contracts/polling.hpp"
#include "host/contracts/streaming.hpp"
#include "host/stores/reconcile.hpp"

namespace gantry::app {
namespace {

constexpr std::size_t kPage = 500;
/// Of each kind; a host with more has one trouble, not so many.
constexpr std::size_t kLookedAtMax = 1'000;
constexpr std::chrono::minutes kStartPatience{2};

/// Quotes of a list filter cannot be escaped.
bool is_quotable(std::string_view text) {
  return text.find_first_of("'\"\\") == std::string_view::npos;
}

}  // namespace

Reconciler::Reconciler(ReconcilePorts ports, std::chrono::milliseconds rest,
                       std::chrono::milliseconds pause)
    : ports_(std::move(ports)), rest_(rest), pause_(pause) {
  thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

Reconciler::~Reconciler() { stop(); }

void Reconciler::stop() {
  thread_.request_stop();
  if (thread_.joinable()) thread_.join();
}

std::uint64_t Reconciler::ask() {
  std::uint64_t number = 0;
  {
    const std::lock_guard lock(mutex_);
    const std::uint64_t ended = last_ ? last_->number : 0;
    number = asked_ = ended + (running_ ? 2 : 1);
  }
  changed_.notify_all();
  return number;
}

std::optional<std::size_t> Reconciler::differences() const {
  const std::lock_guard lock(mutex_);
  if (!last_ || !last_->problems.empty()) return std::nullopt;
  return last_->differences.size();
}

Json Reconciler::state() const {
  const std::lock_guard lock(mutex_);
  Json out{{"round", last_ ? last_->number : 0}, {"running", running_}, {"seen", seen_}};
  if (!last_) return out;
  out["documents"] = last_->documents;
  out["finished_at"] = to_rfc3339(last_->finished_at);
  out["count"] = last_->differences.size();
  out["differences"] = Json::array();
  for (const Difference& one : last_->differences) {
    out["differences"].push_back(
        {{"kind", one.kind}, {"subject", one.subject}, {"detail", one.detail}});
  }
  out["problems"] = last_->problems;
  return out;
}

void Reconciler::run(const std::stop_token& stop) {
  std::uint64_t number = 0;
  while (!stop.stop_requested()) {
    {
      std::unique_lock lock(mutex_);
      changed_.wait_for(lock, stop, rest_, [&] { return asked_ > number; });
      if (stop.stop_requested()) return;
      running_ = true;
      seen_ = 0;
    }
    Round round = compare_all(stop);
    round.number = ++number;
    round.finished_at = ports_.clock.now();
    const std::lock_guard lock(mutex_);
    running_ = false;
    last_ = std::move(round);
  }
}

bool Reconciler::wait(const std::stop_token& stop, std::chrono::milliseconds time) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, stop, time, [] { return false; });
  return !stop.stop_requested();
}

Reconciler::Round Reconciler::compare_all(const std::stop_token& stop) {
  Round round;
  const auto staged = staged_keys();
  const auto sagas = open_sagas();
  compare_stores(round, stop);
  if (stop.stop_requested()) return round;
  compare_deliveries(round, stop);
  compare_staging(round, staged, stop);
  if (stop.stop_requested()) return round;
  compare_sagas(round, sagas);
  return round;
}

void Reconciler::compare_stores(Round& round, const std::stop_token& stop) {
  const auto found = stores::compare(ports_.stores, [&](std::size_t documents) {
    const std::lock_guard lock(mutex_);
    seen_ = documents;
    return !stop.stop_requested();
  });
  if (!found) {
    round.problems.push_back(found.error().message());
    wait(stop, pause_);
    return;
  }
  round.documents = found->documents;
  if (!wait(stop, pause_)) return;
  const auto still = stores::still_disagree(ports_.stores, found->disagreements);
  if (!still) {
    round.problems.push_back(still.error().message());
    return;
  }
  for (const auto& one : *still) {
    // A record that waits or is being written will make the stores agree.
    const auto worked_on = somebody_works_on(one.document_id);
    if (worked_on && *worked_on) continue;
    round.differences.push_back({one.kind, one.document_id, one.detail});
  }
  if (found->truncated) {
    round.problems.emplace_back("more documents differ than are looked at in one round");
  }
}

void Reconciler::compare_deliveries(Round& round, const std::stop_token& stop) {
  const auto pending = ports_.inbox.pending(0, kLookedAtMax);
  if (!pending) return round.problems.push_back(pending.error().message());
  for (const auto& one : *pending) {
    const auto status = ports_.inbox.status(one.source, one.id);
    if (!status || status->state != ingress::DeliveryState::kReceived) continue;
    const auto age = ports_.clock.now() - status->received_at;
    if (age < kStartPatience) break;  // in order of arrival
    round.differences.push_back(
        {"delivery_waiting", one.source + '/' + one.id,
         "answered at " + to_rfc3339(status->received_at) + " and not started since"});
  }
  std::size_t looked_at = 0;
  for (std::uint64_t after = 0; looked_at < kLookedAtMax;) {
    const auto page = ports_.inbox.known(after, kPage);
    if (!page) return round.problems.push_back(page.error().message());
    for (const auto& one : *page) {
      if (stop.stop_requested()) return;
      after = one.sequence;
      if (one.status.state != ingress::DeliveryState::kStarted) continue;
      if (!one.status.started_at || ports_.clock.now() - *one.status.started_at < kStartPatience) {
        continue;
      }
      if (++looked_at > kLookedAtMax) break;
      const std::string id = webhook_workflow_id(one.source, one.id);
      const auto workflow = ports_.workflow(id);
      if (!workflow) return round.problems.push_back(workflow.error().message());
      const std::string subject = one.source + '/' + one.id;
      if (!*workflow) {
        round.differences.push_back(
            {"delivery_without_workflow", subject, "the engine knows no workflow " + id});
      } else if ((*workflow)->closed_at) {
        // Read again: it may have become done while the engine was asked.
        const auto now = ports_.inbox.status(one.source, one.id);
        if (!now || now->state != ingress::DeliveryState::kStarted) continue;
        round.differences.push_back({"delivery_unfinished", subject,
                                     id + " ended as " +
                                         std::string(temporal::to_string((*workflow)->status)) +
                                         " and its records were never staged"});
      }
    }
    if (page->size() < kPage) return;
  }
}

std::vector<std::string> Reconciler::staged_keys() {
  std::vector<std::string> keys;
  std::string after;
  while (keys.size() < kLookedAtMax) {
    const auto page = ports_.staging.list(after, kPage, {});
    if (!page) break;  // compare_staging() says why
    for (const auto& one : *page) keys.push_back(one.key);
    if (page->size() < kPage) break;
    after = keys.back();
  }
  return keys;
}

Result<bool> Reconciler::somebody_works_on(const std::string& document_id) {
  if (ports_.in_hand && ports_.in_hand(document_id)) return true;
  if (!is_quotable(document_id)) return true;  // nobody can say
  const auto found =
      ports_.count("DocumentId = '" + document_id + "' AND ExecutionStatus = 'Running'");
  if (!found) return found.error();
  return *found > 0;
}

/// Records of a batch or of a page do not name the workflow that has them: any of their source's
/// that is at work may.
Result<bool> Reconciler::source_is_busy(const std::string& source) {
  const auto found = ports_.count(
      "Source = '" + source +
      "' AND ExecutionStatus = 'Running' AND WorkflowType IN ('DocumentIngestionWorkflow', "
      "'WebhookIngestionWorkflow', 'BatchProcessingWorkflow')");
  if (!found) return found.error();
  if (*found > 0) return true;
  for (const std::string& id : {poll_workflow_id(source), stream_workflow_id(source)}) {
    const auto flow = ports_.workflow(id);
    if (!flow) return flow.error();
    // A flow that only sleeps has nothing in its hands.
    if (*flow && !(*flow)->closed_at && !(*flow)->pending_activities.empty()) return true;
  }
  return false;
}

void Reconciler::compare_staging(Round& round, const std::vector<std::string>& before,
                                 const std::stop_token& stop) {
  std::map<std::string, bool> busy;
  std::string after;
  for (std::size_t looked_at = 0; looked_at < kLookedAtMax;) {
    const auto page = ports_.staging.list(after, kPage, {});
    if (!page) return round.problems.push_back(page.error().message());
    for (const auto& one : *page) {
      if (stop.stop_requested()) return;
      after = one.key;
      ++looked_at;
      if (!std::ranges::binary_search(before, one.key)) continue;
      const auto worked_on = somebody_works_on(one.document_id);
      if (!worked_on) return round.problems.push_back(worked_on.error().message());
      if (*worked_on) continue;
      if (!busy.contains(one.source)) {
        const auto at_work = source_is_busy(one.source);
        if (!at_work) return round.problems.push_back(at_work.error().message());
        busy[one.source] = *at_work;
      }
      if (busy[one.source]) continue;
      round.differences.push_back({"staging_orphan", one.document_id,
                                   "version " + std::to_string(one.version) +
                                       " waits in staging and no workflow takes it along"});
    }
    if (page->size() < kPage) return;
  }
}

std::vector<std::string> Reconciler::open_sagas() {
  std::vector<std::string> operations;
  if (const auto open = ports_.sagas.open({})) {
    for (const auto& entry : *open) operations.push_back(entry.operation);
  }
  return operations;
}

void Reconciler::compare_sagas(Round& round, const std::vector<std::string>& before) {
  const auto open = ports_.sagas.open({});
  if (!open) return round.problems.push_back(open.error().message());
  for (const auto& entry : *open) {
    if (std::ranges::find(before, entry.operation) == before.end() || entry.items.empty()) continue;
    // Where the stores agree it is whole, or nothing of it: the host only has to note its end.
    std::vector<stores::Disagreement> items;
    for (const auto& item : entry.items) items.push_back({item.document_id, {}, {}});
    const auto half = stores::still_disagree(ports_.stores, items);
    if (!half) return round.problems.push_back(half.error().message());
    if (half->empty()) continue;
    const std::string& document = half->front().document_id;
    const auto worked_on = somebody_works_on(document);
    if (!worked_on) return round.problems.push_back(worked_on.error().message());
    if (*worked_on) continue;
    round.differences.push_back(
        {"saga_open", entry.operation,
         "stores differ about " + document + "; the host goes on trying to finish or undo it"});
  }
}

}  // namespace gantry::app
