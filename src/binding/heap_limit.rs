//! Ends a worker whose heap is full, before V8 ends the process.
//!
//! Near the limit of a heap V8 asks for more room: by the callback that was added last. Each worker has one of
//! Node's, which gives 16 MiB and stops the worker. Where more than that is needed at once (a map that
//! doubles, an array that is filled, a long string that is made flat) V8 then aborts the process. So a worker of
//! ours has one of its own, in front of Node's:
//!
//! 1. [`watch`], when an isolate becomes a worker, finds its `node::Environment` and adds the callback.
//! 2. The callback, in the midst of a garbage collection on the worker's thread, notes that the heap was full,
//!    stops the environment as Node's own does, and gives room for whatever V8 allocates at once. From then on no
//!    JavaScript is entered in that environment; what runs ends where V8 next looks whether it is to end. What
//!    does not look for long (built-in functions) may get here again, and is given as much once more.
//! 3. The thread ends by itself, and its owner hears of it as of any other end.
//! 4. A cleanup hook of the environment removes the callback, before anything that it uses is gone.
//!
//! Where one of the functions is not exported (a runtime that embeds Node) all stays as Node has it.
#![expect(
    unsafe_code,
    reason = "functions of V8 and Node that Node-API does not offer; each block says why it holds"
)]

use std::ffi::{c_int, c_void};
use std::ptr::NonNull;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock};

use napi::bindgen_prelude::Env;

use super::v8::{self, IsolateAddress, Name};

/// What the callback gives. The largest objects of V8 take 1 GiB (arrays of 2^27 elements of 8 bytes, strings of
/// 2^29 characters of 2 bytes; `FixedArray::kMaxLength` and `String::kMaxLength`).
const ROOM: usize = 2 << 30;
/// `node::StopFlags::kNoFlags`.
const NO_FLAGS: u32 = 0;

/// `v8::NearHeapLimitCallback`: what was given, the limit as it is, and as it was at first. It returns the new one.
type NearLimit = unsafe extern "C" fn(*mut c_void, usize, usize) -> usize;
/// `v8::Isolate::AddNearHeapLimitCallback(callback, data)`.
type Add = unsafe extern "C" fn(*mut c_void, NearLimit, *mut c_void);
/// `v8::Isolate::RemoveNearHeapLimitCallback(callback, limit)`: the limit stays as it is where 0 is given.
type Remove = unsafe extern "C" fn(*mut c_void, NearLimit, usize);
/// `v8::Isolate::GetCurrentContext()`. It returns a `v8::Local`, which is a pointer, but has constructors: so it
/// comes in a register by the Itanium ABI, and by Microsoft's in memory of the caller's, given behind `this`.
#[cfg(unix)]
type GetContext = unsafe extern "C" fn(*mut c_void) -> *mut c_void;
#[cfg(windows)]
type GetContext = unsafe extern "C" fn(*mut c_void, *mut *mut c_void) -> *mut *mut c_void;
/// `node::GetCurrentEnvironment(context)`: null where the context is not of Node's. Both ABIs pass the `v8::Local`
/// in a register, since nothing is to be done when it is copied.
type GetEnvironment = unsafe extern "C" fn(*mut c_void) -> *mut c_void;
/// `node::Stop(environment, flags)`, from any thread.
type Stop = unsafe extern "C" fn(*mut c_void, u32) -> c_int;

#[derive(Clone, Copy)]
struct Functions {
    add: Add,
    remove: Remove,
    context: GetContext,
    environment: GetEnvironment,
    stop: Stop,
}

static FUNCTIONS: LazyLock<Option<Functions>> = LazyLock::new(|| {
    // SAFETY: each type is that of the function of the name; `size_t` and pointers are words.
    unsafe {
        Some(Functions {
            add: v8::exported(&Name {
                itanium: b"_ZN2v87Isolate24AddNearHeapLimitCallbackEPFmPvmmES1_\0",
                microsoft: b"?AddNearHeapLimitCallback@Isolate@v8@@QEAAXP6A_KPEAX_K1@Z0@Z\0",
            })?,
            remove: v8::exported(&Name {
                itanium: b"_ZN2v87Isolate27RemoveNearHeapLimitCallbackEPFmPvmmEm\0",
                microsoft: b"?RemoveNearHeapLimitCallback@Isolate@v8@@QEAAXP6A_KPEAX_K1@Z1@Z\0",
            })?,
            context: v8::exported(&Name {
                itanium: b"_ZN2v87Isolate17GetCurrentContextEv\0",
                microsoft: b"?GetCurrentContext@Isolate@v8@@QEAA?AV?$Local@VContext@v8@@@2@XZ\0",
            })?,
            environment: v8::exported(&Name {
                itanium: b"_ZN4node21GetCurrentEnvironmentEN2v85LocalINS0_7ContextEEE\0",
                microsoft:
                    b"?GetCurrentEnvironment@node@@YAPEAVEnvironment@1@V?$Local@VContext@v8@@@v8@@@Z\0",
            })?,
            stop: v8::exported(&Name {
                itanium: b"_ZN4node4StopEPNS_11EnvironmentENS_9StopFlags5FlagsE\0",
                microsoft: b"?Stop@node@@YAHPEAVEnvironment@1@W4Flags@StopFlags@1@@Z\0",
            })?,
        })
    }
});

impl Functions {
    /// The environment in whose context this thread is.
    ///
    /// # Safety
    ///
    /// The thread has entered the isolate, and a native call of JavaScript's is under way (it has a handle scope).
    unsafe fn environment_in(&self, isolate: IsolateAddress) -> Option<NonNull<c_void>> {
        // SAFETY: as the caller says; what is written is one word.
        #[cfg(unix)]
        let context = unsafe { (self.context)(isolate.as_ptr()) };
        #[cfg(windows)]
        let context = {
            let mut context = std::ptr::null_mut();
            unsafe { (self.context)(isolate.as_ptr(), &raw mut context) };
            context
        };
        // SAFETY: the context is one that V8 has just given, or null, which the function knows.
        NonNull::new(unsafe { (self.environment)(context) })
    }
}

/// Whether a heap has been full: the limit that it had at first, in bytes.
#[derive(Debug, Default)]
pub struct Fullness(AtomicU64);

impl Fullness {
    /// The limit of the heap, if it has been full.
    pub fn limit(&self) -> Option<u64> {
        Some(self.0.load(Ordering::Acquire)).filter(|limit| *limit > 0)
    }
}

/// What the callback knows.
struct Watched {
    stop: Stop,
    environment: NonNull<c_void>,
    fullness: Arc<Fullness>,
}

/// Sees to it that the environment ends when its heap is full, and that `fullness` says so. To be called once for
/// an environment, on its thread.
pub fn watch(env: &Env, fullness: &Arc<Fullness>) -> napi::Result<()> {
    let (Some(functions), Some(isolate)) = (*FUNCTIONS, v8::current_isolate()) else {
        return Ok(());
    };
    // SAFETY: `env` is there because a native call is under way, in the isolate that this thread has entered.
    let Some(environment) = (unsafe { functions.environment_in(isolate) }) else {
        return Ok(());
    };
    let watched = Box::into_raw(Box::new(Watched {
        stop: functions.stop,
        environment,
        fullness: Arc::clone(fullness),
    }));
    // SAFETY: the callback is added once for an isolate, as the caller says, and gets what it expects, which
    // lives until the hook below has removed it.
    unsafe { (functions.add)(isolate.as_ptr(), near_limit, watched.cast()) };
    env.add_env_cleanup_hook(watched, move |watched| {
        // SAFETY: hooks run on the thread of the isolate, before it is disposed of. The callback is there, and
        // nobody else removes it; nobody has what it was given any more.
        unsafe {
            (functions.remove)(isolate.as_ptr(), near_limit, 0);
            drop(Box::from_raw(watched));
        }
    })?;
    Ok(())
}

/// The heap is full. Nothing of JavaScript's may be touched here, and nothing may unwind.
unsafe extern "C" fn near_limit(watched: *mut c_void, limit: usize, at_first: usize) -> usize {
    // SAFETY: V8 gives what `watch` has given, which lives as long as the callback is there.
    let watched = unsafe { &*watched.cast::<Watched>() };
    watched.fullness.0.store(at_first as u64, Ordering::Release);
    // SAFETY: the environment lives until after its cleanup hooks, one of which removes this callback. Node's own
    // callback makes the same call from here.
    unsafe { (watched.stop)(watched.environment.as_ptr(), NO_FLAGS) };
    limit.saturating_add(ROOM)
}
