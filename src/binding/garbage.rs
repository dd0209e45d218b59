//! Has V8 give memory back that it does not need.
#![expect(
    unsafe_code,
    reason = "a function of V8 that Node-API does not offer; each block says why it holds"
)]

use std::ffi::c_void;
use std::sync::LazyLock;

use super::v8::{self, Name};

/// `v8::Isolate::LowMemoryNotification()`: collects all garbage, and returns pages to the system, those of the young
/// generation above all.
type LowMemory = unsafe extern "C" fn(*mut c_void);

static LOW_MEMORY: LazyLock<Option<LowMemory>> = LazyLock::new(|| {
    let name = Name {
        itanium: b"_ZN2v87Isolate21LowMemoryNotificationEv\0",
        microsoft: b"?LowMemoryNotification@Isolate@v8@@QEAAXXZ\0",
    };
    // SAFETY: the type is that of the function of this name.
    unsafe { v8::exported(&name) }
});

/// Collects the garbage of this thread's isolate; where the runtime does not offer that, nothing happens.
pub fn collect() {
    if let (Some(low_memory), Some(isolate)) = (*LOW_MEMORY, v8::current_isolate()) {
        // SAFETY: the isolate is the one that this thread has entered, and any call of JavaScript's, such as the
        // one that is under way, may collect garbage.
        unsafe { low_memory(isolate.as_ptr()) };
    }
}
