//! What the pool has done and how it is doing: written by the scheduler, read by anyone.
//!
//! Every thread that sees tasks end has a `Shard` of its own and counts there, without allocating and
//! without meeting anyone. Reading folds the shards into the totals and shows those. The pool's
//! histograms are the sum of its tasks', so a task is recorded under its name only.
//!
//! ```text
//! thread ── shard.lock(now).record(name, kind, usage) ──► Shard ──┐ folded when read, or dropped
//! thread ── ...                                     ──► Shard ──┴─► Totals ──► stats(), health()
//! ```
//!
//! Memory is bounded: 1000 task names, 100 error names, 20 recent errors, a minute in 12 slots, and
//! per name and shard a histogram no larger than the range of its times asks for. Time is an argument:
//! nothing here reads a clock, waits, or starts a thread.

#![forbid(unsafe_code)]

mod cpu;
mod errors;
mod health;
mod histogram;
mod names;
mod nanos;
mod shard;
mod stats;
mod tally;
mod text;
mod totals;
mod window;

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

pub use cpu::cpu_share;
pub use errors::RecentError;
pub use health::{Errors, Health, Latency, Memory, Status, Vitals, WorkerCounts};
pub use histogram::Summary;
pub use names::{MAX_NAMES, NameId, NameTable};
pub use nanos::Nanos;
pub use shard::{Shard, ShardGuard, Usage};
pub use stats::{Counts, OutcomeCounts, QueueStats, Stats, TaskStats, WorkerState, WorkerStats};
pub use tally::OutcomeKind;

use errors::ErrorLog;
use totals::Totals;

/// The metrics of one pool.
#[derive(Default)]
pub struct Metrics {
    names: NameTable,
    intake: Intake,
    errors: Mutex<ErrorLog>,
    totals: Arc<Mutex<Totals>>,
    /// Where to look when reading. Shards belong to their threads and are gone with them.
    shards: Mutex<Vec<Weak<Shard>>>,
}

/// Counts of what happens once per batch or seldom, by whatever thread. On cache lines of their own,
/// away from the names that everyone reads.
#[derive(Default)]
#[repr(align(128))]
struct Intake {
    submitted: AtomicU64,
    rejected: AtomicU64,
    retried: AtomicU64,
}

impl Metrics {
    pub fn new() -> Self {
        Self::default()
    }

    pub fn names(&self) -> &NameTable {
        &self.names
    }

    /// A place to count for one thread, which gives it back by dropping it.
    pub fn shard(&self) -> Arc<Shard> {
        let shard = Arc::new(Shard::new(Arc::clone(&self.totals)));
        let mut shards = locked(&self.shards);
        shards.retain(|shard| shard.strong_count() > 0);
        shards.push(Arc::downgrade(&shard));
        shard
    }

    /// Tasks that were accepted. Call it before they can end.
    pub fn submitted(&self, tasks: u64) {
        self.intake.submitted.fetch_add(tasks, Relaxed);
    }

    /// Tasks that were refused: a full queue, a shutdown. They count nowhere else.
    pub fn rejected(&self, tasks: u64) {
        self.intake.rejected.fetch_add(tasks, Relaxed);
    }

    /// Attempts after a task's first.
    pub fn retried(&self, attempts: u64) {
        self.intake.retried.fetch_add(attempts, Relaxed);
    }

    /// What a failed task failed with, besides its record. `at` is in milliseconds since 1970.
    pub fn failed_with(&self, name: &str, message: &str, task: &str, at: u64) {
        locked(&self.errors).add(name, message, task, at);
    }

    /// Workers that died without having been told to; each once, however many tasks it took along.
    pub fn crashed(&self, workers: u64, now: Nanos) {
        if workers > 0 {
            let mut totals = locked(&self.totals);
            let slot = totals.window.open(now);
            totals.window.slot(slot).crashes += workers;
        }
    }

    /// Everything since the start. The caller's queue and workers are shown as they are given.
    pub fn stats(&self, queue: QueueStats, workers: Vec<WorkerStats>) -> Stats {
        self.fold();
        let (pool, by_task) = locked(&self.totals).stats(&self.names.all());
        // Read after the outcomes: whoever recorded one had counted its submission, so no snapshot
        // shows more tasks ended than submitted.
        let counts = Counts {
            submitted: self.intake.submitted.load(Relaxed),
            outcomes: pool.counts,
            retried: self.intake.retried.load(Relaxed),
            rejected: self.intake.rejected.load(Relaxed),
        };
        Stats {
            counts,
            queue,
            workers,
            queue_time: pool.queue_time,
            run_time: pool.run_time,
            cpu_time: pool.cpu_time,
            errors_by_name: locked(&self.errors).by_name(),
            by_task,
        }
    }

    /// How the pool is doing, by what the last minute saw and by what the caller sees now.
    pub fn health(&self, now: Nanos, vitals: &Vitals) -> Health {
        self.fold();
        let recent = locked(&self.totals).window.recent(now);
        let errors = locked(&self.errors).recent();
        Health::new(vitals, &recent, errors)
    }

    fn fold(&self) {
        // Collected first: the last owner of a shard may be this very loop, and dropping a shard folds
        // it, so neither our list nor the totals may be locked then.
        let shards: Vec<_> = locked(&self.shards).iter().filter_map(Weak::upgrade).collect();
        shards.iter().for_each(|shard| shard.fold());
    }
}

/// A panic while counting leaves numbers, at worst one of them short; that is no reason to stop.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
