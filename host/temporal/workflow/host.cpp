#include "host/temporal/workflow/host.hpp"

#include <google/protobuf/arena.h>

#include <chrono>
#include <unordered_map>
#include <utility>

#include "host/temporal/workflow/run.hpp"
#include "temporal/sdk/core/workflow_activation/workflow_activation.pb.h"
#include "temporal/sdk/core/workflow_completion/workflow_completion.pb.h"

namespace gantry::temporal::workflow {
namespace {

using coresdk::workflow_activation::RemoveFromCache;
using coresdk::workflow_activation::WorkflowActivation;
using coresdk::workflow_activation::WorkflowActivationJob;
using coresdk::workflow_completion::WorkflowActivationCompletion;

/// Holds most activations and their completions without a further allocation.
constexpr std::size_t kArenaBytes = 32 * 1024;

/// Core reports some evictions as the debug text of the completion that failed; the reader wants
/// the words inside.
std::string_view words_in(std::string_view message) {
  constexpr std::string_view kBefore = "Failure { message: \"";
  constexpr std::string_view kAfter = "\", source: \"";
  const auto begin = message.find(kBefore);
  if (begin == std::string_view::npos) return message;
  message.remove_prefix(begin + kBefore.size());
  return message.substr(0, message.find(kAfter));
}

/// Whether the server has what the run did in its last task, as far as the eviction tells.
bool was_taken(RemoveFromCache::EvictionReason reason) {
  return reason == RemoveFromCache::WORKFLOW_EXECUTION_ENDING ||
         reason == RemoveFromCache::CACHE_FULL;
}

class RunHost final : public Host {
 public:
  RunHost(const Registry& registry, HostOptions options)
      : registry_(registry), options_(std::move(options)), block_(new char[kArenaBytes]) {}

  std::string activate(std::string_view bytes) override {
    google::protobuf::ArenaOptions arena_options;
    arena_options.initial_block = block_.get();
    arena_options.initial_block_size = kArenaBytes;
    google::protobuf::Arena arena(arena_options);
    auto& in = *google::protobuf::Arena::CreateMessage<WorkflowActivation>(&arena);
    auto& out = *google::protobuf::Arena::CreateMessage<WorkflowActivationCompletion>(&arena);
    if (in.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
      out.set_run_id(in.run_id());
      serve(in, out);
    } else {
      refuse("an activation that is no coresdk.WorkflowActivation message", out);
    }
    return out.SerializeAsString();
  }

 private:
  void serve(WorkflowActivation& in, WorkflowActivationCompletion& out) {
    const auto job = [&in](WorkflowActivationJob::VariantCase kind) -> WorkflowActivationJob* {
      return in.jobs_size() > 0 && in.jobs(0).variant_case() == kind ? in.mutable_jobs(0) : nullptr;
    };
    if (const auto* eviction = job(WorkflowActivationJob::kRemoveFromCache)) {
      evict(in.run_id(), eviction->remove_from_cache());
      out.mutable_successful();
      return;
    }
    auto found = runs_.find(in.run_id());
    if (job(WorkflowActivationJob::kInitializeWorkflow) != nullptr) {
      if (found != runs_.end()) runs_.erase(found);
      auto run = std::make_unique<detail::Run>(registry_, options_, in.run_id());
      found = runs_.emplace(in.run_id(), std::move(run)).first;
    }
    if (found == runs_.end()) {
      return refuse("run " + in.run_id() + " is not in this worker's cache", out);
    }
    const auto began = std::chrono::steady_clock::now();
    found->second->activate(in, out);
    const auto took = std::chrono::steady_clock::now() - began;
    if (took > options_.slow_activation) {
      const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(took);
      log(LogLevel::kWarning, "workflow_code_blocks", found->second->info,
          {{"milliseconds", std::to_string(ms.count())}});
    }
  }

  void evict(const std::string& run_id, const RemoveFromCache& eviction) {
    const auto found = runs_.find(run_id);
    if (found == runs_.end()) return;
    const Info& info = found->second->info;
    const auto words = words_in(eviction.message());
    if (eviction.reason() == RemoveFromCache::NONDETERMINISM) {
      log(LogLevel::kError, "workflow_nondeterminism", info,
          {{"after_event", std::to_string(info.history_events)}, {"error", std::string(words)}});
    }
    if (options_.observer != nullptr) {
      options_.observer->evicted(info, static_cast<Eviction>(eviction.reason()), words);
    }
    found->second->trace.settle(was_taken(eviction.reason()));
    runs_.erase(found);
  }

  static void refuse(const std::string& message, WorkflowActivationCompletion& out) {
    out.mutable_failed()->mutable_failure()->set_message(message);
    out.mutable_failed()->mutable_failure()->set_source("gantry");
  }

  void log(LogLevel level, std::string_view event, const Info& info,
           const detail::LogFields& fields) const {
    if (options_.log != nullptr) options_.log->write({level, event, info, fields});
  }

  const Registry& registry_;
  const HostOptions options_;
  const std::unique_ptr<char[]> block_;
  std::unordered_map<std::string, std::unique_ptr<detail::Run>> runs_;
};

}  // namespace

std::unique_ptr<Host> make_host(const Registry& registry, HostOptions options) {
  return std::make_unique<RunHost>(registry, std::move(options));
}

}  // namespace gantry::temporal::workflow
