//! The thread of a pool that lets time pass: it sleeps until the scheduler's next alarm, calls
//! `tick`, and sleeps again; where nothing is to be timed it sleeps until it is told.
//!
//! It is started with the first alarm, owned by the pool, and joined by [`Timekeeper::stop`]; a later
//! alarm starts it anew, unless it was [closed](Timekeeper::close).

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, Weak};
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::sync::Notify;

use super::pool::Pool;
use super::{locked, registry};
use crate::scheduler::Nanos;

#[derive(Default)]
struct Shared {
    changed: Notify,
    stopped: AtomicBool,
}

/// The handle on the thread.
#[derive(Default)]
pub struct Timekeeper {
    shared: Arc<Shared>,
    thread: Mutex<Option<JoinHandle<()>>>,
    closed: AtomicBool,
}

impl Timekeeper {
    /// The alarm has been set to an earlier time.
    pub fn rearm(&self, pool: &Arc<Pool>) {
        self.shared.changed.notify_one();
        let mut thread = locked(&self.thread);
        if thread.is_none() && !self.closed.load(Ordering::Acquire) {
            let (shared, pool) = (Arc::clone(&self.shared), Arc::downgrade(pool));
            *thread = std::thread::Builder::new()
                .name("tasklets-timer".into())
                .stack_size(256 * 1024)
                .spawn(move || keep_time(&shared, &pool))
                // Without a thread nothing is timed; the next alarm tries again.
                .ok();
        }
    }

    /// Ends the thread for good, and waits for it.
    pub fn close(&self) {
        self.closed.store(true, Ordering::Release);
        self.stop();
    }

    /// Ends the thread and waits for it.
    pub fn stop(&self) {
        let mut place = locked(&self.thread);
        self.shared.stopped.store(true, Ordering::Release);
        self.shared.changed.notify_one();
        let thread = place.take();
        if let Some(thread) = thread
            && thread.thread().id() != std::thread::current().id()
        {
            // A panic of it has been reported by the panic hook already.
            let _ = thread.join();
        }
        self.shared.stopped.store(false, Ordering::Release);
    }
}

fn keep_time(shared: &Shared, pool: &Weak<Pool>) {
    let Ok(runtime) = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
    else {
        return;
    };
    runtime.block_on(async {
        while !shared.stopped.load(Ordering::Acquire) {
            let Some(alarm) = pool.upgrade().map(|pool| pool.alarm()) else {
                return;
            };
            let now = registry::now();
            if alarm == Nanos::MAX {
                shared.changed.notified().await;
            } else if alarm > now {
                let wait = Duration::from_nanos(alarm - now);
                // Both ends of the wait lead to the same: look again.
                let _ = tokio::time::timeout(wait, shared.changed.notified()).await;
            } else if let Some(pool) = pool.upgrade() {
                pool.tick();
            }
        }
    });
}
