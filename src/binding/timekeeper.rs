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
use crate::scheduler::task::MILLISECOND;

#[derive(Default)]
struct Shared {
    changed: Notify,
    stopped: AtomicBool,
    /// There is a thread.
    running: AtomicBool,
    /// It sleeps until its alarm, and must be told of an earlier one. Otherwise it looks by itself soon.
    asleep: AtomicBool,
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
        if self.shared.asleep.load(Ordering::SeqCst) {
            self.shared.changed.notify_one();
        }
        if self.shared.running.load(Ordering::Acquire) {
            return;
        }
        let mut thread = locked(&self.thread);
        if thread.is_none() && !self.closed.load(Ordering::Acquire) {
            let (shared, pool) = (Arc::clone(&self.shared), Arc::downgrade(pool));
            self.shared.running.store(true, Ordering::Release);
            *thread = std::thread::Builder::new()
                .name("tasklets-timer".into())
                .stack_size(256 * 1024)
                .spawn(move || keep_time(&shared, &pool))
                // Without a thread nothing is timed; the next alarm tries again.
                .inspect_err(|_| self.shared.running.store(false, Ordering::Release))
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
        self.shared.running.store(false, Ordering::Release);
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
            let Some(look) = look(pool) else { return };
            match look {
                Look::Due => {
                    if let Some(pool) = pool.upgrade() {
                        pool.tick();
                    }
                }
                Look::Soon(wait) => tokio::time::sleep(wait).await,
                Look::Later(alarm) => sleep_until(alarm, shared, pool).await,
            }
        }
    });
}

/// When the timekeeper looks in next.
enum Look {
    Due,
    /// While tasks come in quick succession, each of which sets an alarm that is never needed, it is
    /// cheaper to look a thousand times a second than to be told each time.
    Soon(Duration),
    Later(Nanos),
}

/// How long after the last submission the timekeeper looks by itself.
const LIVELY: Nanos = 10 * MILLISECOND;

fn look(pool: &Weak<Pool>) -> Option<Look> {
    let pool = pool.upgrade()?;
    let (alarm, now) = (pool.alarm(), registry::now());
    Some(if alarm <= now {
        Look::Due
    } else if now.saturating_sub(pool.last_submission()) < LIVELY {
        Look::Soon(Duration::from_nanos((alarm - now).min(MILLISECOND)))
    } else {
        Look::Later(alarm)
    })
}

/// Sleeps until the alarm, or until there is an earlier one.
async fn sleep_until(alarm: Nanos, shared: &Shared, pool: &Weak<Pool>) {
    shared.asleep.store(true, Ordering::SeqCst);
    // An alarm that was set just before nobody has told us of.
    if pool.upgrade().is_some_and(|pool| pool.alarm() >= alarm) {
        let changed = shared.changed.notified();
        if alarm == Nanos::MAX {
            changed.await;
        } else {
            let wait = Duration::from_nanos(alarm.saturating_sub(registry::now()));
            // Both ends of the wait lead to the same: look again.
            let _ = tokio::time::timeout(wait, changed).await;
        }
    }
    shared.asleep.store(false, Ordering::SeqCst);
}
