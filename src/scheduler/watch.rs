//! What happens because time has passed.

use super::Scheduler;
use super::effects::Effects;
use super::error::Failure;
use super::task::{Nanos, Outcome, Stage, Times, WorkerId};
use super::timers::Purpose;
use super::workers::{TICK, Worker};

impl Scheduler {
    /// Time has passed. Called at [`Scheduler::next_alarm`], or at any other time.
    pub fn tick(&mut self, now: Nanos, fx: &mut Effects) {
        self.alarm = Nanos::MAX;
        while let Some((id, purpose)) = self.timers.pop_due(now) {
            match purpose {
                Purpose::QueueTimeout => self.queue_timeout(id, now, fx),
                Purpose::Rest => self.rested(id, now),
            }
        }
        self.check_timeouts(now, fx);
        self.end_lingering(now, fx);
        self.free_the_stuck(now);
        self.relieve(now, fx);
        self.rouse(now, fx);
        self.fill(now, fx);
        // Last, because it goes by how many there are.
        self.thin_out(now, fx);
        self.alarm = self.next_alarm(now);
        fx.rearm = true;
    }

    /// The waiting time of a task is over: it fails, unless it has begun.
    fn queue_timeout(&mut self, id: super::TaskId, now: Nanos, fx: &mut Effects) {
        let Some(task) = self.tasks.get(id) else {
            return;
        };
        let waits = task.attempt == 1
            && match task.stage {
                Stage::Waiting | Stage::Queued => true,
                Stage::Handed { worker, .. } => self.recall(worker, id),
                Stage::Resting | Stage::Undecided => false,
            };
        let Some(task) = self.tasks.get(id).filter(|_| waits) else {
            return; // It has started once: the time allowed was until then.
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

    /// Takes back what waits in the inbox of a worker that does not get on with it, if another could do it.
    fn free_the_stuck(&mut self, now: Nanos) {
        if !self.has_spare(now) {
            return;
        }
        for worker in self.workers.ids() {
            if self
                .workers
                .get(worker)
                .is_some_and(|place| place.attend_at() <= now)
            {
                self.take_back(worker);
            }
        }
    }

    /// Puts everything back into the queue that a worker has not begun.
    pub(super) fn take_back(&mut self, worker: WorkerId) {
        let Some(place) = self.workers.get_mut(worker) else {
            return;
        };
        let start = place.words.take_back().start.min(place.handed.len());
        let taken = place.handed.split_off(start);
        place.taken -= taken.len() as u64;
        // The last one first, so that each finds its place at the head of the queue.
        for id in taken.into_iter().rev() {
            if self.tasks.get(id).is_some_and(|task| task.is_with(worker)) {
                self.enqueue(id, None);
            }
        }
    }

    /// Makes sure that the timekeeper looks in when there is something to be done: the last step of
    /// every event.
    pub(super) fn watch(&mut self, now: Nanos, fx: &mut Effects) {
        let at = self.next_alarm(now);
        if at < self.alarm {
            self.alarm = at;
            fx.rearm = true;
        }
    }

    /// When [`Scheduler::tick`] should be called next; never where there is nothing to time.
    #[must_use]
    pub fn next_alarm(&self, now: Nanos) -> Nanos {
        // From when on more could be done than is done.
        let spare = if self.has_callable(now) {
            now
        } else {
            self.growth_at().max(now)
        };
        let mut at = self.timers.next().unwrap_or(Nanos::MAX);
        let staying = self.workers.staying();
        at = at.min(self.thin_at(staying)).min(self.fill_at(staying));
        if self.queued > 0 {
            at = at.min(self.look_again_at(now).max(spare));
        }
        if self.confined.is_held_up() && self.is_barren(now) {
            at = at.min(self.barren_until);
        }
        for worker in self.workers.iter() {
            at = at.min(worker.check_at).min(worker.look_at).min(worker.cpu_at);
            if let Some(end) = worker.ends_at() {
                at = at.min(end);
            }
            if worker.unbegun() > 0 {
                at = at.min(worker.attend_at().max(spare));
            }
            if let Some(until) = worker.stands_until(self.settings.idle_timeout) {
                at = at.min(until);
            }
        }
        at
    }

    /// When tasks in the queue need another look: soon, unless a worker is expected for each of them.
    fn look_again_at(&self, now: Nanos) -> Nanos {
        let mut expected = 0;
        let mut soonest = Nanos::MAX;
        let ordinary = self.workers.iter().filter(|worker| !worker.confined);
        for until in ordinary.filter_map(Worker::expected_until) {
            if until > now {
                expected += 1;
                soonest = soonest.min(until);
            }
        }
        if self.queued <= expected {
            soonest
        } else {
            now + TICK
        }
    }

    /// The alarm that is set, for the timekeeper.
    #[must_use]
    pub fn alarm(&self) -> Nanos {
        self.alarm
    }
}
