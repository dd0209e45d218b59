//! Workers that join and workers that end, owners that end, and the end of the pool.

use std::sync::Arc;

use super::claim::SharedWords;
use super::effects::Effects;
use super::error::Failure;
use super::scaling::{BARREN, MOST_STILLBORN};
use super::task::{IsolateId, Nanos, Outcome, Stage, Times, WorkerId};
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
        place.woken = Some(now);
        self.stillborn = 0;
        Some(Arc::clone(&place.words))
    }

    /// A worker's thread is about to end, and has used so much CPU time since its last visit.
    pub fn ends(&mut self, worker: WorkerId, cpu: Nanos) {
        if let Some(place) = self.workers.get_mut(worker) {
            place.cpu_at_end = cpu;
        }
    }

    /// A worker's thread has ended, for whatever reason.
    ///
    /// What it had begun fails (or is tried again, by its own `retry`), what it had not begun runs elsewhere.
    pub fn exited(&mut self, worker: WorkerId, exit: &Exit, now: Nanos, fx: &mut Effects) {
        self.take_back(worker);
        let Some(place) = self.workers.remove(worker) else {
            return;
        };
        if place.life == Life::Starting {
            self.stillborn += 1;
            self.barren_until = now.saturating_add(BARREN);
        }
        if !matches!(place.life, Life::Dismissed | Life::Killed) {
            fx.crashed += 1;
        }
        let failure = if let Some(limit) = exit.out_of_memory {
            let used = place.heap.max(limit);
            Failure::OutOfMemory { limit, used }
        } else if place.life == Life::Killed {
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
            let Some(task) = self.tasks.get(id).filter(|task| task.is_with(worker)) else {
                continue;
            };
            let began = index
                .and_then(|index| place.begun_at(index, now))
                .unwrap_or(task.handed);
            let times = Times {
                queue: began.saturating_sub(task.submitted),
                run: now.saturating_sub(began),
                cpu: place.cpu_at_end.min(now.saturating_sub(began)),
            };
            let failure = match (&failure, task.heap_limit()) {
                (Failure::OutOfMemory { used, .. }, Some(limit)) => {
                    Failure::OutOfMemory { limit, used: *used }
                }
                _ => failure.clone(),
            };
            self.fail(id, Outcome::Failed(failure), times, now, fx);
        }
        if let Some(id) = self.forsaken(&place) {
            self.settle(id, Outcome::Failed(failure), Times::default(), false, fx);
        }
        for lingering in &place.lingering {
            self.freed(lingering.id, now);
        }
        if self.stillborn >= MOST_STILLBORN && self.workers.is_empty() {
            self.give_up(exit, fx);
        }
        self.rouse(now, fx);
        self.watch(now, fx);
    }

    /// No worker can be had: what waits for one fails with the reason, and the next task tries anew.
    fn give_up(&mut self, exit: &Exit, fx: &mut Effects) {
        let failure = Failure::NoWorkers {
            attempts: self.stillborn,
            code: exit.code,
            cause: exit.cause.clone(),
        };
        for id in self.tasks.ids(|task| task.stage == Stage::Queued) {
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
        self.watch(now, fx);
    }

    /// Takes no more tasks, but those that tasks under way submit. With `cancel_waiting`, what has not begun is
    /// cancelled, and there are none of those.
    ///
    /// [`Effects::drained`] follows when the last task has been settled. How many were cancelled comes back.
    pub fn drain(&mut self, cancel_waiting: bool, now: Nanos, fx: &mut Effects) -> usize {
        self.phase = if cancel_waiting {
            Phase::Closing
        } else {
            Phase::Draining
        };
        let mut cancelled = 0;
        if cancel_waiting {
            self.take_all_back();
            for id in self.tasks.ids(|task| !matches!(task.stage, Stage::Handed { .. })) {
                self.end(id, Failure::Cancelled, false, now, fx);
                cancelled += 1;
            }
        }
        fx.drained = self.tasks.is_empty();
        self.rouse(now, fx);
        self.watch(now, fx);
        cancelled
    }

    fn take_all_back(&mut self) {
        for worker in self.workers.ids() {
            self.take_back(worker);
        }
    }

    /// Ends every task that is left: how many had begun, and how many had not.
    pub fn abandon(&mut self, now: Nanos, fx: &mut Effects) -> (usize, usize) {
        self.phase = if self.phase == Phase::Open {
            Phase::Open
        } else {
            Phase::Closing
        };
        self.take_all_back();
        let begun = self.tasks.ids(|task| matches!(task.stage, Stage::Handed { .. }));
        let waiting = self.tasks.len() - begun.len();
        for id in self.tasks.ids(|_| true) {
            self.end(id, Failure::Abandoned, false, now, fx);
        }
        self.watch(now, fx);
        (begun.len(), waiting)
    }

    /// Takes tasks again, and tries anew to start workers, if those that were needed failed to start.
    pub fn reopen(&mut self, now: Nanos, fx: &mut Effects) {
        self.phase = Phase::Open;
        self.stillborn = 0;
        self.rouse(now, fx);
        self.watch(now, fx);
    }

    /// Every worker is to leave: the pool is over. The workers that there are come back.
    pub fn dismiss(&mut self) -> Vec<WorkerId> {
        for worker in self.workers.iter_mut() {
            worker.life = Life::Dismissed;
        }
        self.workers.ids()
    }
}
