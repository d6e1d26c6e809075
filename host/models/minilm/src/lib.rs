//! all-MiniLM-L6-v2 behind the C functions of `gantry_minilm.h`: WordPiece by `tokenizers`, the
//! network by ONNX Runtime through `ort`. No panic crosses.

mod model;

use std::ffi::{CStr, c_char};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::ptr;
use std::slice;

use model::{DIMENSION, Model};

/// Copies `words` into the caller's buffer, cut at a character, always ended by NUL.
unsafe fn say(words: &str, to: *mut c_char, room: usize) {
    if to.is_null() || room == 0 {
        return;
    }
    let mut end = words.len().min(room - 1);
    while !words.is_char_boundary(end) {
        end -= 1;
    }
    unsafe {
        ptr::copy_nonoverlapping(words.as_ptr(), to.cast::<u8>(), end);
        *to.add(end) = 0;
    }
}

/// 0, or 1 with the reason in the caller's buffer.
unsafe fn guarded(
    why: *mut c_char,
    room: usize,
    work: impl FnOnce() -> Result<(), String>,
) -> i32 {
    let outcome = catch_unwind(AssertUnwindSafe(work))
        .unwrap_or_else(|_| Err("the model's library failed inside".to_string()));
    match outcome {
        Ok(()) => 0,
        Err(words) => {
            unsafe { say(&words, why, room) };
            1
        }
    }
}

/// # Safety
/// As the header says: `folder` ends in NUL, `out` and `why` are writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn gm_open(
    folder: *const c_char,
    out: *mut *mut Model,
    why: *mut c_char,
    room: usize,
) -> i32 {
    unsafe {
        guarded(why, room, || {
            let folder = CStr::from_ptr(folder).to_str().map_err(|e| e.to_string())?;
            *out = Box::into_raw(Box::new(Model::open(Path::new(folder))?));
            Ok(())
        })
    }
}

/// # Safety
/// As the header says: `model` is open, `text` holds `length` bytes, `out` takes 384 floats.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn gm_embed(
    model: *const Model,
    text: *const u8,
    length: usize,
    out: *mut f32,
    why: *mut c_char,
    room: usize,
) -> i32 {
    unsafe {
        guarded(why, room, || {
            let bytes = if length == 0 { &[][..] } else { slice::from_raw_parts(text, length) };
            let vector = (*model).embed(&String::from_utf8_lossy(bytes))?;
            ptr::copy_nonoverlapping(vector.as_ptr(), out, DIMENSION);
            Ok(())
        })
    }
}

/// # Safety
/// `model` came from gm_open and is in no call; null is allowed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn gm_close(model: *mut Model) {
    if !model.is_null() {
        drop(unsafe { Box::from_raw(model) });
    }
}
