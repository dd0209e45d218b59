//! What can be asked about tasks, workers and the pool.

use super::Scheduler;
use super::scaling::MOST_STILLBORN;
use super::task::{IsolateId, NameId, Nanos, Priority, Stage, TaskId, WorkerId};
use super::workers::{Life, Worker};

/// Where a task stands, for those who ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    Waiting,
    Queued,
    Running { worker: WorkerId },
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
    /// Bytes of its heap in use, as it said last.
    pub heap: u64,
    pub cpu: Nanos,
}

/// The pool as it stands.
#[derive(Clone, Debug)]
pub struct Summary {
    pub tasks: usize,
    /// Tasks that have not begun, those in inboxes included.
    pub queued: usize,
    /// The bytes of those that are in no inbox yet, and how long the oldest of these has waited.
    pub queued_bytes: u64,
    pub oldest: Nanos,
    pub active: usize,
    pub idle: usize,
    /// Whether a worker could be started if one were needed.
    pub can_start: bool,
    pub workers: Vec<WorkerView>,
}

impl Scheduler {
    /// Where a task stands; `None` where it is settled or was never there.
    pub fn state(&self, id: TaskId) -> Option<State> {
        let task = self.tasks.get(id)?;
        Some(match task.stage {
            Stage::Queued => State::Queued,
            Stage::Waiting | Stage::Resting | Stage::Undecided => State::Waiting,
            Stage::Handed { worker, .. } => {
                let begun = self.workers.get(worker).is_some_and(|worker| {
                    worker.running.contains(&id) || worker.handed[..worker.begun()].contains(&id)
                });
                if begun {
                    State::Running { worker }
                } else {
                    State::Queued
                }
            }
        })
    }

    /// How many attempts at a task have begun; 0 where it is settled or was never there.
    #[must_use]
    pub fn attempts(&self, id: TaskId) -> u32 {
        let Some(task) = self.tasks.get(id) else {
            return 0;
        };
        let began = task.stage == Stage::Undecided || matches!(self.state(id), Some(State::Running { .. }));
        task.attempt.saturating_sub(u32::from(!began))
    }

    /// What there is to know of a task that has been handed to a worker.
    #[must_use]
    pub fn facts(&self, id: TaskId, now: Nanos) -> Option<Facts> {
        let task = self.tasks.get(id)?;
        let Stage::Handed { worker, .. } = task.stage else {
            return None;
        };
        let began = self.workers.get(worker).and_then(|place| {
            let index = place.handed.iter().position(|held| *held == id)?;
            place.begun_at(index, now)
        });
        Some(Facts {
            name: task.name,
            priority: task.priority,
            attempt: task.attempt,
            timeout: task.timeout(),
            elapsed: now.saturating_sub(began.unwrap_or(task.handed)),
        })
    }

    /// The pool as it stands.
    #[must_use]
    pub fn summary(&self, now: Nanos) -> Summary {
        let workers: Vec<WorkerView> = self.workers.iter().map(|worker| view(worker, now)).collect();
        let oldest = self.queue.oldest(|id| self.is_queued(id));
        Summary {
            tasks: self.tasks.len(),
            queued: self.unbegun(),
            queued_bytes: self.queued_bytes,
            oldest: oldest.map_or(0, |arrived| now.saturating_sub(arrived)),
            active: workers.iter().filter(|view| view.state == "busy").count(),
            idle: workers.iter().filter(|view| view.state == "idle").count(),
            can_start: self.stillborn < MOST_STILLBORN,
            workers,
        }
    }

    /// How many tasks could begin and have not, in the queue or in inboxes.
    pub(super) fn unbegun(&self) -> usize {
        self.queued + self.confined.len() + self.workers.iter().map(Worker::unbegun).sum::<usize>()
    }

    pub(super) fn is_queued(&self, id: TaskId) -> bool {
        self.tasks.get(id).is_some_and(|task| task.stage == Stage::Queued)
    }
}

fn view(worker: &Worker, now: Nanos) -> WorkerView {
    let busy_now = if worker.idle || worker.life == Life::Starting {
        0
    } else {
        now.saturating_sub(worker.handed_at.max(worker.joined))
    };
    #[expect(clippy::cast_precision_loss, reason = "a ratio")]
    let utilization =
        worker.busy.saturating_add(busy_now) as f64 / now.saturating_sub(worker.joined).max(1) as f64;
    WorkerView {
        id: worker.id,
        isolate: worker.isolate,
        state: match worker.life {
            Life::Starting => "starting",
            Life::Leaving | Life::Dismissed | Life::Killed => "leaving",
            Life::Ready if worker.is_free() => "idle",
            Life::Ready => "busy",
        },
        completed: worker.completed,
        failed: worker.failed,
        utilization: utilization.min(1.0),
        cpu: worker.cpu,
        heap: worker.heap,
    }
}
