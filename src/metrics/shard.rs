//! Where one thread counts the tasks it finishes, alone and therefore fast.
//!
//! 1. A thread takes a shard (`Metrics::shard`), locks it once per batch and records into the guard.
//!    The lock is its own: it meets nobody there but a reader.
//! 2. A reader folds all shards into the totals: each number is in a shard or in the totals, never in
//!    both. Shards are locked before totals, everywhere.
//! 3. A shard that is dropped folds itself. So replaced workers leave their numbers, and no memory.

use std::sync::{Arc, Mutex, MutexGuard};

use super::locked;
use super::names::NameId;
use super::nanos::Nanos;
use super::tally::OutcomeKind;
use super::totals::{ByName, Totals};
use super::window::Window;

/// A shard with this many records is folded before it records more, so that none of its `u32` counts
/// can overflow: a batch would need another 2^31 tasks.
const FOLD_AT: u64 = 1 << 31;

/// What a task used, as `handle.usage` shows it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    pub queue: Nanos,
    pub run: Nanos,
    pub cpu: Nanos,
}

/// A cache line pair of its own: what two threads write all the time must not lie side by side.
#[repr(align(128))]
pub struct Shard {
    numbers: Mutex<Numbers>,
    totals: Arc<Mutex<Totals>>,
}

#[derive(Default)]
struct Numbers {
    tasks: ByName<u32>,
    window: Window,
    /// Since the last fold.
    records: u64,
}

/// A locked shard: one per batch, given back by dropping it.
pub struct ShardGuard<'a> {
    numbers: MutexGuard<'a, Numbers>,
    /// The window's slot for the time of the batch.
    slot: usize,
}

impl Shard {
    pub(super) fn new(totals: Arc<Mutex<Totals>>) -> Self {
        Self {
            numbers: Mutex::default(),
            totals,
        }
    }

    /// `now` is the time that all records through this guard are counted at, in recent error rates
    /// and latencies. Not to be held while the same thread reads metrics: reading locks every shard.
    pub fn lock(&self, now: Nanos) -> ShardGuard<'_> {
        let mut numbers = locked(&self.numbers);
        if numbers.records >= FOLD_AT {
            numbers.fold_into(&mut locked(&self.totals));
        }
        let slot = numbers.window.open(now);
        ShardGuard { numbers, slot }
    }

    pub(super) fn fold(&self) {
        let mut numbers = locked(&self.numbers);
        numbers.fold_into(&mut locked(&self.totals));
    }
}

impl Drop for Shard {
    fn drop(&mut self) {
        self.fold();
    }
}

impl Numbers {
    fn fold_into(&mut self, totals: &mut Totals) {
        totals.tasks.absorb(&mut self.tasks);
        totals.window.absorb(&mut self.window);
        self.records = 0;
    }
}

impl ShardGuard<'_> {
    /// Counts a task that ran. Allocates only when a name, or a time beyond those seen so far, is new
    /// to this shard.
    #[inline]
    pub fn record(&mut self, name: NameId, kind: OutcomeKind, usage: Usage) {
        let numbers = &mut *self.numbers;
        let task = numbers.tasks.of(name);
        task.tally.count(kind);
        task.queue.record(usage.queue);
        task.run.record(usage.run);
        task.cpu.record(usage.cpu);
        let slot = numbers.window.slot(self.slot);
        slot.tally.count(kind);
        slot.latency.record(usage.queue.saturating_add(usage.run));
        numbers.records += 1;
    }

    /// Counts a task that ended before it started: it waited, but has no run time that would belong
    /// among those of the others.
    pub fn record_unstarted(&mut self, name: NameId, kind: OutcomeKind, queue: Nanos) {
        let numbers = &mut *self.numbers;
        let task = numbers.tasks.of(name);
        task.tally.count(kind);
        task.queue.record(queue);
        numbers.window.slot(self.slot).tally.count(kind);
        numbers.records += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folds_itself_before_its_counts_could_overflow() {
        let totals = Arc::<Mutex<Totals>>::default();
        let shard = Shard::new(Arc::clone(&totals));
        let record = || {
            shard
                .lock(Nanos::ZERO)
                .record(NameId::OTHER, OutcomeKind::Completed, Usage::default());
        };
        let folded = || locked(&totals).tasks.of(NameId::OTHER).tally.total();
        record();
        assert_eq!(folded(), 0);
        locked(&shard.numbers).records = FOLD_AT;
        record();
        assert_eq!(folded(), 1);
        assert_eq!(locked(&shard.numbers).records, 1);
    }
}
