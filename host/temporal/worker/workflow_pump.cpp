#include "host/temporal/worker/workflow_pump.hpp"

#include <pthread.h>
#include <temporal/sdk/core/workflow_activation/workflow_activation.pb.h>
#include <temporal/sdk/core/workflow_completion/workflow_completion.pb.h>

#include <nlohmann/json.hpp>

#include "host/base/assert.hpp"
#include "host/base/json.hpp"
#include "host/temporal/converter/wire.hpp"
#include "host/temporal/workflow/host.hpp"

namespace gantry::temporal {
namespace {

/// Fails the workflow task, not the workflow: the server gives it out again.
std::string failed_task(std::string_view run_id, const Error& error) {
  coresdk::workflow_completion::WorkflowActivationCompletion completion;
  completion.set_run_id(std::string(run_id));
  to_wire(ApplicationFailure("PayloadUnavailable", error.message()),
          *completion.mutable_failed()->mutable_failure());
  return completion.SerializeAsString();
}

std::string run_of(const std::string& activation) {
  coresdk::workflow_activation::WorkflowActivation message;
  return message.ParseFromString(activation) ? message.run_id() : std::string();
}

}  // namespace

WorkflowPump::~WorkflowPump() { GANTRY_ASSERT(!thread_.joinable()); }

void WorkflowPump::start(std::function<void(Error)> failed) {
  failed_ = std::move(failed);
  thread_ = std::thread([this] {
    ::pthread_setname_np(::pthread_self(), "workflows");
    serve();
  });
  poll();
}

void WorkflowPump::join() {
  if (thread_.joinable()) thread_.join();
  completions_.wait_for_zero();
}

void WorkflowPump::poll() {
  core_.poll_workflow([this](int status, std::string_view bytes, std::string_view message) {
    if (status == bridge::kOk) {
      {
        const std::lock_guard lock(mutex_);
        queue_.emplace_back(bytes);
      }
      wake_.notify_one();
      poll();
      return;
    }
    if (status != bridge::kShutdown) {
      failed_(Error{bridge::kind_of(status), "workflow polls were refused", std::string(message)});
    }
    const std::lock_guard lock(mutex_);
    ended_ = true;
    wake_.notify_one();
  });
}

void WorkflowPump::serve() {
  std::unique_lock lock(mutex_);
  for (;;) {
    wake_.wait(lock, [this] { return ended_ || !queue_.empty(); });
    if (queue_.empty()) return;
    auto activation = std::move(queue_.front());
    queue_.pop_front();
    lock.unlock();
    complete(completion_of(std::move(activation)));
    lock.lock();
  }
}

std::string WorkflowPump::completion_of(std::string activation) {
  if (claim_check_ == nullptr) return host_.activate(activation);
  if (ClaimCheck::may_redeem(activation)) {
    auto run_id = run_of(activation);
    auto redeemed = claim_check_->redeem(ClaimCheck::Kind::kActivation, std::move(activation));
    if (!redeemed) return failed_task(run_id, redeemed.error());
    activation = std::move(*redeemed);
  }
  auto completion = host_.activate(activation);
  if (!claim_check_->may_deposit(completion.size())) return completion;
  auto deposited = claim_check_->deposit(ClaimCheck::Kind::kCompletion, std::move(completion));
  if (!deposited) return failed_task(run_of(activation), deposited.error());
  return std::move(*deposited);
}

void WorkflowPump::complete(std::string completion) {
  completions_.enter();
  core_.complete_workflow(
      completion, [this](int status, std::string_view, std::string_view message) {
        if (status != bridge::kOk) {
          log_({LogLevel::kError, "temporal.worker", "workflow_completion_refused",
                dump_json({{"reason", message}})});
        }
        completions_.leave();
      });
}

}  // namespace gantry::temporal
