//! The CPU time of a thread, read from another one.
//!
//! Linux has a clock for each thread, which any thread of the process can read; its number follows from the
//! thread's (`MAKE_THREAD_CPUCLOCK` in the kernel's `posix-timers.h`: the complement of the thread's number,
//! and the bits for "of a thread" and "as scheduled"). Elsewhere there is none that could be had without
//! `unsafe` code, and limits of CPU time are refused.

use crate::scheduler::Nanos;

/// The clock of one thread.
#[derive(Clone, Copy, Debug)]
pub struct ThreadClock(#[cfg(target_os = "linux")] nix::time::ClockId);

#[cfg(target_os = "linux")]
impl ThreadClock {
    pub const IS_THERE: bool = true;

    /// The clock of the thread that calls.
    pub fn here() -> Self {
        let thread = nix::unistd::gettid().as_raw();
        Self(nix::time::ClockId::from_raw(!thread << 3 | 6))
    }

    /// What the thread has used; `None` where it has ended.
    pub fn read(self) -> Option<Nanos> {
        let time = nix::time::clock_gettime(self.0).ok()?;
        u64::try_from(std::time::Duration::from(time).as_nanos()).ok()
    }
}

#[cfg(not(target_os = "linux"))]
impl ThreadClock {
    pub const IS_THERE: bool = false;

    pub fn here() -> Self {
        Self()
    }

    pub fn read(self) -> Option<Nanos> {
        None
    }
}
