//! Taking tasks in, settling them, and what can be asked about them.

use super::effects::Effects;
use super::error::Failure;
use super::task::{
    IsolateId, NameId, Nanos, NewTask, Outcome, Priority, Settled, Stage, Task, TaskId, Times, WorkerId,
};
use super::timers::Purpose;
use super::workers::Life;
use super::{Phase, Scheduler};

/// The length of the queue from which its owner is warned: SPEC section 7.
pub(super) const CROWDED: usize = 100_000;

/// Where a task stands, for those who ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    Waiting,
    Queued,
    Running { worker: WorkerId, attempt: u32 },
}

/// A task that runs, for those who ask.
#[derive(Clone, Copy, Debug)]
pub struct Facts {
    pub name: NameId,
    pub priority: Priority,
    pub attempt: u32,
    pub timeout: Option<Nanos>,
    /// Since it began.
    pub elapsed: Nanos,
}

/// One worker, for those who ask.
#[derive(Clone, Debug)]
pub struct WorkerView {
    pub id: WorkerId,
    pub isolate: Option<IsolateId>,
    pub state: &'static str,
    pub completed: u64,
    pub failed: u64,
    /// The part of its life that it has spent running tasks.
    pub utilization: f64,
    pub cpu: Nanos,
}

/// The pool as it stands.
#[derive(Clone, Debug)]
pub struct Summary {
    pub tasks: usize,
    pub queued: usize,
    pub queued_bytes: u64,
    pub oldest: Nanos,
    pub active: usize,
    pub idle: usize,
    /// Whether a worker could be started if one were needed.
    pub can_start: bool,
    pub workers: Vec<WorkerView>,
}

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
        for new in tasks {
            if let Err(failure) = self.admit(&new, room) {
                fx.refused += 1;
                fx.settled.push(refused(owner, &new, failure));
                continue;
            }
            room = room.saturating_sub(1);
            self.enter(Task::submitted_by(owner, new, now), now, fx);
        }
        if self.queued > self.warn_at {
            self.warn_at = self.queued.saturating_mul(2);
            fx.crowded = Some(self.queued);
        }
        self.rouse(now, fx);
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
            .filter(|worker| worker.life == Life::Ready && !worker.idle)
            .count();
        let max = (self.settings.max_workers as usize).max(staying);
        let free = max - busy.min(max);
        let unbegun: usize = self.workers.iter().map(super::workers::Worker::unbegun).sum();
        self.settings
            .max_queue
            .saturating_add(free)
            .saturating_sub(self.waiting + self.queued + unbegun)
    }

    fn admit(&self, new: &NewTask, room: usize) -> Result<(), Failure> {
        if self.phase != Phase::Open {
            return Err(Failure::ShutDown);
        }
        if room == 0 {
            return Err(Failure::QueueFull {
                waiting: self.waiting + self.queued,
                limit: self.settings.max_queue,
            });
        }
        let extra = new.payload.len() as u64;
        if self.queued_bytes.saturating_add(extra) > self.settings.max_queue_bytes {
            let (waiting, limit) = (self.queued_bytes, self.settings.max_queue_bytes);
            return Err(Failure::QueueBytes {
                waiting,
                extra,
                limit,
            });
        }
        Ok(())
    }

    fn enter(&mut self, task: Task, now: Nanos, fx: &mut Effects) {
        let (id, priority, bytes) = (task.id, task.priority, task.payload.len() as u64);
        let limit = task.terms.as_ref().and_then(|terms| terms.queue_timeout);
        if let Err(task) = self.tasks.insert(task) {
            // Ids are given out once; a second one of the same number can only be a broken frame.
            fx.refused += 1;
            fx.settled
                .push(settled(&task, Outcome::Failed(Failure::Abandoned)));
            return;
        }
        self.queued_bytes += bytes;
        if self.await_inputs(id, fx) {
            self.waiting += 1;
        } else {
            self.queued += 1;
            self.queue.push(id, priority, now);
        }
        if let Some(limit) = limit {
            let at = now.saturating_add(limit);
            let tasks = &mut self.tasks;
            self.timers
                .set(at, id, Purpose::QueueTimeout, |id| tasks.get_mut(id).is_some());
            self.set_alarm(at, fx);
        }
    }

    /// Puts a task that is between attempts, or was taken back, into the queue again.
    pub(super) fn requeue(&mut self, id: TaskId, arrived: Option<Nanos>) {
        let Some(task) = self.tasks.get_mut(id) else {
            return;
        };
        self.queued_bytes += task.size() as u64;
        if let Some(now) = arrived {
            self.line_up(id, now);
        } else {
            task.stage = Stage::Queued;
            self.queued += 1;
            let (priority, arrived): (Priority, Nanos) = (task.priority, task.enqueued);
            self.queue.give_back(id, priority, arrived);
        }
    }

    /// Puts a task whose bytes are counted already at the end of the queue.
    pub(super) fn line_up(&mut self, id: TaskId, now: Nanos) {
        let Some(task) = self.tasks.get_mut(id) else {
            return;
        };
        task.stage = Stage::Queued;
        task.enqueued = now;
        self.queued += 1;
        self.queue.push(id, task.priority, now);
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
        match task.stage {
            Stage::Queued => {
                self.queued -= 1;
                self.queued_bytes -= task.size() as u64;
            }
            Stage::Waiting => {
                self.waiting -= 1;
                self.queued_bytes -= task.size() as u64;
                self.dependents.forget(&task);
            }
            Stage::Resting | Stage::Undecided | Stage::Handed { .. } => {}
        }
        let mut settled = settled(&task, outcome);
        settled.times = times;
        settled.silent = silent;
        fx.settled.push(settled);
        if self.phase == Phase::Draining && self.tasks.is_empty() {
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
        let wait = policy.wait_after(task.attempt, chance);
        if policy.ask {
            task.stage = Stage::Undecided;
            let mut report = settled(task, outcome);
            report.times = times;
            report.undecided = Some(wait);
            fx.settled.push(report);
        } else {
            self.rest(id, wait, now, fx);
        }
    }

    /// Lets a task rest before its next attempt.
    pub(super) fn rest(&mut self, id: TaskId, wait: Nanos, now: Nanos, fx: &mut Effects) {
        let Some(task) = self.tasks.get_mut(id) else {
            return;
        };
        task.attempt += 1;
        task.stage = Stage::Resting;
        fx.retried += 1;
        let purpose = Purpose::Attempt(task.attempt);
        let at = now.saturating_add(wait);
        if wait == 0 {
            self.requeue(id, Some(now));
            self.rouse(now, fx);
            return;
        }
        let tasks = &mut self.tasks;
        self.timers.set(at, id, purpose, |id| tasks.get_mut(id).is_some());
        self.set_alarm(at, fx);
    }

    /// The owner has decided on a task whose attempt failed: a next one after `wait`, or none.
    ///
    /// Without a next attempt the owner settles it by itself; `outcome` is for the metrics.
    pub fn decide(&mut self, id: TaskId, wait: Option<Nanos>, now: Nanos, fx: &mut Effects) {
        let Some(task) = self.tasks.get_mut(id) else {
            return;
        };
        if task.stage != Stage::Undecided {
            return;
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
    }

    /// Where a task stands; `None` where it is settled or was never there.
    pub fn state(&mut self, id: TaskId) -> Option<State> {
        let task = self.tasks.get_mut(id)?;
        let attempt = task.attempt;
        Some(match task.stage {
            Stage::Queued => State::Queued,
            Stage::Waiting | Stage::Resting | Stage::Undecided => State::Waiting,
            Stage::Handed { worker, .. } => {
                let begun = self.workers.get(worker).is_some_and(|worker| {
                    worker.running.contains(&id) || worker.handed[..worker.begun()].contains(&id)
                });
                if begun {
                    State::Running { worker, attempt }
                } else {
                    State::Queued
                }
            }
        })
    }

    /// What there is to know of a task that has been handed to a worker.
    pub fn facts(&mut self, id: TaskId, now: Nanos) -> Option<Facts> {
        let task = self.tasks.get_mut(id)?;
        let Stage::Handed { worker, .. } = task.stage else { return None };
        let (name, priority, attempt, timeout) = (task.name, task.priority, task.attempt, task.timeout());
        let handed = task.handed;
        let began = self.workers.get(worker).and_then(|place| {
            let index = place.handed.iter().position(|held| *held == id)?;
            place.begun_at(index, now)
        });
        let elapsed = now.saturating_sub(began.unwrap_or(handed));
        Some(Facts { name, priority, attempt, timeout, elapsed })
    }

    /// The pool as it stands.
    #[must_use]
    pub fn summary(&self, now: Nanos) -> Summary {
        let views: Vec<WorkerView> = self
            .workers
            .iter()
            .map(|worker| {
                let busy_now = if worker.is_free() || worker.life == Life::Starting || worker.idle {
                    0
                } else {
                    now.saturating_sub(worker.handed_at)
                };
                #[expect(clippy::cast_precision_loss, reason = "a ratio")]
                let utilization = (worker.busy.saturating_add(busy_now)) as f64
                    / (now.saturating_sub(worker.joined)).max(1) as f64;
                WorkerView {
                    id: worker.id,
                    isolate: worker.isolate,
                    state: match worker.life {
                        Life::Starting => "starting",
                        Life::Leaving => "leaving",
                        Life::Ready if worker.is_free() => "idle",
                        Life::Ready => "busy",
                    },
                    completed: worker.completed,
                    failed: worker.failed,
                    utilization: utilization.min(1.0),
                    cpu: worker.cpu,
                }
            })
            .collect();
        let unbegun: usize = self.workers.iter().map(super::workers::Worker::unbegun).sum();
        Summary {
            tasks: self.tasks.len(),
            queued: self.queued + unbegun,
            queued_bytes: self.queued_bytes,
            oldest: if self.queued == 0 {
                0
            } else {
                self.queue
                    .oldest()
                    .map_or(0, |arrived| now.saturating_sub(arrived))
            },
            active: views.iter().filter(|view| view.state == "busy").count(),
            idle: views.iter().filter(|view| view.state == "idle").count(),
            can_start: self.stillborn < super::scaling::MOST_STILLBORN,
            workers: views,
        }
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
        worker: None,
        times: Times::default(),
        outcome: Outcome::Failed(failure),
        undecided: None,
        silent: false,
    }
}
