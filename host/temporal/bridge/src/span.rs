//! What crosses the line: borrowed bytes, status codes, and callbacks that always come.

use std::{
    ffi::{c_char, c_void},
    panic::{AssertUnwindSafe, catch_unwind},
    ptr,
};

pub const OK: i32 = 0;
pub const CANCELLED: i32 = 1;
pub const DEADLINE_EXCEEDED: i32 = 4;
pub const UNIMPLEMENTED: i32 = 12;
pub const UNAVAILABLE: i32 = 14;
pub const SHUTDOWN: i32 = 100;
pub const MALFORMED: i32 = 101;
pub const PANIC: i32 = 102;

#[repr(C)]
#[derive(Clone, Copy)]
pub struct Span {
    data: *const u8,
    size: usize,
}

impl Span {
    pub fn of(bytes: &[u8]) -> Self {
        Span {
            data: bytes.as_ptr(),
            size: bytes.len(),
        }
    }

    /// # Safety
    /// The caller of the bridge lends `size` bytes at `data` for the call.
    pub unsafe fn bytes<'a>(self) -> &'a [u8] {
        if self.size == 0 {
            return &[];
        }
        unsafe { std::slice::from_raw_parts(self.data, self.size) }
    }

    /// # Safety
    /// As for [Span::bytes]. Ill-formed UTF-8 is replaced, never passed on.
    pub unsafe fn text(self) -> String {
        String::from_utf8_lossy(unsafe { self.bytes() }).into_owned()
    }

    /// # Safety
    /// As for [Span::bytes].
    pub unsafe fn text_if_any(self) -> Option<String> {
        (self.size > 0).then(|| unsafe { self.text() })
    }
}

#[repr(C)]
pub struct ErrorText {
    text: [c_char; 512],
}

/// # Safety
/// `error` is the caller's `gb_error` or null.
pub unsafe fn put_error(error: *mut ErrorText, message: &str) {
    let Some(error) = (unsafe { error.as_mut() }) else {
        return;
    };
    let mut cut = message.len().min(error.text.len() - 1);
    while !message.is_char_boundary(cut) {
        cut -= 1;
    }
    for (slot, byte) in error.text.iter_mut().zip(&message.as_bytes()[..cut]) {
        *slot = *byte as c_char;
    }
    error.text[cut] = 0;
}

pub type DoneFn = extern "C" fn(*mut c_void, i32, Span, Span);

/// The caller's context pointer, which the contract lets us use on any thread.
pub struct Context(pub *mut c_void);
unsafe impl Send for Context {}
unsafe impl Sync for Context {}

/// What a callback says when nobody answered: the runtime ended or the task panicked.
pub fn abandoned() -> i32 {
    if std::thread::panicking() {
        PANIC
    } else {
        CANCELLED
    }
}

/// A `gb_done` that is called exactly once: by [Done::send], or when it is dropped unsent.
pub struct Done {
    call: Option<(DoneFn, Context)>,
}

impl Done {
    pub fn new(done: DoneFn, context: *mut c_void) -> Self {
        Done {
            call: Some((done, Context(context))),
        }
    }

    pub fn send(mut self, status: i32, bytes: &[u8], message: &str) {
        self.fire(status, bytes, message);
    }

    pub fn send_result(self, result: Result<Vec<u8>, Failure>) {
        match result {
            Ok(bytes) => self.send(OK, &bytes, ""),
            Err(failure) => self.send(failure.status, &failure.details, &failure.message),
        }
    }

    fn fire(&mut self, status: i32, bytes: &[u8], message: &str) {
        if let Some((done, context)) = self.call.take() {
            done(
                context.0,
                status,
                Span::of(bytes),
                Span::of(message.as_bytes()),
            );
        }
    }
}

impl Drop for Done {
    fn drop(&mut self) {
        let status = abandoned();
        self.fire(status, &[], "the call was abandoned");
    }
}

pub struct Failure {
    pub status: i32,
    pub message: String,
    pub details: Vec<u8>,
}

impl Failure {
    pub fn new(status: i32, message: impl ToString) -> Self {
        Failure {
            status,
            message: message.to_string(),
            details: Vec::new(),
        }
    }
}

impl From<temporalio_client::tonic::Status> for Failure {
    fn from(status: temporalio_client::tonic::Status) -> Self {
        Failure {
            status: status.code() as i32,
            message: status.message().to_owned(),
            details: status.details().to_vec(),
        }
    }
}

impl From<prost::DecodeError> for Failure {
    fn from(error: prost::DecodeError) -> Self {
        Failure::new(MALFORMED, error)
    }
}

/// Runs a synchronous entry point; a panic becomes `fallback`.
pub fn guarded<T>(fallback: T, body: impl FnOnce() -> T) -> T {
    catch_unwind(AssertUnwindSafe(body)).unwrap_or(fallback)
}

/// Runs a constructor; an error or a panic becomes null and a text.
///
/// # Safety
/// `error` is the caller's `gb_error` or null.
pub unsafe fn constructed<T>(
    error: *mut ErrorText,
    body: impl FnOnce() -> Result<T, String>,
) -> *mut T {
    match catch_unwind(AssertUnwindSafe(body)) {
        Ok(Ok(value)) => Box::into_raw(Box::new(value)),
        Ok(Err(message)) => {
            unsafe { put_error(error, &message) };
            ptr::null_mut()
        }
        Err(_) => {
            unsafe { put_error(error, "panic in the bridge; its text is on stderr") };
            ptr::null_mut()
        }
    }
}
