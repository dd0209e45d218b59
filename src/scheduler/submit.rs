//! Taking tasks in, settling them, and what can be asked about them.

use super::effects::Effects;
use super::error::Failure;
use super::task::{IsolateId, Nanos, NewTask, Outcome, Settled, Stage, Task, TaskId, Times};
use super::timers::Purpose;
use super::workers::Life;
use super::{Phase, Scheduler};

/// The length of the queue from which its owner is warned: SPEC section 7.
pub(super) const CROWDED: usize = 100_000;

impl Scheduler {
    /// Takes tasks in. Those that cannot be taken are settled at once, each with its reason.
    pub fn submit(
        &mut self,
        owner: IsolateId,
        tasks: impl IntoIterator<Item = NewTask>,
        now: Nanos,
        fx: &mut Effects,
    ) {
        let mut room = self.room();
        let nested = self.workers.of_isolate(owner).is_some();
        let is_needed = nested && self.phase == Phase::Draining && self.has_begun(owner);
        for new in tasks {
            if let Err(failure) = self.admit(&new, is_needed, room) {
                fx.refused += 1;
                fx.settled.push(refused(owner, &new, failure));
                continue;
            }
            room = room.saturating_sub(1);
            let mut task = Task::submitted_by(owner, new, now);
            task.nested = nested;
            self.enter(task, fx);
        }
        if self.queued > self.warn_at {
            self.warn_at = self.queued.saturating_mul(2);
            fx.crowded = Some(self.queued);
        }
        self.rouse(now, fx);
        self.watch(now, fx);
    }

    /// How many more tasks may come: the places in the queue and with workers that are free to begin.
    fn room(&self) -> usize {
        if self.settings.max_queue == usize::MAX {
            return usize::MAX;
        }
        let staying = self.workers.staying();
        let busy = self
            .workers
            .iter()
            .filter(|worker| {
                worker.life == Life::Ready && !worker.stand_in && worker.reported < worker.handed.len()
            })
            .count();
        let max = (self.settings.max_workers as usize).max(staying);
        let free = max - busy.min(max);
        self.settings
            .max_queue
            .saturating_add(free)
            .saturating_sub(self.waiting + self.unbegun())
    }

    /// Whether a task runs on the worker that is this isolate, and may need another one.
    fn has_begun(&self, isolate: IsolateId) -> bool {
        let mut workers = self.workers.iter();
        let Some(worker) = workers.find(|worker| worker.isolate == Some(isolate)) else {
            return false;
        };
        let mut begun = worker.handed[..worker.begun()].iter().chain(&worker.running);
        begun.any(|id| self.tasks.get(*id).is_some_and(|task| task.is_with(worker.id)))
    }

    fn admit(&self, new: &NewTask, is_needed: bool, room: usize) -> Result<(), Failure> {
        if self.phase == Phase::Closing || self.phase == Phase::Draining && !is_needed {
            return Err(Failure::ShutDown);
        }
        if room == 0 {
            return Err(Failure::QueueFull {
                waiting: self.waiting + self.unbegun(),
                limit: self.settings.max_queue,
            });
        }
        let extra = new.payload.weight();
        if self.queued_bytes.saturating_add(extra) > self.settings.max_queue_bytes {
            let (waiting, limit) = (self.queued_bytes, self.settings.max_queue_bytes);
            return Err(Failure::QueueBytes {
                waiting,
                extra,
                limit,
            });
        }
        let used = self.memory_used();
        if used.saturating_add(extra) > self.settings.memory_limit {
            let limit = self.settings.memory_limit;
            return Err(Failure::MemoryFull { used, limit });
        }
        Ok(())
    }

    /// What the pool takes: the heaps of its workers, and the arguments that wait.
    fn memory_used(&self) -> u64 {
        if self.settings.memory_limit == u64::MAX {
            return 0;
        }
        let heaps: u64 = self.workers.iter().map(|worker| worker.heap).sum();
        heaps.saturating_add(self.queued_bytes)
    }

    /// A worker says how much of its heap is in use.
    pub fn weighed(&mut self, worker: super::WorkerId, heap: u64) {
        if let Some(place) = self.workers.get_mut(worker) {
            place.heap = heap;
        }
    }

    fn enter(&mut self, task: Task, fx: &mut Effects) {
        let (id, now, bytes) = (task.id, task.submitted, task.size() as u64);
        let limit = task.terms.as_ref().and_then(|terms| terms.queue_timeout);
        let parent = task.nested.then_some(task.owner);
        let goes_at_once = task.terms.is_none();
        match self.tasks.insert(task) {
            // What waits for nothing, as most do, is in the queue without having to be looked up again.
            Ok(task) if goes_at_once => {
                task.turn = self.queue.push(id, task.priority, now);
                self.queued += 1;
            }
            Ok(_) => {}
            Err(task) => {
                // Ids are given out once; a second one of the same number can only be a broken frame.
                fx.refused += 1;
                fx.settled
                    .push(settled(&task, Outcome::Failed(Failure::Abandoned)));
                return;
            }
        }
        if let Some(parent) = parent {
            self.nested += 1;
            if let Some(place) = self.workers.of_isolate(parent) {
                place.children += 1;
            }
        }
        self.queued_bytes += bytes;
        if goes_at_once {
            return;
        }
        if self.await_inputs(id, fx) {
            self.waiting += 1;
        } else {
            self.line_up(id, now);
        }
        if let Some(limit) = limit {
            self.timers
                .set(now.saturating_add(limit), id, Purpose::QueueTimeout);
        }
    }

    /// Puts a task into the queue: at the end where it arrives, in its old place where it was taken back.
    pub(super) fn enqueue(&mut self, id: TaskId, arrived: Option<Nanos>) {
        let Some(task) = self.tasks.get_mut(id) else {
            return;
        };
        self.queued_bytes += task.size() as u64;
        if let Some(now) = arrived {
            self.line_up(id, now);
        } else {
            task.stage = Stage::Queued;
            if task.heap_limit().is_some() {
                self.confined.give_back(task);
                return;
            }
            self.queued += 1;
            self.queue.give_back(id, task.priority, task.enqueued, task.turn);
        }
    }

    /// Puts a task whose bytes are counted already at the end of the queue.
    pub(super) fn line_up(&mut self, id: TaskId, now: Nanos) {
        let Some(task) = self.tasks.get_mut(id) else {
            return;
        };
        task.stage = Stage::Queued;
        task.enqueued = now;
        if task.heap_limit().is_some() {
            self.confined.push(task);
            return;
        }
        task.turn = self.queue.push(id, task.priority, now);
        self.queued += 1;
    }

    /// Ends a task: it leaves the table, and its owner is told.
    pub(super) fn settle(
        &mut self,
        id: TaskId,
        outcome: Outcome,
        times: Times,
        silent: bool,
        fx: &mut Effects,
    ) {
        let Some(task) = self.tasks.remove(id) else { return };
        if task.nested {
            self.nested -= 1;
            if let Some(place) = self.workers.of_isolate(task.owner) {
                place.children = place.children.saturating_sub(1);
            }
        }
        match task.stage {
            Stage::Queued => {
                if task.heap_limit().is_some() {
                    self.confined.forget(&task);
                } else {
                    self.queued -= 1;
                }
                self.queued_bytes -= task.size() as u64;
            }
            Stage::Waiting => {
                self.waiting -= 1;
                self.queued_bytes -= task.size() as u64;
                self.dependents.forget(&task);
            }
            Stage::Resting | Stage::Undecided | Stage::Handed { .. } => {}
        }
        let tasks = &self.tasks;
        self.timers.tidy(tasks.len(), |id| tasks.get(id).is_some());
        self.queue.tidy(self.queued, |id| {
            tasks.get(id).is_some_and(|task| task.stage == Stage::Queued)
        });
        let mut settled = settled(&task, outcome);
        settled.times = times;
        settled.silent = silent;
        fx.settled.push(settled);
        if self.phase != Phase::Open && self.tasks.is_empty() {
            fx.drained = true;
        }
    }

    /// Ends an attempt that did not succeed: another one follows where the task's retry allows it.
    pub(super) fn fail(&mut self, id: TaskId, outcome: Outcome, times: Times, now: Nanos, fx: &mut Effects) {
        let retryable = match &outcome {
            Outcome::Rejected { .. } => true,
            Outcome::Failed(failure) => failure.is_retryable(),
            Outcome::Fulfilled { .. } => false,
        };
        let chance = self.next_chance();
        let Some(task) = self.tasks.get_mut(id) else {
            return;
        };
        let policy = task.terms.as_ref().and_then(|terms| terms.retry);
        let Some(policy) = policy.filter(|policy| retryable && task.attempt < policy.attempts) else {
            return self.settle(id, outcome, times, false, fx);
        };
        if let Some(terms) = task.terms.as_mut() {
            terms.before = Some(times);
        }
        let wait = policy.wait_after(task.attempt, chance);
        if policy.ask {
            let mut report = settled(task, outcome);
            report.times = times;
            report.undecided = Some(wait);
            fx.settled.push(report);
            task.stage = Stage::Undecided;
        } else {
            self.rest(id, wait, now, fx);
        }
    }

    /// Lets a task rest before its next attempt, which begins when the last one has ended.
    pub(super) fn rest(&mut self, id: TaskId, wait: Nanos, now: Nanos, fx: &mut Effects) {
        let Some(task) = self.tasks.get_mut(id) else {
            return;
        };
        task.attempt += 1;
        task.stage = Stage::Resting;
        task.enqueued = now.saturating_add(wait);
        fx.retried += 1;
        if wait == 0 {
            self.rested(id, now);
        } else {
            self.timers.set(task.enqueued, id, Purpose::Rest);
        }
    }

    /// The rest of a task is over, or the attempt that it had to wait for: it waits for a worker, if both are.
    pub(super) fn rested(&mut self, id: TaskId, now: Nanos) {
        if self
            .tasks
            .get(id)
            .is_some_and(|task| task.stage == Stage::Resting && task.enqueued <= now && !task.lingers)
        {
            self.enqueue(id, Some(now));
        }
    }

    /// An attempt that had been given up has ended.
    pub(super) fn freed(&mut self, id: TaskId, now: Nanos) {
        if let Some(task) = self.tasks.get_mut(id) {
            task.lingers = false;
            self.rested(id, now);
        }
    }

    /// The owner has decided on a task whose attempt failed: a next one after `wait`, or none.
    ///
    /// Without a next attempt the owner settles it by itself. `false` where nothing was to be decided:
    /// it has been settled meanwhile.
    pub fn decide(&mut self, id: TaskId, wait: Option<Nanos>, now: Nanos, fx: &mut Effects) -> bool {
        let undecided = |task: &Task| task.stage == Stage::Undecided;
        if !self.tasks.get(id).is_some_and(undecided) {
            return false;
        }
        match wait {
            Some(wait) => self.rest(id, wait, now, fx),
            None => self.settle(
                id,
                Outcome::Rejected { form: 0, body: 0..0 },
                Times::default(),
                true,
                fx,
            ),
        }
        self.rouse(now, fx);
        self.watch(now, fx);
        true
    }
}

/// The word to the owner that `task` is done with.
pub(super) fn settled(task: &Task, outcome: Outcome) -> Settled {
    let worker = match task.stage {
        Stage::Handed { worker, .. } => Some(worker),
        _ => None,
    };
    Settled {
        owner: task.owner,
        id: task.id,
        name: task.name,
        attempt: task.attempt,
        began: matches!(task.stage, Stage::Handed { .. } | Stage::Undecided),
        worker,
        times: Times::default(),
        outcome,
        undecided: None,
        silent: false,
    }
}

fn refused(owner: IsolateId, new: &NewTask, failure: Failure) -> Settled {
    Settled {
        owner,
        id: new.id,
        name: new.name,
        attempt: 0,
        began: false,
        worker: None,
        times: Times::default(),
        outcome: Outcome::Failed(failure),
        undecided: None,
        silent: false,
    }
}
