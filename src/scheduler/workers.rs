//! Which workers exist, and what each of them holds.
//!
//! A worker is *starting* from the decision to have it until it joins, then *ready* (idle where it
//! has asked for tasks and there were none). It may be *leaving*: it gets no more tasks and ends what
//! it has begun. Then it is *dismissed*, or it is *killed* where something on it does not end. It is
//! forgotten when its thread has ended.

use std::sync::Arc;

use super::claim::SharedWords;
use super::task::{IsolateId, MILLISECOND, Nanos, TaskId, WorkerId};

/// How often the scheduler looks at tasks that wait although a worker could take them.
pub const TICK: Nanos = MILLISECOND;

/// How long a worker may take that was called, or was given a task, and has nothing else to do: its
/// event loop should be free, but its thread may have to wait for a processor.
pub const PATIENCE: Nanos = 4 * MILLISECOND;

/// Work that is worth calling one more worker for: calling costs some 5 to 10 µs on either side.
pub const WORTH_WAKING: Nanos = 50_000;

/// How long a worker is expected to take from its start until it joins: some 35 ms, more where the user's
/// loaders have much to do. Others are started beside one that takes longer.
pub const STARTING: Nanos = 1_000 * MILLISECOND;

/// How far a worker's life has got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Life {
    Starting,
    Ready,
    /// It gets no more tasks, and is dismissed when those that it has begun have ended.
    Leaving,
    /// It has been told to go: nothing of it runs.
    Dismissed,
    /// It is being ended, whatever runs on it.
    Killed,
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
    /// When its clock started: stamps count from here. While it starts, when that was decided.
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
    /// When it was called, if it has not come yet.
    pub woken: Option<Nanos>,
    /// When the first of its tasks may run out of time.
    pub check_at: Nanos,
    /// When to see whether it has finished something that it does not report.
    pub look_at: Nanos,
    /// When the CPU time of its thread needs a look, what that showed last, and how long to wait if it
    /// shows the same again.
    pub cpu_at: Nanos,
    pub cpu_seen: Nanos,
    pub cpu_pause: Nanos,
    /// It is there for one task whose memory is limited, and for what that waits for; and that task,
    /// until it has been handed over.
    pub confined: bool,
    pub reserved: Option<TaskId>,
    /// It is there beyond those that there may be, for what would put waiting parents at risk.
    pub stand_in: bool,
    /// How many tasks that it has submitted itself are not settled.
    pub children: usize,

    /// How many tasks it has been given and has begun, or may still begin.
    pub taken: u64,
    pub completed: u64,
    pub failed: u64,
    /// Time spent running tasks, and CPU time, since it joined.
    pub busy: Nanos,
    pub cpu: Nanos,
    /// CPU time of its thread since its last visit, where it has ended.
    pub cpu_at_end: Nanos,
    /// Bytes of its heap in use, as it said last.
    pub heap: u64,
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
            woken: None,
            check_at: Nanos::MAX,
            look_at: Nanos::MAX,
            cpu_at: Nanos::MAX,
            cpu_seen: 0,
            cpu_pause: 0,
            confined: false,
            reserved: None,
            stand_in: false,
            children: 0,
            taken: 0,
            completed: 0,
            failed: 0,
            busy: 0,
            cpu: 0,
            cpu_at_end: 0,
            heap: 0,
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

    /// Whether it is or will be there for tasks.
    #[must_use]
    pub fn is_staying(&self) -> bool {
        matches!(self.life, Life::Starting | Life::Ready)
    }

    /// Whether it may be given tasks: not while one on it lingers, because if that does not end the
    /// worker is ended, with everything that it has begun.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.life == Life::Ready && self.lingering.is_empty()
    }

    /// Whether it may be called for tasks.
    #[must_use]
    pub fn is_callable(&self) -> bool {
        self.is_open() && self.idle && self.woken.is_none()
    }

    /// How long it may keep tasks waiting, by what else goes on in it, until that needs a look.
    fn patience(&self) -> Nanos {
        if self.running.is_empty() { PATIENCE } else { TICK }
    }

    /// Until when it is expected to come, if it has been called.
    #[must_use]
    pub fn expected_until(&self) -> Option<Nanos> {
        Some(self.woken?.saturating_add(self.patience()))
    }

    /// When tasks that it has not begun need a look. The first of a batch is begun at once, as a rule.
    #[must_use]
    pub fn attend_at(&self) -> Nanos {
        let patience = if self.handed.len() == 1 {
            self.patience()
        } else {
            TICK / 2
        };
        self.due.saturating_add(patience)
    }

    /// Whether it will ask for tasks by itself very soon.
    #[must_use]
    pub fn is_coming(&self, now: Nanos) -> bool {
        if !self.is_open() {
            return false;
        }
        match self.expected_until() {
            Some(until) => now < until,
            None => {
                !self.idle
                    && self.due <= now.saturating_add(WORTH_WAKING)
                    && now <= self.due.saturating_add(2 * WORTH_WAKING)
            }
        }
    }

    /// Whether it is on its way, and should be there soon.
    #[must_use]
    pub fn is_starting(&self, now: Nanos) -> bool {
        self.life == Life::Starting && now < self.joined.saturating_add(STARTING)
    }

    /// When it is ended if what lingers on it goes on.
    #[must_use]
    pub fn ends_at(&self) -> Option<Nanos> {
        if matches!(self.life, Life::Dismissed | Life::Killed) {
            return None;
        }
        self.lingering.iter().map(|lingering| lingering.until).min()
    }

    /// An attempt has ended: `true` where it had been given up before.
    pub fn ended(&mut self, id: TaskId) -> bool {
        let before = self.lingering.len();
        if before > 0 {
            self.lingering.retain(|lingering| lingering.id != id);
            // What it is told later must not hit a later attempt of the same task.
            self.cancelled.retain(|cancelled| *cancelled != id);
        }
        self.lingering.len() < before
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

    /// How many are there or on their way, and are not leaving; stand-ins, which come beside them, do not count.
    #[must_use]
    pub fn staying(&self) -> usize {
        let stays = |worker: &&Worker| worker.is_staying() && !worker.stand_in;
        self.row.iter().filter(stays).count()
    }

    /// The worker that is this isolate.
    pub fn of_isolate(&mut self, isolate: IsolateId) -> Option<&mut Worker> {
        self.row.iter_mut().find(|worker| worker.isolate == Some(isolate))
    }

    /// Their names.
    #[must_use]
    pub fn ids(&self) -> Vec<WorkerId> {
        self.row.iter().map(|worker| worker.id).collect()
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
