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
    reason = "two exported functions of V8 that Node-API does not offer; each block says why it holds"
)]

use std::ffi::c_void;
use std::sync::LazyLock;

use libloading::Library;
#[cfg(unix)]
use libloading::os::unix::Library as Own;
#[cfg(windows)]
use libloading::os::windows::Library as Own;
use napi::bindgen_prelude::Env;

/// The first version of Node that disposes of isolates in the right order.
const MENDED_IN: u32 = 24;

/// `v8::Isolate::GetCurrent()`, a static function.
type GetCurrent = unsafe extern "C" fn() -> *mut c_void;
/// `v8::Isolate::ClearCachesForTesting()`: empties the queue of the optimizing compiler, waits for
/// what it is at, and clears the compilation cache.
type ClearCaches = unsafe extern "C" fn(*mut c_void);

#[cfg(unix)]
const NAMES: [&[u8]; 2] = [
    b"_ZN2v87Isolate10GetCurrentEv\0",
    b"_ZN2v87Isolate21ClearCachesForTestingEv\0",
];
#[cfg(windows)]
const NAMES: [&[u8]; 2] = [
    b"?GetCurrent@Isolate@v8@@SAPEAV12@XZ\0",
    b"?ClearCachesForTesting@Isolate@v8@@QEAAXXZ\0",
];

static V8: LazyLock<Option<(GetCurrent, ClearCaches)>> = LazyLock::new(|| {
    #[cfg(unix)]
    let program = Library::from(Own::this());
    #[cfg(windows)]
    let program = Library::from(Own::this().ok()?);
    // SAFETY: the names, which hold the types of the parameters, are those of the two functions in the
    // Itanium and in the Microsoft C++ ABI; both ABIs pass `this` as a first pointer on 64-bit targets.
    // The program that they are in is never unloaded.
    unsafe { Some((*program.get(NAMES[0]).ok()?, *program.get(NAMES[1]).ok()?)) }
});

/// Whether this Node needs it.
pub fn is_needed(env: &Env) -> bool {
    env.get_node_version()
        .is_ok_and(|version| version.major < MENDED_IN)
}

/// Returns once nothing is being compiled for the isolate of this thread. To be called when no more
/// JavaScript can run in it: from a cleanup hook of its environment.
pub fn wait() {
    let Some((get_current, clear_caches)) = *V8 else {
        return;
    };
    // SAFETY: takes nothing, and answers null where no isolate is entered.
    let isolate = unsafe { get_current() };
    if !isolate.is_null() {
        // SAFETY: the isolate is the one that this thread has entered, and runs no JavaScript.
        unsafe { clear_caches(isolate) };
    }
}
