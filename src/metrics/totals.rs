//! What has been counted since the pool started, of all shards that were folded in so far.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::histogram::{Count, Histogram};
use super::names::NameId;
use super::stats::{OutcomeCounts, TaskStats};
use super::tally::Tally;
use super::window::Window;

/// The numbers of one task name. `C` is how wide histograms count: narrow in a shard, wide in total.
#[derive(Clone, Debug)]
pub(super) struct TaskNumbers<C> {
    pub(super) tally: Tally,
    pub(super) queue: Histogram<C>,
    pub(super) run: Histogram<C>,
    pub(super) cpu: Histogram<C>,
}

impl<C> Default for TaskNumbers<C> {
    fn default() -> Self {
        let tally = Tally::default();
        Self {
            tally,
            queue: Histogram::default(),
            run: Histogram::default(),
            cpu: Histogram::default(),
        }
    }
}

impl<C: Count> TaskNumbers<C> {
    pub(super) fn add<D: Count>(&mut self, other: &TaskNumbers<D>)
    where
        C: From<D>,
    {
        self.tally.add(other.tally);
        self.queue.add(&other.queue);
        self.run.add(&other.run);
        self.cpu.add(&other.cpu);
    }

    fn clear(&mut self) {
        self.tally = Tally::default();
        self.queue.clear();
        self.run.clear();
        self.cpu.clear();
    }

    fn stats(&self) -> TaskStats {
        TaskStats {
            counts: OutcomeCounts::from(self.tally),
            queue_time: self.queue.summary(),
            run_time: self.run.summary(),
            cpu_time: self.cpu.summary(),
        }
    }
}

/// Numbers by task name, made when a name is first met.
pub(super) struct ByName<C>(Vec<Option<Box<TaskNumbers<C>>>>);

impl<C> Default for ByName<C> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<C: Count> ByName<C> {
    #[inline]
    pub(super) fn of(&mut self, name: NameId) -> &mut TaskNumbers<C> {
        let index = name.index();
        if !matches!(self.0.get(index), Some(Some(_))) {
            self.make(index);
        }
        self.0[index].as_mut().expect("made above")
    }

    #[cold]
    #[inline(never)]
    fn make(&mut self, index: usize) {
        if self.0.len() <= index {
            self.0.resize_with(index + 1, || None);
        }
        self.0[index] = Some(Box::default());
    }

    /// Takes over what `other` holds and empties it.
    pub(super) fn absorb<D: Count>(&mut self, other: &mut ByName<D>)
    where
        C: From<D>,
    {
        if self.0.len() < other.0.len() {
            self.0.resize_with(other.0.len(), || None);
        }
        for (mine, theirs) in self.0.iter_mut().zip(&mut other.0) {
            if let Some(theirs) = theirs.as_mut().filter(|theirs| theirs.tally.total() > 0) {
                mine.get_or_insert_default().add(theirs);
                theirs.clear();
            }
        }
    }
}

#[derive(Default)]
pub(super) struct Totals {
    pub(super) tasks: ByName<u64>,
    pub(super) window: Window,
}

impl Totals {
    /// The numbers of the pool, which are the sum of its tasks', and of each task.
    pub(super) fn stats(&self, names: &[Arc<str>]) -> (TaskStats, BTreeMap<String, TaskStats>) {
        let mut pool = TaskNumbers::<u64>::default();
        let mut by_task = BTreeMap::new();
        for (index, numbers) in self.tasks.0.iter().enumerate() {
            let Some(numbers) = numbers else { continue };
            pool.add(numbers);
            // A number that was never a name counts for the pool, and has no name to show.
            if let Some(name) = names.get(index) {
                by_task.insert(String::from(&**name), numbers.stats());
            }
        }
        (pool.stats(), by_task)
    }
}
