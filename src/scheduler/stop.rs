//! Cancelling tasks and ending late ones: settle at once, ask the code to stop, then replace the worker.

use super::Scheduler;
use super::effects::{Effects, Stop};
use super::error::Failure;
use super::task::{IsolateId, Nanos, Outcome, Stage, TaskId, Times, WorkerId};
use super::workers::{Life, Lingering, TICK};

impl Scheduler {
    /// Cancels a task. `false` where it is settled, was never there, or refuses.
    ///
    /// Where its owner cancels it, it rejects the handle by itself with the reason.
    pub fn cancel(&mut self, id: TaskId, by: IsolateId, now: Nanos, fx: &mut Effects) -> bool {
        let refuses = |task: &super::task::Task| task.terms.as_ref().is_some_and(|terms| terms.uncancellable);
        let Some(task) = self.tasks.get_mut(id).filter(|task| !refuses(task)) else {
            return false;
        };
        let silent = task.owner == by;
        self.end(id, Failure::Cancelled, silent, now, fx);
        self.rouse(now, fx);
        self.watch(now, fx);
        true
    }

    /// Ends a task wherever it is.
    pub(super) fn end(&mut self, id: TaskId, failure: Failure, silent: bool, now: Nanos, fx: &mut Effects) {
        let Some(task) = self.tasks.get_mut(id) else {
            return;
        };
        let stage = task.stage;
        let mut times = task.times_unbegun(now);
        if let Stage::Handed { worker, .. } = stage
            && !self.recall(worker, id)
        {
            times = self.linger(worker, id, now, fx);
        }
        self.settle(id, Outcome::Failed(failure), times, silent, fx);
    }

    /// Takes a task out of a worker's inbox, if it has not begun: `false` where it has.
    pub(super) fn recall(&mut self, worker: WorkerId, id: TaskId) -> bool {
        self.take_back(worker);
        self.tasks
            .get_mut(id)
            .is_some_and(|task| task.stage == Stage::Queued)
    }

    /// A task that has begun is given its grace. What the worker has not begun may begin elsewhere.
    pub(super) fn linger(&mut self, worker: WorkerId, id: TaskId, now: Nanos, fx: &mut Effects) -> Times {
        self.take_back(worker);
        let default = self.settings.grace;
        let (Some(task), Some(place)) = (self.tasks.get_mut(id), self.workers.get_mut(worker)) else {
            return Times::default();
        };
        let index = place.handed.iter().position(|handed| *handed == id);
        let began = index
            .and_then(|index| place.begun_at(index, now))
            .unwrap_or(task.handed);
        place.running.retain(|running| *running != id);
        let grace = task
            .terms
            .as_ref()
            .and_then(|terms| terms.grace)
            .unwrap_or(default);
        let until = now.saturating_add(grace);
        task.lingers = true;
        place.lingering.push(Lingering { id, until });
        place.cancelled.push(id);
        place.words.raise_cancelled();
        fx.wake.push(worker);
        Times {
            queue: began.saturating_sub(task.submitted),
            run: now.saturating_sub(began),
            cpu: 0,
        }
    }

    /// The cancelled tasks that a worker has not been told of.
    pub fn cancellations(&mut self, worker: WorkerId) -> Vec<TaskId> {
        self.workers
            .get_mut(worker)
            .map(|place| std::mem::take(&mut place.cancelled))
            .unwrap_or_default()
    }

    /// Ends attempts that have run for longer than they may.
    pub(super) fn check_timeouts(&mut self, now: Nanos, fx: &mut Effects) {
        let mut late: Vec<(TaskId, WorkerId, Nanos)> = Vec::new();
        for place in self.workers.iter_mut() {
            if place.check_at > now {
                continue;
            }
            place.check_at = Nanos::MAX;
            let begun = place.begun();
            let handed = place
                .handed
                .iter()
                .enumerate()
                .map(|(index, id)| (Some(index), *id));
            let all: Vec<_> = handed.chain(place.running.iter().map(|id| (None, *id))).collect();
            for (index, id) in all {
                let Some(task) = self.tasks.get(id).filter(|task| task.is_with(place.id)) else {
                    continue;
                };
                let Some(limit) = task.timeout() else {
                    continue;
                };
                let began = match index {
                    // Not begun: it cannot be late before its whole time from now.
                    Some(index) if index >= begun => now,
                    Some(index) => place.begun_at(index, now).unwrap_or(task.handed),
                    None => task.handed,
                };
                let due = began.saturating_add(limit);
                if due <= now && index.is_none_or(|index| index < begun) {
                    late.push((id, place.id, limit));
                } else {
                    // However little it may take: a worker that does not begin is no reason to look all the time.
                    let soonest = if index.is_some_and(|index| index >= begun) {
                        TICK
                    } else {
                        1
                    };
                    place.check_at = place.check_at.min(due.max(now.saturating_add(soonest)));
                }
            }
        }
        for (id, worker, limit) in late {
            self.time_out(id, worker, limit, now, fx);
        }
    }

    fn time_out(&mut self, id: TaskId, worker: WorkerId, limit: Nanos, now: Nanos, fx: &mut Effects) {
        let times = self.linger(worker, id, now, fx);
        self.fail(id, Outcome::Failed(Failure::RunTimeout { limit }), times, now, fx);
    }

    /// Replaces workers on which a task that was to stop has not.
    pub(super) fn end_lingering(&mut self, now: Nanos, fx: &mut Effects) {
        for place in self.workers.iter_mut() {
            if place.ends_at().is_some_and(|at| at <= now) {
                place.life = Life::Killed;
                fx.stop.push((place.id, Stop::Kill));
                // The replacement is started by `rouse`, if tasks wait, before the old one is gone.
            }
        }
    }
}
