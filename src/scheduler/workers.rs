//! Which workers exist, and what each of them holds.
//!
//! A worker is *starting* from the decision to have it until it joins, then *ready* (idle where it
//! has asked for tasks and there were none), and *leaving* once its end has been decided. It is
//! forgotten when its thread has ended.

use std::sync::Arc;

use super::claim::SharedWords;
use super::task::{IsolateId, Nanos, TaskId, WorkerId};

/// How far a worker's life has got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Life {
    Starting,
    Ready,
    /// Its end has been decided; it gets no more tasks.
    Leaving,
}

/// A task that is settled but may still be running: it has until `until` to stop by itself.
#[derive(Clone, Copy, Debug)]
pub struct Lingering {
    pub id: TaskId,
    pub until: Nanos,
}

/// One worker.
#[derive(Debug)]
pub struct Worker {
    pub id: WorkerId,
    pub life: Life,
    pub isolate: Option<IsolateId>,
    pub words: Arc<SharedWords>,
    /// When its clock started: stamps count from here.
    pub joined: Nanos,

    /// The number of the present batch, and its tasks in order.
    pub batch: u32,
    pub handed: Vec<TaskId>,
    pub handed_at: Nanos,
    /// When the present batch should be done, by what its functions took before.
    pub due: Nanos,
    /// How many tasks of the present batch have been reported, and their run time together.
    pub reported: usize,
    pub spent: Nanos,
    /// Tasks of earlier batches that have begun and not ended: they await something.
    pub running: Vec<TaskId>,
    pub lingering: Vec<Lingering>,
    /// Cancelled tasks that the worker has not been told of.
    pub cancelled: Vec<TaskId>,

    /// It asked for tasks and there were none.
    pub idle: bool,
    pub idle_since: Nanos,
    /// It has been called and has not come yet.
    pub woken: bool,
    /// What the claim word said at the last look, to see whether it gets on.
    pub seen_next: usize,
    /// When the first of its tasks may run out of time.
    pub check_at: Nanos,
    /// It is being ended, whatever it does: nobody needs to look at what lingers on it.
    pub stopped: bool,

    pub completed: u64,
    pub failed: u64,
    /// Time spent running tasks, and CPU time, since it joined.
    pub busy: Nanos,
    pub cpu: Nanos,
}

impl Worker {
    /// A worker that is to be started.
    #[must_use]
    pub fn starting(id: WorkerId, now: Nanos) -> Self {
        Self {
            id,
            life: Life::Starting,
            isolate: None,
            words: Arc::default(),
            joined: now,
            batch: 0,
            handed: Vec::new(),
            handed_at: 0,
            due: 0,
            reported: 0,
            spent: 0,
            running: Vec::new(),
            lingering: Vec::new(),
            cancelled: Vec::new(),
            idle: false,
            idle_since: now,
            woken: false,
            seen_next: 0,
            check_at: Nanos::MAX,
            stopped: false,
            completed: 0,
            failed: 0,
            busy: 0,
            cpu: 0,
        }
    }

    /// How many tasks of the present batch have begun; never more than there are.
    #[must_use]
    pub fn begun(&self) -> usize {
        self.words.progress().0.min(self.handed.len())
    }

    /// How many tasks of the present batch wait for the worker to begin them.
    #[must_use]
    pub fn unbegun(&self) -> usize {
        let (next, end) = self.words.progress();
        end.min(self.handed.len()).saturating_sub(next)
    }

    /// Whether nothing at all keeps it busy.
    #[must_use]
    pub fn is_free(&self) -> bool {
        self.idle && self.running.is_empty() && self.lingering.is_empty()
    }

    /// Whether it may be called for more.
    #[must_use]
    pub fn is_callable(&self) -> bool {
        self.life == Life::Ready && self.idle && !self.woken
    }

    /// When the task at `index` of the present batch began, as far as it was stamped.
    #[must_use]
    pub fn begun_at(&self, index: usize, now: Nanos) -> Option<Nanos> {
        let stamp = self.words.stamp(index);
        if stamp == 0 {
            return None;
        }
        #[expect(clippy::cast_possible_truncation, reason = "stamps count modulo 2^32")]
        let clock = (now.saturating_sub(self.joined) / 1_000) as u32;
        let ago = clock.wrapping_sub(stamp);
        // A stamp a little ahead of our clock is one of this very moment.
        let ago = if ago > u32::MAX - 1_000_000 { 0 } else { ago };
        Some(now.saturating_sub(u64::from(ago) * 1_000))
    }
}

/// The workers of a pool. There are few, so they stand in a row.
#[derive(Debug, Default)]
pub struct Workers {
    row: Vec<Worker>,
}

impl Workers {
    pub fn add(&mut self, worker: Worker) {
        self.row.push(worker);
    }

    pub fn remove(&mut self, id: WorkerId) -> Option<Worker> {
        let place = self.row.iter().position(|worker| worker.id == id)?;
        Some(self.row.remove(place))
    }

    #[must_use]
    pub fn get(&self, id: WorkerId) -> Option<&Worker> {
        self.row.iter().find(|worker| worker.id == id)
    }

    pub fn get_mut(&mut self, id: WorkerId) -> Option<&mut Worker> {
        self.row.iter_mut().find(|worker| worker.id == id)
    }

    pub fn iter(&self) -> std::slice::Iter<'_, Worker> {
        self.row.iter()
    }

    pub fn iter_mut(&mut self) -> std::slice::IterMut<'_, Worker> {
        self.row.iter_mut()
    }

    /// Workers that are there or on their way, and are not leaving.
    #[must_use]
    pub fn staying(&self) -> usize {
        self.row
            .iter()
            .filter(|worker| worker.life != Life::Leaving)
            .count()
    }

    #[must_use]
    pub fn len(&self) -> usize {
        self.row.len()
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.row.is_empty()
    }

    pub fn clear(&mut self) {
        self.row.clear();
    }
}
