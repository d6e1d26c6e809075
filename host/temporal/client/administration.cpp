#include <temporal/api/operatorservice/v1/request_response.pb.h>

#include <thread>

#include "host/temporal/client/calls.hpp"

namespace gantry::temporal {
namespace {

namespace api = ::temporal::api;
namespace admin = ::temporal::api::operatorservice::v1;

// A new attribute reaches the server's caches within this time or not at all.
constexpr milliseconds kSettle{10'000};
constexpr milliseconds kSettlePause{100};

}  // namespace

Result<ServerInfo> Client::server_info() {
  const Calls calls(*this);
  service::GetSystemInfoRequest request;
  const auto response = calls.call<service::GetSystemInfoResponse>(
      "get_system_info", request, about("system info of", calls.options().address));
  if (!response) return response.error();
  return ServerInfo{response->server_version(), response->capabilities().eager_workflow_start()};
}

Result<void> Client::describe_namespace() {
  const Calls calls(*this);
  const auto& name = calls.options().name_space;
  service::DescribeNamespaceRequest request;
  request.set_namespace_(name);
  const auto found = calls.call<service::DescribeNamespaceResponse>(
      "describe_namespace", request, about("describe namespace", name));
  if (!found) return found.error();
  return {};
}

Result<void> Client::ensure_namespace(std::chrono::hours retention) {
  auto found = describe_namespace();
  if (found || found.error().kind != ErrorKind::kNotFound) return found;
  const Calls calls(*this);
  const auto& name = calls.options().name_space;
  service::RegisterNamespaceRequest request;
  request.set_namespace_(name);
  to_wire(retention, *request.mutable_workflow_execution_retention_period());
  const auto made = calls.call<service::RegisterNamespaceResponse>(
      "register_namespace", request, about("register namespace", name));
  // Another host may have been quicker.
  if (!made && made.error().kind != ErrorKind::kConflict) return made.error();
  return {};
}

Result<void> Client::ensure_keywords(const std::vector<std::string>& names) {
  const Calls calls(*this);
  const auto& name_space = calls.options().name_space;
  const auto what = about("search attributes of", name_space);
  const auto deadline = std::chrono::steady_clock::now() + kSettle;
  for (bool asked = false;;) {
    admin::ListSearchAttributesRequest list;
    list.set_namespace_(name_space);
    const auto found = calls.call<admin::ListSearchAttributesResponse>(
        "list_search_attributes", list, what, milliseconds(0), bridge::Service::kOperator);
    if (!found) return found.error();
    admin::AddSearchAttributesRequest add;
    add.set_namespace_(name_space);
    for (const auto& name : names) {
      const auto known = found->custom_attributes().find(name);
      if (known == found->custom_attributes().end()) {
        (*add.mutable_search_attributes())[name] = api::enums::v1::INDEXED_VALUE_TYPE_KEYWORD;
      } else if (known->second != api::enums::v1::INDEXED_VALUE_TYPE_KEYWORD) {
        return Error{ErrorKind::kConflict, what + ": " + name + " exists and is no Keyword"};
      }
    }
    if (add.search_attributes().empty()) return {};
    if (!asked) {
      asked = true;
      const auto added = calls.call<admin::AddSearchAttributesResponse>(
          "add_search_attributes", add, what, milliseconds(0), bridge::Service::kOperator);
      if (!added && added.error().kind != ErrorKind::kConflict) return added.error();
    } else if (std::chrono::steady_clock::now() > deadline) {
      return Error{ErrorKind::kTimeout, what + ": added but not visible yet"};
    } else {
      std::this_thread::sleep_for(kSettlePause);
    }
  }
}

Result<Backlog> Client::backlog(std::string_view task_queue, TaskKind kind) {
  const Calls calls(*this);
  service::DescribeTaskQueueRequest request;
  request.set_namespace_(calls.options().name_space);
  request.mutable_task_queue()->set_name(std::string(task_queue));
  request.set_task_queue_type(kind == TaskKind::kWorkflow
                                  ? api::enums::v1::TASK_QUEUE_TYPE_WORKFLOW
                                  : api::enums::v1::TASK_QUEUE_TYPE_ACTIVITY);
  request.set_report_stats(true);
  const auto found = calls.call<service::DescribeTaskQueueResponse>(
      "describe_task_queue", request, about("backlog of", task_queue));
  if (!found) return found.error();
  return Backlog{found->stats().approximate_backlog_count(),
                 from_wire(found->stats().approximate_backlog_age())};
}

Result<void> Client::set_current_version(std::string_view deployment, std::string_view build_id) {
  const Calls calls(*this);
  service::SetWorkerDeploymentCurrentVersionRequest request;
  request.set_namespace_(calls.options().name_space);
  request.set_identity(calls.options().identity);
  request.set_deployment_name(std::string(deployment));
  request.set_build_id(std::string(build_id));
  const auto response = calls.call<service::SetWorkerDeploymentCurrentVersionResponse>(
      "set_worker_deployment_current_version", request, about("set version of", deployment));
  if (!response) return response.error();
  return {};
}

}  // namespace gantry::temporal
