//! How long a worker that has run out of tasks waits awake for the next one, before it sleeps.
//!
//! A wake-up takes longer than most tasks that come one after the other. So a worker polls for a moment, as long
//! as that has been worth it lately: after a few disappointments it goes to sleep at once, until a task has come
//! so soon that polling would have caught it. Where others need the cores, polling is what keeps the task from coming in
//! time; so after each failure in a row twice as many such tasks are waited for.
//!
//! A pool of low latency has one of its workers stay awake for as long as its user allows ([`Vigil`]). It comes
//! back to its event loop now and then, for whatever else is to be done there.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::time::Duration;

use super::isolate::{Isolate, Seat};
use crate::scheduler::{Nanos, WorkerId};

/// How long a worker polls: some wake-ups' worth.
const POLL: Duration = Duration::from_micros(50);
const MOST_DISAPPOINTMENTS: u32 = 3;
/// The most quick tasks that are waited for asleep are two to the power of this: some 50 ms of them.
const MOST_FAILURES: u32 = 12;
/// How long one that stays awake polls until its event loop has a turn: long beside such a turn, short beside what
/// anybody notices.
const SPELL: Duration = Duration::from_millis(1);

/// What has become of waiting awake.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Waited {
    /// There is a call.
    Called,
    /// There is none, and the worker sleeps now.
    InVain,
    /// There is none yet: it goes on waiting when its event loop has had a turn.
    Awake,
}

/// Whether it is worth a worker's while to wait awake for the next task. Only the worker's own thread writes here.
#[derive(Default)]
pub struct Patience {
    disappointments: AtomicU32,
    /// So many quick tasks are to come before it polls again, and how often in a row that was so.
    asleep: AtomicU32,
    failures: AtomicU32,
    idle_since: AtomicU64,
    /// When it had something to do last.
    worked: AtomicU64,
}

impl Patience {
    /// That of a worker that has just joined, for its first task.
    pub fn from(now: Nanos) -> Self {
        Self {
            worked: AtomicU64::new(now),
            ..Self::default()
        }
    }

    /// The worker has come for tasks; it had none since it went to sleep.
    pub fn woken(&self, now: Nanos) {
        let since = self.idle_since.swap(0, Ordering::Relaxed);
        if since != 0 && u128::from(now.saturating_sub(since)) < POLL.as_nanos() {
            let asleep = self.asleep.load(Ordering::Relaxed);
            self.asleep.store(asleep.saturating_sub(1), Ordering::Relaxed);
        }
    }

    /// The worker has had something to do.
    pub fn worked(&self, now: Nanos) {
        self.worked.store(now, Ordering::Relaxed);
    }

    /// The worker goes to sleep.
    pub fn sleeps(&self, now: Nanos) {
        self.idle_since.store(now, Ordering::Relaxed);
    }

    /// Waits for a call, if that is worth it.
    fn poll(&self, isolate: &Isolate) -> Waited {
        if self.asleep.load(Ordering::Relaxed) > 0 {
            return Waited::InVain;
        }
        if isolate.poll(POLL) {
            self.disappointments.store(0, Ordering::Relaxed);
            self.failures.store(0, Ordering::Relaxed);
            return Waited::Called;
        }
        self.disappoint();
        Waited::InVain
    }

    fn disappoint(&self) {
        let disappointments = self.disappointments.load(Ordering::Relaxed) + 1;
        let enough = disappointments >= MOST_DISAPPOINTMENTS;
        self.disappointments
            .store(if enough { 0 } else { disappointments }, Ordering::Relaxed);
        if enough {
            let failures = self.failures.load(Ordering::Relaxed);
            self.asleep.store(1 << failures, Ordering::Relaxed);
            self.failures
                .store(MOST_FAILURES.min(failures + 1), Ordering::Relaxed);
        }
    }
}

/// Which worker of a pool stays awake, and how long it may have nothing to do.
///
/// One is enough for tasks that come one after the other, and all that a core is given up for.
#[derive(Default)]
pub struct Vigil {
    time: AtomicU64,
    /// The worker's number; 0 for none.
    keeper: AtomicU32,
}

impl Vigil {
    /// How long, from now on.
    pub fn configure(&self, time: Nanos) {
        self.time.store(time, Ordering::Relaxed);
    }

    /// Whether this worker may stay awake: nobody else does, and it has not been idle for too long.
    fn keep(&self, worker: WorkerId, idle: Nanos) -> bool {
        let time = self.time.load(Ordering::Relaxed);
        if idle >= time {
            return false;
        }
        let seen = self
            .keeper
            .compare_exchange(0, worker.0, Ordering::Relaxed, Ordering::Relaxed);
        seen.map_or_else(|keeper| keeper == worker.0, |_| true)
    }

    /// This worker does not wait awake any more.
    pub fn leave(&self, worker: WorkerId) {
        if self.keeper.load(Ordering::Relaxed) == worker.0 {
            self.keeper.store(0, Ordering::Relaxed);
        }
    }
}

impl Seat {
    /// Waits awake for the next task, as long as that is worth it or wanted.
    pub fn wait(&self, isolate: &Isolate, now: Nanos) -> Waited {
        let idle = now.saturating_sub(self.patience.worked.load(Ordering::Relaxed));
        if !self.pool.vigil.keep(self.worker, idle) {
            return self.patience.poll(isolate);
        }
        if isolate.poll(SPELL) {
            Waited::Called
        } else {
            Waited::Awake
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: WorkerId = WorkerId(1);
    const B: WorkerId = WorkerId(2);

    #[test]
    fn nobody_stays_awake_unless_that_is_wanted() {
        assert!(!Vigil::default().keep(A, 0));
    }

    #[test]
    fn one_worker_stays_awake_until_it_leaves_or_has_been_idle_for_too_long() {
        let vigil = Vigil::default();
        vigil.configure(100);
        assert!(vigil.keep(A, 0));
        assert!(!vigil.keep(B, 0));
        assert!(vigil.keep(A, 99));
        vigil.leave(B);
        assert!(!vigil.keep(B, 0));
        vigil.leave(A);
        assert!(vigil.keep(B, 0));
        assert!(!vigil.keep(B, 100));
    }
}
