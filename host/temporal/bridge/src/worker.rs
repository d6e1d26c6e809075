//! Polling and completing.

use crate::{
    client::Client,
    runtime::Runtime,
    span::{
        Done, DoneFn, ErrorText, Failure, MALFORMED, OK, PANIC, SHUTDOWN, Span, constructed,
        guarded,
    },
};
use prost::Message;
use std::{ffi::c_void, future::Future, sync::Arc, time::Duration};
use temporalio_common::{
    WorkerDeploymentVersion,
    protos::coresdk::{
        ActivityHeartbeat, ActivityTaskCompletion,
        workflow_completion::WorkflowActivationCompletion,
    },
    worker::{VersioningBehavior, WorkerDeploymentOptions, WorkerTaskTypes},
};
use temporalio_sdk_core::{
    PollError, PollerBehavior, Worker as CoreWorker, WorkerConfig, WorkerVersioningStrategy,
    init_worker,
};

#[repr(C)]
pub struct Options {
    name_space: Span,
    task_queue: Span,
    deployment_name: Span,
    build_id: Span,
    use_versioning: u32,
    default_versioning: u32,
    workflows: u32,
    local_activities: u32,
    remote_activities: u32,
    cached_workflows_max: u32,
    workflow_slots: u32,
    activity_slots: u32,
    local_activity_slots: u32,
    workflow_pollers: u32,
    activity_pollers: u32,
    poller_autoscaling: u32,
    eager_activities_max: u32,
    sticky_timeout_ms: u32,
    graceful_shutdown_ms: u32,
    heartbeat_throttle_max_ms: u32,
    heartbeat_throttle_default_ms: u32,
    worker_activities_per_second: f64,
    queue_activities_per_second: f64,
}

pub struct Worker {
    core: Arc<CoreWorker>,
    runtime: tokio::runtime::Handle,
}

impl Worker {
    pub fn new(core: CoreWorker, runtime: tokio::runtime::Handle) -> Self {
        Worker {
            core: Arc::new(core),
            runtime,
        }
    }

    /// Runs `work` on Core's threads. Its share of the worker is given back before the callback
    /// comes, so that whoever has seen all callbacks may finalize.
    fn run<W, F>(&self, done: Done, work: W)
    where
        W: FnOnce(Arc<CoreWorker>) -> F,
        F: Future<Output = Result<Vec<u8>, Failure>> + Send + 'static,
    {
        let work = work(self.core.clone());
        // A clone: the callback may come, and the worker go, before spawn returns.
        let runtime = self.runtime.clone();
        runtime.spawn(async move { done.send_result(work.await) });
    }
}

unsafe fn versioning(options: &Options) -> WorkerVersioningStrategy {
    let build_id = unsafe { options.build_id.text() };
    let Some(deployment) = (unsafe { options.deployment_name.text_if_any() }) else {
        return WorkerVersioningStrategy::None { build_id };
    };
    let behaviour = match options.default_versioning {
        1 => Some(VersioningBehavior::Pinned),
        2 => Some(VersioningBehavior::AutoUpgrade),
        _ => None,
    };
    let version = WorkerDeploymentVersion::builder()
        .deployment_name(deployment)
        .build_id(build_id)
        .build();
    WorkerVersioningStrategy::WorkerDeploymentBased(
        WorkerDeploymentOptions::new(version)
            .use_worker_versioning(options.use_versioning != 0)
            .maybe_default_versioning_behavior(behaviour)
            .build(),
    )
}

fn pollers(most: u32, least: usize, autoscaling: bool) -> PollerBehavior {
    let most = (most as usize).max(least);
    if autoscaling {
        PollerBehavior::Autoscaling {
            minimum: least,
            maximum: most,
            initial: least,
        }
    } else {
        PollerBehavior::SimpleMaximum(most)
    }
}

pub unsafe fn config(options: &Options) -> Result<WorkerConfig, String> {
    let millis = |value: u32| Duration::from_millis(value.into());
    let rate = |value: f64| (value > 0.0).then_some(value);
    let autoscaling = options.poller_autoscaling != 0;
    let workflows = options.workflows != 0;
    WorkerConfig::builder()
        .namespace(unsafe { options.name_space.text() })
        .task_queue(unsafe { options.task_queue.text() })
        .versioning_strategy(unsafe { versioning(options) })
        .task_types(WorkerTaskTypes {
            enable_workflows: workflows,
            enable_local_activities: workflows && options.local_activities != 0,
            enable_remote_activities: options.remote_activities != 0,
            enable_nexus: false,
        })
        .max_cached_workflows(options.cached_workflows_max as usize)
        .max_outstanding_workflow_tasks(options.workflow_slots as usize)
        .max_outstanding_activities(options.activity_slots as usize)
        .max_outstanding_local_activities(options.local_activity_slots as usize)
        .workflow_task_poller_behavior(pollers(options.workflow_pollers, 2, autoscaling))
        .activity_task_poller_behavior(pollers(options.activity_pollers, 1, autoscaling))
        .max_eager_activity_reservations_per_workflow_task(options.eager_activities_max as usize)
        .sticky_queue_schedule_to_start_timeout(millis(options.sticky_timeout_ms))
        .maybe_graceful_shutdown_period(
            Some(millis(options.graceful_shutdown_ms)).filter(|d| !d.is_zero()),
        )
        .max_heartbeat_throttle_interval(millis(options.heartbeat_throttle_max_ms))
        .default_heartbeat_throttle_interval(millis(options.heartbeat_throttle_default_ms))
        .maybe_max_worker_activities_per_second(rate(options.worker_activities_per_second))
        .maybe_max_task_queue_activities_per_second(rate(options.queue_activities_per_second))
        .build()
}

fn polled<T: Message>(result: Result<T, PollError>) -> Result<Vec<u8>, Failure> {
    match result {
        Ok(task) => Ok(task.encode_to_vec()),
        Err(PollError::ShutDown) => Err(Failure::new(SHUTDOWN, "the worker has ended")),
        Err(PollError::TonicError(status)) => Err(status.into()),
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn gb_worker_new(
    runtime: *mut Runtime,
    client: *mut Client,
    options: *const Options,
    error: *mut ErrorText,
) -> *mut Worker {
    unsafe {
        constructed(error, || {
            let runtime = &*runtime;
            let handle = runtime.core.tokio_handle();
            let _entered = handle.enter();
            let config = config(&*options)?;
            let connection = (*client).connection.clone();
            let core =
                init_worker(&runtime.core, config, connection).map_err(|e| format!("{e:#}"))?;
            Ok(Worker::new(core, handle.clone()))
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn gb_worker_validate(
    worker: *mut Worker,
    done: DoneFn,
    context: *mut c_void,
) {
    let done = Done::new(done, context);
    guarded((), move || {
        unsafe { &*worker }.run(done, |core| async move {
            let result = core.validate().await;
            drop(core);
            match result {
                Ok(_) => Ok(Vec::new()),
                Err(temporalio_sdk_core::WorkerValidationError::NamespaceDescribeError {
                    source,
                    ..
                }) => Err(source.into()),
            }
        });
    });
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn gb_worker_poll_workflow(
    worker: *mut Worker,
    done: DoneFn,
    context: *mut c_void,
) {
    let done = Done::new(done, context);
    guarded((), move || {
        unsafe { &*worker }.run(done, |core| async move {
            let result = core.poll_workflow_activation().await;
            drop(core);
            polled(result)
        });
    });
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn gb_worker_poll_activity(
    worker: *mut Worker,
    done: DoneFn,
    context: *mut c_void,
) {
    let done = Done::new(done, context);
    guarded((), move || {
        unsafe { &*worker }.run(done, |core| async move {
            let result = core.poll_activity_task().await;
            drop(core);
            polled(result)
        });
    });
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn gb_worker_complete_workflow(
    worker: *mut Worker,
    completion: Span,
    done: DoneFn,
    context: *mut c_void,
) {
    let done = Done::new(done, context);
    guarded((), move || {
        let completion = match WorkflowActivationCompletion::decode(unsafe { completion.bytes() }) {
            Ok(completion) => completion,
            Err(error) => return done.send_result(Err(error.into())),
        };
        unsafe { &*worker }.run(done, |core| async move {
            let result = core.complete_workflow_activation(completion).await;
            drop(core);
            result
                .map(|()| Vec::new())
                .map_err(|error| Failure::new(MALFORMED, error))
        });
    });
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn gb_worker_complete_activity(
    worker: *mut Worker,
    completion: Span,
    done: DoneFn,
    context: *mut c_void,
) {
    let done = Done::new(done, context);
    guarded((), move || {
        let completion = match ActivityTaskCompletion::decode(unsafe { completion.bytes() }) {
            Ok(completion) => completion,
            Err(error) => return done.send_result(Err(error.into())),
        };
        unsafe { &*worker }.run(done, |core| async move {
            let result = core.complete_activity_task(completion).await;
            drop(core);
            // The error's Display may show the completion; only its kind is passed on.
            result
                .map(|()| Vec::new())
                .map_err(|_| Failure::new(MALFORMED, "Core refused the activity completion"))
        });
    });
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn gb_worker_record_heartbeat(worker: *mut Worker, heartbeat: Span) -> i32 {
    guarded(PANIC, || {
        let worker = unsafe { &*worker };
        match ActivityHeartbeat::decode(unsafe { heartbeat.bytes() }) {
            Ok(heartbeat) => {
                let _entered = worker.runtime.enter();
                worker.core.record_activity_heartbeat(heartbeat);
                OK
            }
            Err(_) => MALFORMED,
        }
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn gb_worker_request_eviction(worker: *mut Worker, run_id: Span) {
    guarded((), || {
        let worker = unsafe { &*worker };
        let _entered = worker.runtime.enter();
        worker
            .core
            .request_workflow_eviction(&unsafe { run_id.text() });
    });
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn gb_worker_initiate_shutdown(worker: *mut Worker) {
    guarded((), || {
        let worker = unsafe { &*worker };
        let _entered = worker.runtime.enter();
        worker.core.initiate_shutdown();
    });
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn gb_worker_finalize(
    worker: *mut Worker,
    done: DoneFn,
    context: *mut c_void,
) {
    let done = Done::new(done, context);
    guarded((), move || {
        let Worker { core, runtime } = *unsafe { Box::from_raw(worker) };
        match Arc::try_unwrap(core) {
            Ok(core) => {
                runtime.spawn(async move {
                    core.finalize_shutdown().await;
                    done.send(OK, &[], "");
                });
            }
            Err(_) => done.send(MALFORMED, &[], "calls on the worker are still in flight"),
        }
    });
}
