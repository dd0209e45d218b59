//! Workers that join and workers that end, owners that end, and the end of the pool.

use std::sync::Arc;

use super::claim::SharedWords;
use super::effects::Effects;
use super::error::Failure;
use super::scaling::MOST_STILLBORN;
use super::task::{IsolateId, Nanos, Outcome, Stage, TaskId, Times, WorkerId};
use super::workers::Life;
use super::{Phase, Scheduler};

/// How a worker's thread ended.
#[derive(Clone, Debug, Default)]
pub struct Exit {
    pub code: i32,
    /// The heap limit that it ran into, in bytes.
    pub out_of_memory: Option<u64>,
    /// The encoded error that ended it.
    pub cause: Option<Arc<[u8]>>,
}

impl Scheduler {
    /// A worker is there and will ask for tasks. Its shared words come back; `None` where it is not
    /// one that is expected.
    pub fn join(&mut self, worker: WorkerId, isolate: IsolateId, now: Nanos) -> Option<Arc<SharedWords>> {
        let place = self.workers.get_mut(worker)?;
        if place.life != Life::Starting {
            return None;
        }
        place.life = Life::Ready;
        place.isolate = Some(isolate);
        place.joined = now;
        place.idle_since = now;
        // It comes by itself at once.
        place.woken = true;
        self.stillborn = 0;
        Some(Arc::clone(&place.words))
    }

    /// A worker's thread has ended, for whatever reason.
    ///
    /// What it had begun fails (or is tried again, by its own `retry`), what it had not begun runs elsewhere.
    pub fn exited(&mut self, worker: WorkerId, exit: &Exit, now: Nanos, fx: &mut Effects) {
        self.take_back(worker);
        let Some(place) = self.workers.remove(worker) else {
            return;
        };
        let expected = place.life == Life::Leaving;
        let killed = expected && !place.lingering.is_empty();
        if place.life == Life::Starting {
            self.stillborn += 1;
        }
        if !expected {
            fx.crashed += 1;
        }
        let failure = if let Some(limit) = exit.out_of_memory {
            Failure::OutOfMemory { limit }
        } else if killed {
            Failure::Replaced
        } else {
            Failure::WorkerExit {
                code: exit.code,
                cause: exit.cause.clone(),
            }
        };
        for (index, id) in place
            .handed
            .iter()
            .enumerate()
            .map(|(i, id)| (Some(i), *id))
            .chain(place.running.iter().map(|id| (None, *id)))
        {
            let Some(task) = self.tasks.get_mut(id) else {
                continue;
            };
            if !matches!(task.stage, Stage::Handed { worker: holder, .. } if holder == worker) {
                continue;
            }
            let began = index
                .and_then(|index| place.begun_at(index, now))
                .unwrap_or(task.handed);
            let times = Times {
                queue: began.saturating_sub(task.submitted),
                run: now.saturating_sub(began),
                cpu: 0,
            };
            self.fail(id, Outcome::Failed(failure.clone()), times, now, fx);
        }
        if self.stillborn >= MOST_STILLBORN && self.workers.is_empty() {
            self.give_up(exit, fx);
        }
        self.rouse(now, fx);
    }

    /// No worker can be had: everything that waits fails with the reason, and the next task tries anew.
    fn give_up(&mut self, exit: &Exit, fx: &mut Effects) {
        let failure = Failure::NoWorkers {
            attempts: self.stillborn,
            code: exit.code,
            cause: exit.cause.clone(),
        };
        for id in self.tasks.ids(|_| true) {
            self.settle(id, Outcome::Failed(failure.clone()), Times::default(), false, fx);
        }
        self.stillborn = 0;
    }

    /// An isolate that submitted tasks is gone: nobody waits for them any more.
    pub fn submitter_gone(&mut self, owner: IsolateId, now: Nanos, fx: &mut Effects) {
        for id in self.tasks.ids(|task| task.owner == owner) {
            self.end(id, Failure::Cancelled, true, now, fx);
        }
        self.rouse(now, fx);
    }

    /// Takes no more tasks. With `cancel_waiting`, what has not begun is cancelled.
    ///
    /// [`Effects::drained`] follows when the last task has been settled. How many were cancelled comes back.
    pub fn drain(&mut self, cancel_waiting: bool, now: Nanos, fx: &mut Effects) -> usize {
        self.phase = Phase::Draining;
        let mut cancelled = 0;
        if cancel_waiting {
            let ids: Vec<WorkerId> = self.workers.iter().map(|worker| worker.id).collect();
            for worker in ids {
                self.take_back(worker);
            }
            for id in self.tasks.ids(|task| !matches!(task.stage, Stage::Handed { .. })) {
                self.end(id, Failure::Cancelled, false, now, fx);
                cancelled += 1;
            }
        }
        if self.tasks.is_empty() {
            fx.drained = true;
        } else {
            self.rouse(now, fx);
        }
        cancelled
    }

    /// Ends every task that is left: `abandoned` ones with a `ShutdownError`. How many there were comes back.
    pub fn abandon(&mut self, now: Nanos, fx: &mut Effects) -> (usize, usize) {
        let (mut begun, mut waiting) = (0, 0);
        let ids: Vec<TaskId> = self.tasks.ids(|_| true);
        for id in ids {
            let running = self
                .tasks
                .get_mut(id)
                .is_some_and(|task| matches!(task.stage, Stage::Handed { .. }));
            if running {
                begun += 1;
            } else {
                waiting += 1;
            }
            self.end(id, Failure::Abandoned, false, now, fx);
        }
        (begun, waiting)
    }

    /// Takes tasks again.
    pub fn reopen(&mut self) {
        self.phase = Phase::Open;
        self.stillborn = 0;
    }

    /// The workers that there are, whatever their state.
    #[must_use]
    pub fn worker_ids(&self) -> Vec<WorkerId> {
        self.workers.iter().map(|worker| worker.id).collect()
    }

    /// Every worker is to leave: the pool is over.
    pub fn dismiss(&mut self) -> Vec<WorkerId> {
        for worker in self.workers.iter_mut() {
            worker.life = Life::Leaving;
            worker.stopped = true;
        }
        self.worker_ids()
    }
}
