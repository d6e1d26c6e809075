//! Core's clients are typed, so a call by name is a match over the names; a macro writes it.

use crate::span::{Failure, UNIMPLEMENTED};
use futures_util::future::BoxFuture;
use prost::Message;
use std::time::Duration;
use temporalio_client::{
    Connection, RetryOptions,
    grpc::{HealthService, OperatorService, WorkflowService},
    request_extensions::RetryConfigForCall,
    tonic,
};
use temporalio_common::protos::{
    grpc::health::v1::HealthCheckRequest,
    temporal::api::{operatorservice::v1::*, workflowservice::v1::*},
};

pub type Call = BoxFuture<'static, Result<Vec<u8>, Failure>>;

const WORKFLOW_SERVICE: u32 = 1;
const OPERATOR_SERVICE: u32 = 2;
const HEALTH_SERVICE: u32 = 3;

/// The transport reports its own deadline as CANCELLED; ours, which says DEADLINE_EXCEEDED, must
/// come first.
const TRANSPORT_GRACE: Duration = Duration::from_secs(1);

/// What tonic should know of one call besides its message.
pub struct CallOptions {
    pub timeout: Option<Duration>,
    pub retry: Option<RetryOptions>,
}

impl CallOptions {
    pub fn request<T>(&self, message: T) -> tonic::Request<T> {
        let mut request = tonic::Request::new(message);
        if let Some(timeout) = self.timeout {
            request.set_timeout(timeout + TRANSPORT_GRACE);
        }
        if let Some(retry) = &self.retry {
            request
                .extensions_mut()
                .insert(RetryConfigForCall(retry.clone()));
        }
        request
    }
}

macro_rules! calls {
    ($connection:ident, $method:ident, $bytes:ident, $options:ident, $service:ident:
     $($name:ident($request:ty)),* $(,)?) => {
        match $method {
            $(stringify!($name) => {
                let request = $options.request(<$request>::decode($bytes)?);
                Ok(Box::pin(async move {
                    let mut connection = $connection;
                    let answer = $service::$name(&mut connection, request).await?;
                    Ok(answer.into_inner().encode_to_vec())
                }))
            })*
            _ => Err(Failure::new(UNIMPLEMENTED, format!("the bridge has no method {}", $method))),
        }
    };
}

pub fn call(
    connection: Connection,
    service: u32,
    method: &str,
    bytes: &[u8],
    options: CallOptions,
) -> Result<Call, Failure> {
    match service {
        WORKFLOW_SERVICE => calls!(connection, method, bytes, options, WorkflowService:
            register_namespace(RegisterNamespaceRequest),
            describe_namespace(DescribeNamespaceRequest),
            list_namespaces(ListNamespacesRequest),
            update_namespace(UpdateNamespaceRequest),
            start_workflow_execution(StartWorkflowExecutionRequest),
            execute_multi_operation(ExecuteMultiOperationRequest),
            get_workflow_execution_history(GetWorkflowExecutionHistoryRequest),
            get_workflow_execution_history_reverse(GetWorkflowExecutionHistoryReverseRequest),
            signal_workflow_execution(SignalWorkflowExecutionRequest),
            signal_with_start_workflow_execution(SignalWithStartWorkflowExecutionRequest),
            query_workflow(QueryWorkflowRequest),
            update_workflow_execution(UpdateWorkflowExecutionRequest),
            poll_workflow_execution_update(PollWorkflowExecutionUpdateRequest),
            describe_workflow_execution(DescribeWorkflowExecutionRequest),
            request_cancel_workflow_execution(RequestCancelWorkflowExecutionRequest),
            terminate_workflow_execution(TerminateWorkflowExecutionRequest),
            reset_workflow_execution(ResetWorkflowExecutionRequest),
            delete_workflow_execution(DeleteWorkflowExecutionRequest),
            list_workflow_executions(ListWorkflowExecutionsRequest),
            count_workflow_executions(CountWorkflowExecutionsRequest),
            get_search_attributes(GetSearchAttributesRequest),
            get_cluster_info(GetClusterInfoRequest),
            get_system_info(GetSystemInfoRequest),
            describe_task_queue(DescribeTaskQueueRequest),
            respond_activity_task_completed_by_id(RespondActivityTaskCompletedByIdRequest),
            respond_activity_task_failed_by_id(RespondActivityTaskFailedByIdRequest),
            respond_activity_task_canceled_by_id(RespondActivityTaskCanceledByIdRequest),
            record_activity_task_heartbeat_by_id(RecordActivityTaskHeartbeatByIdRequest),
            describe_worker_deployment(DescribeWorkerDeploymentRequest),
            describe_worker_deployment_version(DescribeWorkerDeploymentVersionRequest),
            list_worker_deployments(ListWorkerDeploymentsRequest),
            set_worker_deployment_current_version(SetWorkerDeploymentCurrentVersionRequest),
            set_worker_deployment_ramping_version(SetWorkerDeploymentRampingVersionRequest),
            delete_worker_deployment(DeleteWorkerDeploymentRequest),
            delete_worker_deployment_version(DeleteWorkerDeploymentVersionRequest),
            update_workflow_execution_options(UpdateWorkflowExecutionOptionsRequest),
            list_workers(ListWorkersRequest),
            create_schedule(CreateScheduleRequest),
            describe_schedule(DescribeScheduleRequest),
            update_schedule(UpdateScheduleRequest),
            patch_schedule(PatchScheduleRequest),
            delete_schedule(DeleteScheduleRequest),
        ),
        OPERATOR_SERVICE => calls!(connection, method, bytes, options, OperatorService:
            add_search_attributes(AddSearchAttributesRequest),
            remove_search_attributes(RemoveSearchAttributesRequest),
            list_search_attributes(ListSearchAttributesRequest),
            delete_namespace(DeleteNamespaceRequest),
            list_clusters(ListClustersRequest),
        ),
        HEALTH_SERVICE => calls!(connection, method, bytes, options, HealthService:
            check(HealthCheckRequest),
        ),
        _ => Err(Failure::new(
            UNIMPLEMENTED,
            format!("the bridge has no service {service}"),
        )),
    }
}
