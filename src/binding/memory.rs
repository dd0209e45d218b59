//! The only place where memory crosses between Rust and JavaScript other than by copying safely.
#![expect(
    unsafe_code,
    reason = "the one file for shared memory; each block says why it holds"
)]

use std::sync::Arc;
use std::sync::atomic::AtomicI32;

use napi::bindgen_prelude::{Env, Int32ArraySlice, Uint8ArraySlice};

use crate::scheduler::claim::SharedWords;

/// The bytes of a JavaScript array, to be written by this call.
///
/// `array` is a typed array that the caller has passed to the native call now running on its own
/// thread, so nothing else touches its memory until the call returns.
pub fn writable<'a>(array: &'a mut Uint8ArraySlice<'_>) -> &'a mut [u8] {
    // SAFETY: no JavaScript runs while a native call does, the slice lives no longer than the
    // borrow of the argument, and the library gives no two arguments over the same memory.
    unsafe { array.as_mut() }
}

/// Shows words that `owner` keeps to JavaScript, as an `Int32Array`; `None` where the runtime only
/// takes copies (Electron), and native calls have to serve.
pub fn map_words<'env, T: Send + Sync + 'static>(
    env: &'env Env,
    words: &Arc<T>,
    slice: impl FnOnce(&T) -> &[AtomicI32],
) -> napi::Result<Option<Int32ArraySlice<'env>>> {
    let slice = slice(words);
    let start = slice.as_ptr().cast_mut().cast::<i32>();
    let keep = Arc::clone(words);
    // SAFETY: the memory is `slice.len()` aligned 32-bit atomics, whose layout is that of `i32`;
    // `keep` holds it until V8 has let go of the buffer. Rust only ever uses it through atomics, and
    // JavaScript through `Atomics` or, for the stamps, single aligned stores.
    let array =
        unsafe { Int32ArraySlice::from_external(env, start, slice.len(), keep, |_, keep| drop(keep)) }?;
    let mapped = std::ptr::eq(array.as_ptr(), start.cast_const());
    Ok(mapped.then_some(array))
}

/// Shows the outbox of a worker to JavaScript, as a `Uint8Array`; `None` where the runtime only takes copies.
pub fn map_outbox<'env>(
    env: &'env Env,
    words: &Arc<SharedWords>,
) -> napi::Result<Option<Uint8ArraySlice<'env>>> {
    let slice = words.outbox.words();
    let start = slice.as_ptr().cast_mut().cast::<u8>();
    let keep = Arc::clone(words);
    // SAFETY: the memory is `size_of_val(slice)` bytes, any of which may have any value; `keep` holds it
    // until V8 has let go of the buffer. Rust only ever reads it, through atomics, and only bytes that
    // JavaScript has published by a sequentially consistent store and does not write again meanwhile.
    let array = unsafe {
        Uint8ArraySlice::from_external(env, start, size_of_val(slice), keep, |_, keep| drop(keep))
    }?;
    let mapped = std::ptr::eq(array.as_ptr(), start.cast_const());
    Ok(mapped.then_some(array))
}
