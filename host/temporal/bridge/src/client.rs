//! Connecting and calling.

use crate::{
    rpc,
    runtime::Runtime,
    span::{
        CANCELLED, Context, DEADLINE_EXCEEDED, Done, DoneFn, Failure, MALFORMED, OK, Span,
        UNAVAILABLE, abandoned, guarded,
    },
};
use std::{ffi::c_void, ptr, time::Duration};
use temporalio_client::{
    ClientTlsOptions, Connection, ConnectionOptions, GrpcCompression, RetryOptions, TlsOptions,
    Url, errors::ClientConnectError,
};
use tokio_util::sync::CancellationToken;

#[repr(C)]
pub struct Options {
    url: Span,
    identity: Span,
    client_name: Span,
    client_version: Span,
    tls_ca: Span,
    tls_cert: Span,
    tls_key: Span,
    tls_server_name: Span,
    api_key: Span,
    connect_timeout_ms: u32,
    gzip: u32,
    retry_initial_ms: u32,
    retry_interval_max_ms: u32,
    retry_elapsed_max_ms: u32,
    retry_attempts_max: u32,
}

pub struct Client {
    pub connection: Connection,
    runtime: tokio::runtime::Handle,
    calls: CancellationToken,
}

type ConnectedFn = extern "C" fn(*mut c_void, *mut Client, i32, Span);

/// A `gb_connected` that is called exactly once.
struct Connected {
    call: Option<(ConnectedFn, Context)>,
}

impl Connected {
    fn send(mut self, result: Result<Client, Failure>) {
        match result {
            Ok(client) => self.fire(Box::into_raw(Box::new(client)), OK, ""),
            Err(failure) => self.fire(ptr::null_mut(), failure.status, &failure.message),
        }
    }

    fn fire(&mut self, client: *mut Client, status: i32, message: &str) {
        if let Some((done, context)) = self.call.take() {
            done(context.0, client, status, Span::of(message.as_bytes()));
        }
    }
}

impl Drop for Connected {
    fn drop(&mut self) {
        let status = abandoned();
        self.fire(ptr::null_mut(), status, "the call was abandoned");
    }
}

fn millis(value: u32) -> Duration {
    Duration::from_millis(value.into())
}

unsafe fn tls(options: &Options, url: &Url) -> Option<TlsOptions> {
    if url.scheme() != "https" {
        return None;
    }
    let bytes = |span: Span| Some(unsafe { span.bytes() }.to_vec()).filter(|b| !b.is_empty());
    let client = bytes(options.tls_cert).map(|cert| {
        ClientTlsOptions::builder()
            .client_cert(cert)
            .client_private_key(bytes(options.tls_key).unwrap_or_default())
            .build()
    });
    Some(
        TlsOptions::builder()
            .maybe_server_root_ca_cert(bytes(options.tls_ca))
            .maybe_domain(unsafe { options.tls_server_name.text_if_any() })
            .maybe_client_tls_options(client)
            .build(),
    )
}

unsafe fn connection_options(
    runtime: &Runtime,
    options: &Options,
) -> Result<ConnectionOptions, Failure> {
    let text = unsafe { options.url.text() };
    let url =
        Url::parse(&text).map_err(|e| Failure::new(MALFORMED, format!("url '{text}': {e}")))?;
    let tls = unsafe { tls(options, &url) };
    let retry = RetryOptions::builder()
        .initial_interval(millis(options.retry_initial_ms))
        .max_interval(millis(options.retry_interval_max_ms))
        .max_elapsed_time(Some(millis(options.retry_elapsed_max_ms)).filter(|d| !d.is_zero()))
        .max_retries(options.retry_attempts_max as usize)
        .build();
    let compression = if options.gzip != 0 {
        GrpcCompression::Gzip
    } else {
        GrpcCompression::None
    };
    Ok(ConnectionOptions::new(url)
        .identity(unsafe { options.identity.text() })
        .client_name(unsafe { options.client_name.text() })
        .client_version(unsafe { options.client_version.text() })
        .maybe_tls_options(tls)
        .maybe_api_key(unsafe { options.api_key.text_if_any() })
        .connect_timeout(millis(options.connect_timeout_ms))
        .retry_options(retry)
        .grpc_compression(compression)
        .maybe_metrics_meter(runtime.core.telemetry().get_temporal_metric_meter())
        .build())
}

fn connect_failure(error: ClientConnectError) -> Failure {
    match error {
        ClientConnectError::SystemInfoCallError(status) => status.into(),
        ClientConnectError::TonicTransportError(e) => Failure::new(UNAVAILABLE, chain(&e)),
        ClientConnectError::DnsResolutionError { .. } => Failure::new(UNAVAILABLE, error),
        _ => Failure::new(MALFORMED, error),
    }
}

/// "transport error: tcp connect error: Connection refused": the words of every cause.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        text = format!("{text}: {inner}");
        cause = inner.source();
    }
    text
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn gb_client_connect(
    runtime: *mut Runtime,
    options: *const Options,
    done: ConnectedFn,
    context: *mut c_void,
) {
    let connected = Connected {
        call: Some((done, Context(context))),
    };
    guarded((), move || {
        let runtime = unsafe { &*runtime };
        let patience = millis(unsafe { &*options }.connect_timeout_ms);
        let options = match unsafe { connection_options(runtime, &*options) } {
            Ok(options) => options,
            Err(failure) => return connected.send(Err(failure)),
        };
        let handle = runtime.core.tokio_handle();
        let inner = handle.clone();
        handle.spawn(async move {
            // A server that refuses our certificate does so after its own handshake succeeded, and
            // Core would open the channel again without end.
            let result = tokio::time::timeout(patience, Connection::connect(options)).await;
            connected.send(match result {
                Ok(result) => result.map_err(connect_failure).map(|connection| Client {
                    connection,
                    runtime: inner,
                    calls: CancellationToken::new(),
                }),
                Err(_) => Err(Failure::new(
                    UNAVAILABLE,
                    "no answer in time, or the TLS client certificate was refused",
                )),
            });
        });
    });
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn gb_client_cancel_calls(client: *mut Client) {
    guarded((), || unsafe { &*client }.calls.cancel());
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn gb_client_free(client: *mut Client) {
    guarded((), || {
        if !client.is_null() {
            let client = unsafe { Box::from_raw(client) };
            // Dropping a connection may need its runtime (the DNS task).
            let handle = client.runtime.clone();
            let _entered = handle.enter();
            drop(client);
        }
    });
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn gb_client_rpc(
    client: *mut Client,
    service: u32,
    method: Span,
    request: Span,
    timeout_ms: u32,
    retry: u32,
    done: DoneFn,
    context: *mut c_void,
) {
    let done = Done::new(done, context);
    guarded((), move || {
        let client = unsafe { &*client };
        let options = rpc::CallOptions {
            timeout: (timeout_ms > 0).then(|| millis(timeout_ms)),
            retry: (retry == 0).then(RetryOptions::no_retries),
        };
        let timeout = options.timeout;
        let method = unsafe { method.text() };
        let call = match rpc::call(
            client.connection.clone(),
            service,
            &method,
            unsafe { request.bytes() },
            options,
        ) {
            Ok(call) => call,
            Err(failure) => return done.send_result(Err(failure)),
        };
        let cancelled = client.calls.clone();
        // A clone: the callback may come, and the client go, before spawn returns.
        let runtime = client.runtime.clone();
        runtime.spawn(async move {
            let result = tokio::select! {
                biased;
                _ = cancelled.cancelled() => Err(Failure::new(CANCELLED, "the client was closed")),
                result = within(timeout, call) => result,
            };
            done.send_result(result);
        });
    });
}

async fn within(timeout: Option<Duration>, call: rpc::Call) -> Result<Vec<u8>, Failure> {
    match timeout {
        None => call.await,
        Some(limit) => tokio::time::timeout(limit, call)
            .await
            .unwrap_or_else(|_| Err(Failure::new(DEADLINE_EXCEEDED, "no answer in time"))),
    }
}
