//! Tasks whose memory is limited: each gets a worker of its own, whose heap is no larger.
//!
//! V8 takes the limit of a heap when it is made, and nothing else ends a task at the very allocation that
//! goes beyond it. So such a task waits apart from the queue, by priority and arrival, for a worker that is
//! started for it and leaves after it. Meanwhile that worker takes other tasks only while its own one waits
//! for some (its children), so that nesting never deadlocks.
//!
//! Workers of this kind count among those that there may be. One may be started beyond that number, so that
//! a pool of busy workers starves no such task; an ordinary worker leaves for each as soon as it can.

use std::collections::BTreeMap;

use super::Scheduler;
use super::effects::{Effects, Handed, Stop};
use super::hand;
use super::scaling::MOST_STILLBORN;
use super::task::{Nanos, Priority, Stage, Task, TaskId, WorkerId};
use super::workers::{Life, Worker};

/// Where a task stands: before those of lower priority, and before those that came later.
type Place = (std::cmp::Reverse<Priority>, u64);

fn place_of(task: &Task) -> Place {
    (std::cmp::Reverse(task.priority), task.turn)
}

/// The waiting ones. Those for which a worker is on its way wait still, and are `expected`.
#[derive(Debug, Default)]
pub struct Confined {
    row: BTreeMap<Place, TaskId>,
    expected: Vec<TaskId>,
    /// How many have ever come.
    turns: u64,
}

impl Confined {
    /// How many wait.
    pub fn len(&self) -> usize {
        self.row.len() + self.expected.len()
    }

    /// Whether any of them has no worker on its way.
    pub fn is_held_up(&self) -> bool {
        !self.row.is_empty()
    }

    /// Puts a task behind those of its priority.
    pub fn push(&mut self, task: &mut Task) {
        self.turns += 1;
        task.turn = self.turns;
        self.give_back(task);
    }

    /// One that was handed over and not begun takes its old place.
    pub fn give_back(&mut self, task: &Task) {
        self.row.insert(place_of(task), task.id);
    }

    /// One waits no more.
    pub fn forget(&mut self, task: &Task) {
        self.expected.retain(|expected| *expected != task.id);
        self.row.remove(&place_of(task));
    }

    /// Takes the first one out for which no worker is on its way; it is expected from now on.
    fn expect(&mut self) -> Option<TaskId> {
        let (_, id) = self.row.pop_first()?;
        self.expected.push(id);
        Some(id)
    }
}

impl Scheduler {
    /// Starts workers for the tasks that need one of their own.
    pub(super) fn confine(&mut self, now: Nanos, fx: &mut Effects) {
        while !self.confined.row.is_empty() && self.make_room(now, fx) {
            let Some(id) = self.confined.expect() else { return };
            let heap = self.tasks.get(id).and_then(Task::heap_limit).unwrap_or(u64::MAX);
            let worker = self.next_worker_id();
            self.workers.add(Worker {
                confined: true,
                reserved: Some(id),
                ..Worker::starting(worker, now)
            });
            fx.confine.push((worker, heap));
        }
    }

    /// Whether no worker is started, because too many have ended before they had joined.
    pub(super) fn is_barren(&self, now: Nanos) -> bool {
        self.stillborn >= MOST_STILLBORN && self.barren_until > now
    }

    /// Whether one more worker of this kind may be started; an idle one leaves for it where there are as many
    /// as there may be.
    fn make_room(&mut self, now: Nanos, fx: &mut Effects) -> bool {
        if self.is_barren(now) {
            return false;
        }
        if self.workers.staying() < self.settings.max_workers as usize {
            return true;
        }
        let free = |worker: &&mut Worker| !worker.confined && worker.is_callable() && worker.is_free();
        let idle = self
            .workers
            .iter_mut()
            .filter(free)
            .min_by_key(|worker| worker.idle_since);
        if let Some(place) = idle {
            place.life = Life::Dismissed;
            fx.stop.push((place.id, Stop::Retire));
            return true;
        }
        // One whose task waits for others has given its place up.
        let at_work = |worker: &Worker| worker.confined && worker.is_staying() && !worker.idle;
        !self.workers.iter().any(at_work)
    }

    /// Hands the task over for which a worker was started. Without it, the worker has nothing to stay for.
    pub(super) fn hand_reserved(&mut self, worker: WorkerId, now: Nanos, batch: &mut Vec<Handed>) {
        let Some(place) = self.workers.get_mut(worker) else {
            return;
        };
        let reserved = place.reserved.take();
        let waits = |id: &TaskId| self.confined.expected.contains(id);
        let Some(task) = reserved.filter(waits).and_then(|id| self.tasks.get_mut(id)) else {
            place.life = Life::Leaving;
            return;
        };
        self.confined.forget(task);
        self.queued_bytes -= task.size() as u64;
        hand::put(place, task, now, batch);
    }

    /// The worker that was started for a task has ended before it came: what becomes of the task.
    pub(super) fn forsaken(&self, place: &Worker) -> Option<TaskId> {
        let id = place.reserved?;
        let task = self.tasks.get(id)?;
        (task.stage == Stage::Queued && self.confined.expected.contains(&id)).then_some(id)
    }
}
