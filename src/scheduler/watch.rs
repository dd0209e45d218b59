//! What happens because time has passed.

use super::effects::Effects;
use super::error::Failure;
use super::task::{MILLISECOND, Nanos, Outcome, Stage, Times, WorkerId};
use super::timers::Purpose;
use super::workers::Life;
use super::{Scheduler, scaling};

/// How often the scheduler looks at tasks that wait although a worker could take them.
const TICK: Nanos = MILLISECOND;

impl Scheduler {
    /// Time has passed. Called at [`Scheduler::next_alarm`], or at any other time.
    pub fn tick(&mut self, now: Nanos, fx: &mut Effects) {
        self.alarm = Nanos::MAX;
        while let Some((id, purpose)) = self.timers.pop_due(now) {
            let Some(task) = self.tasks.get_mut(id) else {
                continue;
            };
            match purpose {
                Purpose::QueueTimeout => self.queue_timeout(id, now, fx),
                Purpose::Attempt(attempt) if task.attempt == attempt && task.stage == Stage::Resting => {
                    self.requeue(id, Some(now));
                }
                Purpose::Attempt(_) => {}
            }
        }
        self.check_timeouts(now, fx);
        self.end_lingering(now, fx);
        self.free_the_stuck(now);
        self.thin_out(now, fx);
        self.relieve(now, fx);
        self.rouse(now, fx);
        self.alarm = self.alarm.min(self.next_alarm(now));
        fx.rearm = true;
    }

    /// The waiting time of a task is over: it fails, unless it has begun.
    fn queue_timeout(&mut self, id: super::TaskId, now: Nanos, fx: &mut Effects) {
        let Some(task) = self.tasks.get_mut(id) else {
            return;
        };
        if task.attempt > 1 {
            return; // It has started once: the time allowed was until then.
        }
        if let Stage::Handed { worker, .. } = task.stage
            && !self.recall(worker, id)
        {
            return;
        }
        let Some(task) = self.tasks.get_mut(id) else {
            return;
        };
        let limit = task
            .terms
            .as_ref()
            .and_then(|terms| terms.queue_timeout)
            .unwrap_or(0);
        let times = Times {
            queue: now.saturating_sub(task.submitted),
            ..Times::default()
        };
        self.settle(
            id,
            Outcome::Failed(Failure::QueueTimeout { limit }),
            times,
            false,
            fx,
        );
    }

    /// Takes back what waits in the inbox of a worker that gets on with nothing, if another could do it.
    fn free_the_stuck(&mut self, now: Nanos) {
        let stuck: Vec<WorkerId> = self
            .workers
            .iter_mut()
            .filter_map(|worker| {
                let (next, _) = worker.words.progress();
                let still = std::mem::replace(&mut worker.seen_next, next) == next;
                let late = worker.due.saturating_add(TICK / 2) <= now;
                (worker.life == Life::Ready && worker.unbegun() > 0 && still && late).then_some(worker.id)
            })
            .collect();
        for worker in stuck {
            if self.has_spare(worker) {
                self.take_back(worker);
            }
        }
    }

    /// Puts everything back into the queue that a worker has not begun.
    pub(super) fn take_back(&mut self, worker: WorkerId) {
        let Some(place) = self.workers.get_mut(worker) else {
            return;
        };
        let range = place.words.take_back();
        let start = range.start.min(place.handed.len());
        let taken = place.handed.split_off(start);
        for id in taken {
            let held = |stage| matches!(stage, Stage::Handed { worker: holder, .. } if holder == worker);
            if self.tasks.get_mut(id).is_some_and(|task| held(task.stage)) {
                self.requeue(id, None);
            }
        }
    }

    /// Makes sure that somebody looks again while tasks wait that could be running.
    pub(super) fn watch_queue(&mut self, now: Nanos, fx: &mut Effects) {
        let certain = self
            .workers
            .iter()
            .filter(|worker| worker.woken && worker.running.is_empty())
            .count();
        if self.queued > certain && self.could_do_more() {
            self.set_alarm(now + TICK, fx);
        }
    }

    fn could_do_more(&self) -> bool {
        self.can_grow()
            || self
                .workers
                .iter()
                .any(|worker| worker.life == Life::Ready && worker.idle)
    }

    /// When [`Scheduler::tick`] should be called next; never where there is nothing to time.
    #[must_use]
    pub fn next_alarm(&self, now: Nanos) -> Nanos {
        let mut at = self.timers.next().unwrap_or(Nanos::MAX);
        let spare = self.could_do_more();
        if self.queued > 0 && spare {
            at = at.min(now + TICK);
        }
        let least = if self.settings.fixed {
            self.settings.max_workers
        } else {
            self.settings.min_workers
        };
        let thins = self.workers.staying() > least as usize;
        for worker in self.workers.iter() {
            at = at.min(worker.check_at);
            if let Some(until) = worker.lingering.iter().map(|lingering| lingering.until).min()
                && !worker.stopped
            {
                at = at.min(until);
            }
            if worker.unbegun() > 0 && spare {
                at = at.min(worker.due.max(now) + TICK);
            }
            if thins && worker.is_callable() && worker.is_free() {
                at = at.min(
                    worker
                        .idle_since
                        .saturating_add(self.settings.idle_timeout)
                        .max(now),
                );
            }
        }
        if let Some(since) = self.pressed_since
            && self.can_grow()
        {
            at = at.min((since + scaling::PRESSURE).max(now + TICK));
        }
        at
    }

    /// The alarm that is set, for the timekeeper.
    #[must_use]
    pub fn alarm(&self) -> Nanos {
        self.alarm
    }
}
