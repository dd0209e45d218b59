//! Waits for V8's optimizing compiler when an environment ends, where Node forgets to.
//!
//! Before version 24 Node takes an isolate off its platform and only then disposes of it. A function
//! that another thread still compiles for it may ask the platform for its task runner in between (it
//! does so when it allocates and the heap is nearly full), and Node aborts the process: `Assertion
//! failed: (data.first) != nullptr` in `NodePlatform::ForIsolate`. Bare `worker_threads` have it too,
//! where they are terminated or run out of memory. Since 24 `MultiIsolatePlatform::DisposeIsolate` does
//! both in the right order.
#![expect(
    unsafe_code,
    reason = "a function of V8 that Node-API does not offer; each block says why it holds"
)]

use std::ffi::c_void;
use std::sync::LazyLock;

use napi::bindgen_prelude::Env;

use super::v8::{self, Name};

/// The first version of Node that disposes of isolates in the right order.
const MENDED_IN: u32 = 24;

/// `v8::Isolate::ClearCachesForTesting()`: empties the queue of the optimizing compiler, waits for
/// what it is at, and clears the compilation cache.
type ClearCaches = unsafe extern "C" fn(*mut c_void);

static CLEAR_CACHES: LazyLock<Option<ClearCaches>> = LazyLock::new(|| {
    let name = Name {
        itanium: b"_ZN2v87Isolate21ClearCachesForTestingEv\0",
        microsoft: b"?ClearCachesForTesting@Isolate@v8@@QEAAXXZ\0",
    };
    // SAFETY: the type is that of the function of this name.
    unsafe { v8::exported(&name) }
});

/// Whether this Node needs it.
pub fn is_needed(env: &Env) -> bool {
    env.get_node_version()
        .is_ok_and(|version| version.major < MENDED_IN)
}

/// Returns once nothing is being compiled for the isolate of this thread. To be called when no more
/// JavaScript can run in it: from a cleanup hook of its environment.
pub fn wait() {
    let (Some(clear_caches), Some(isolate)) = (*CLEAR_CACHES, v8::current_isolate()) else {
        return;
    };
    // SAFETY: the isolate is the one that this thread has entered, and runs no JavaScript.
    unsafe { clear_caches(isolate.as_ptr()) };
}
