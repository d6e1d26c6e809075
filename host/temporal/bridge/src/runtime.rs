//! Tokio, logs and metrics.

use crate::span::{Context, ErrorText, Span, constructed, guarded};
use std::{ffi::c_void, fmt, sync::Arc, time::Duration};
use temporalio_common::telemetry::{
    CoreLog, CoreLogConsumer, Logger, PrometheusExporterOptions, TelemetryOptions,
    start_prometheus_metric_exporter,
};
use temporalio_sdk_core::{CoreRuntime, RuntimeOptions, TokioRuntimeBuilder};

type LogFn = extern "C" fn(*mut c_void, u32, Span, Span, Span);

#[repr(C)]
pub struct Options {
    threads: u32,
    worker_heartbeat_ms: u32,
    log_filter: Span,
    metrics_address: Span,
    log: Option<LogFn>,
    log_context: *mut c_void,
}

pub struct Runtime {
    pub core: CoreRuntime,
}

struct LogSink {
    log: LogFn,
    context: Context,
}

impl fmt::Debug for LogSink {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("LogSink")
    }
}

impl CoreLogConsumer for LogSink {
    fn on_log(&self, log: CoreLog) {
        let level = match log.level {
            tracing::Level::TRACE => 0,
            tracing::Level::DEBUG => 1,
            tracing::Level::INFO => 2,
            tracing::Level::WARN => 3,
            tracing::Level::ERROR => 4,
        };
        let fields = serde_json::to_vec(&log.fields).unwrap_or_else(|_| b"{}".to_vec());
        (self.log)(
            self.context.0,
            level,
            Span::of(log.target.as_bytes()),
            Span::of(log.message.as_bytes()),
            Span::of(&fields),
        );
    }
}

impl Runtime {
    unsafe fn new(options: &Options) -> Result<Self, String> {
        let filter = unsafe { options.log_filter.text() };
        let logger = match options.log {
            Some(log) if !filter.is_empty() => Some(Logger::Push {
                filter,
                consumer: Arc::new(LogSink {
                    log,
                    context: Context(options.log_context),
                }),
            }),
            _ => None,
        };
        let heartbeat = (options.worker_heartbeat_ms > 0)
            .then(|| Duration::from_millis(options.worker_heartbeat_ms.into()));
        let runtime_options = RuntimeOptions::builder()
            .telemetry_options(TelemetryOptions::builder().maybe_logging(logger).build())
            .heartbeat_interval(heartbeat)
            .build()?;

        let mut tokio = TokioRuntimeBuilder::default();
        tokio
            .inner
            .worker_threads(options.threads.max(1) as usize)
            .thread_name("temporal-core");
        let mut core = CoreRuntime::new(runtime_options, tokio).map_err(|e| e.to_string())?;

        if let Some(address) = unsafe { options.metrics_address.text_if_any() } {
            let socket = address
                .parse()
                .map_err(|e| format!("metrics address '{address}': {e}"))?;
            let handle = core.tokio_handle();
            let _entered = handle.enter();
            let exporter = start_prometheus_metric_exporter(
                PrometheusExporterOptions::builder()
                    .socket_addr(socket)
                    .build(),
            )
            .map_err(|e| format!("metrics address '{address}': {e}"))?;
            core.telemetry_mut()
                .attach_late_init_metrics(exporter.meter);
        }
        Ok(Runtime { core })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn gb_runtime_new(
    options: *const Options,
    error: *mut ErrorText,
) -> *mut Runtime {
    unsafe { constructed(error, || Runtime::new(&*options)) }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn gb_runtime_free(runtime: *mut Runtime) {
    guarded((), || {
        if !runtime.is_null() {
            drop(unsafe { Box::from_raw(runtime) });
        }
    });
}
