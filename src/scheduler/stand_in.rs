//! Workers beyond `max_workers` for tasks that would put their own parents at risk.
//!
//! A task that waits for its children has given its place up, but not its thread: a child that runs there and
//! does not stop when its time is over takes its parent along. So a child that may have to be ended (it has a
//! timeout, limits, or a signal) is *sheltered*: it is left to a worker on which no parent waits. Where there
//! is none, because all are waiting themselves, a *stand-in* is started, which does nothing else than that.
//!
//! - No more of them work at a time than places have been given up: what is at work is never more than
//!   `max_workers`.
//! - There are at most [`STAND_INS`]. With those, or where none can be started, a sheltered task begins
//!   wherever there is room: nesting never waits for ever.
//! - A stand-in leaves when it has been idle for as long as others may.

use super::effects::{Effects, Stop};
use super::scaling::PRESSURE;
use super::task::{Nanos, Stage, TaskId};
use super::workers::{Life, Worker};
use super::{Phase, Scheduler};

/// How many there are at most: enough for the child of a child. Each is a thread and some 10 MB.
const STAND_INS: usize = 2;

impl Worker {
    /// Whether a task on it may be waiting for others that it has submitted.
    fn has_parents(&self) -> bool {
        self.children > 0 && !self.running.is_empty()
    }

    /// When it leaves, if it is a stand-in and nothing comes.
    pub(super) fn stands_until(&self, idle_timeout: Nanos) -> Option<Nanos> {
        let rests = self.stand_in && self.is_callable() && self.is_free();
        rests.then(|| self.idle_since.saturating_add(idle_timeout))
    }
}

impl Scheduler {
    /// Whether the task that goes next is sheltered, and since when it has waited.
    pub(super) fn sheltered(&self) -> Option<Nanos> {
        if self.nested == 0 {
            return None;
        }
        let waits = |id: TaskId| self.tasks.get(id).is_some_and(|task| task.stage == Stage::Queued);
        let task = self.tasks.get(self.queue.front(waits)?)?;
        task.is_sheltered().then_some(task.enqueued)
    }

    /// Whether this worker leaves sheltered tasks to others.
    pub(super) fn spares_parents(&self, worker: &Worker, now: Nanos) -> bool {
        worker.has_parents() && self.has_shelter(now)
    }

    /// Whether the task that goes next is anything for this worker.
    pub(super) fn is_for(&self, worker: &Worker, sheltered: bool, now: Nanos) -> bool {
        if sheltered {
            !self.spares_parents(worker, now)
        } else {
            !worker.stand_in
        }
    }

    /// Whether a worker could be called for the task that goes next.
    pub(super) fn has_callable(&self, now: Nanos) -> bool {
        let sheltered = self.sheltered().is_some();
        let mut callable = self.workers.iter().filter(|worker| worker.is_callable());
        callable.any(|worker| self.is_for(worker, sheltered, now))
    }

    /// Starts a stand-in for the task that goes next, if it needs one. Where workers without parents are at
    /// work, one of those may have ended what it does sooner.
    pub(super) fn stand_in(&mut self, now: Nanos, fx: &mut Effects) {
        let Some(since) = self.sheltered() else { return };
        let (is_expected, at_work) = self.without_parents(now);
        let is_urgent = at_work == 0 || now.saturating_sub(since) >= PRESSURE;
        if is_expected || !is_urgent || at_work >= self.places() || !self.may_stand_in(now) {
            return;
        }
        // Not where everybody is able to take it at once, and nobody would be at risk.
        if !self.workers.iter().any(Worker::has_parents) {
            return;
        }
        let id = self.next_worker_id();
        self.workers.add(Worker {
            stand_in: true,
            ..Worker::starting(id, now)
        });
        fx.start.push(id);
    }

    /// Stand-ins that have been idle for too long leave.
    pub(super) fn relieve_stand_ins(&mut self, now: Nanos, fx: &mut Effects) {
        let idle_timeout = self.settings.idle_timeout;
        for worker in self.workers.iter_mut() {
            if worker
                .stands_until(idle_timeout)
                .is_some_and(|until| until <= now)
            {
                worker.life = Life::Dismissed;
                fx.stop.push((worker.id, Stop::Retire));
            }
        }
    }

    fn places(&self) -> usize {
        self.settings.max_workers as usize
    }

    /// Whether a sheltered task is going to be begun by a worker on which no parent waits.
    fn has_shelter(&self, now: Nanos) -> bool {
        let (is_expected, at_work) = self.without_parents(now);
        is_expected || at_work >= self.places() || self.may_stand_in(now)
    }

    /// Whether another one may be started.
    fn may_stand_in(&self, now: Nanos) -> bool {
        let there = self.workers.iter().filter(|worker| worker.stand_in);
        there.count() < STAND_INS && self.phase != Phase::Closing && !self.is_barren(now)
    }

    /// Whether one of the workers on which no parent waits is expected, and how many of them are at work.
    fn without_parents(&self, now: Nanos) -> (bool, usize) {
        let mut at_work = 0;
        for worker in self.workers.iter().filter(|worker| !worker.confined) {
            if worker.is_starting(now) {
                return (true, at_work);
            }
            if !worker.is_open() || worker.has_parents() {
                continue;
            }
            if worker.idle && worker.expected_until().is_none_or(|until| now < until) {
                return (true, at_work);
            }
            // One with limits may wait for what it takes no part in: it holds nobody up.
            at_work += usize::from(!self.is_reserved(worker));
        }
        (false, at_work)
    }

    /// Whether a worker begins nothing before a task with limits has ended.
    fn is_reserved(&self, worker: &Worker) -> bool {
        let mut held = worker.handed.iter().chain(&worker.running);
        held.any(|id| self.tasks.get(*id).is_some_and(super::task::Task::is_limited))
    }
}
