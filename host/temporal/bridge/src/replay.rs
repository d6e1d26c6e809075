//! A worker over histories instead of a server.

use crate::{
    runtime::Runtime,
    span::{Done, DoneFn, ErrorText, Failure, SHUTDOWN, Span, constructed, guarded},
    worker::{Options, Worker, config},
};
use prost::Message;
use std::{ffi::c_void, sync::Arc};
use temporalio_common::protos::temporal::api::history::v1::History;
use temporalio_sdk_core::{
    init_replay_worker,
    replay::{HistoryFeeder, HistoryForReplay, ReplayWorkerInput},
};

pub struct Feeder {
    feeder: Arc<HistoryFeeder>,
    runtime: tokio::runtime::Handle,
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn gb_replay_worker_new(
    runtime: *mut Runtime,
    options: *const Options,
    feeder: *mut *mut Feeder,
    error: *mut ErrorText,
) -> *mut Worker {
    unsafe {
        constructed(error, || {
            let handle = (*runtime).core.tokio_handle();
            let _entered = handle.enter();
            let (source, stream) = HistoryFeeder::new(1);
            let core = init_replay_worker(ReplayWorkerInput::new(config(&*options)?, stream))
                .map_err(|e| format!("{e:#}"))?;
            *feeder = Box::into_raw(Box::new(Feeder {
                feeder: Arc::new(source),
                runtime: handle.clone(),
            }));
            Ok(Worker::new(core, handle.clone()))
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn gb_feeder_feed(
    feeder: *mut Feeder,
    workflow_id: Span,
    history: Span,
    done: DoneFn,
    context: *mut c_void,
) {
    let done = Done::new(done, context);
    guarded((), move || {
        let feeder = unsafe { &*feeder };
        let history = match History::decode(unsafe { history.bytes() }) {
            Ok(history) => history,
            Err(error) => return done.send_result(Err(error.into())),
        };
        let history = HistoryForReplay::new(history, unsafe { workflow_id.text() });
        let source = feeder.feeder.clone();
        let runtime = feeder.runtime.clone();
        runtime.spawn(async move {
            let result = source.feed(history).await;
            drop(source);
            done.send_result(
                result
                    .map(|()| Vec::new())
                    .map_err(|_| Failure::new(SHUTDOWN, "the replay worker has ended")),
            );
        });
    });
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn gb_feeder_free(feeder: *mut Feeder) {
    guarded((), || {
        if !feeder.is_null() {
            drop(unsafe { Box::from_raw(feeder) });
        }
    });
}
