//! What happens because time has passed, and what the workers' threads have used of it.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::Pool;
use crate::binding::clock::ThreadClock;
use crate::binding::{locked, post::Post, read, registry};
use crate::scheduler::{Effects, Nanos, Outcome, WorkerId};

impl Pool {
    /// What was ended while it ran has used what its thread has since its last visit, and no more than it ran.
    pub(super) fn charge(&self, fx: &mut Effects) {
        for settled in &mut fx.settled {
            let was_ended = matches!(settled.outcome, Outcome::Failed(_)) && settled.times.cpu == 0;
            let ran = settled.worker.filter(|_| was_ended && settled.times.run > 0);
            if let Some(used) = ran.and_then(|worker| self.used_since_visit(worker)) {
                settled.times.cpu = used.min(settled.times.run);
            }
        }
    }

    fn used_since_visit(&self, worker: WorkerId) -> Option<Nanos> {
        let seats = read(&self.seats);
        let (_, isolate) = seats.iter().find(|(id, _)| *id == worker)?;
        let seat = locked(&isolate.seat);
        let seat = seat.as_ref()?;
        Some(seat.used_since(seat.clock.read()?))
    }

    /// When tasks were last submitted.
    pub fn last_submission(&self) -> Nanos {
        self.last_submission.load(Ordering::Relaxed)
    }

    /// A worker has been handed a task whose CPU time is limited: it counts from here.
    pub fn mark_cpu(self: &Arc<Self>, worker: WorkerId, clock: ThreadClock) {
        if let Some(used) = clock.read() {
            self.decide(|scheduler, now, fx| scheduler.mark_cpu(worker, used, now, fx));
        }
    }

    fn clock_of(&self, worker: WorkerId) -> Option<ThreadClock> {
        let seats = read(&self.seats);
        let (_, isolate) = seats.iter().find(|(id, _)| *id == worker)?;
        locked(&isolate.seat).as_ref().map(|seat| seat.clock)
    }

    /// A worker says how many bytes of its heap are in use.
    pub fn weighed(&self, worker: WorkerId, heap: u64) {
        locked(&self.scheduler).weighed(worker, heap);
    }

    /// The thread of a worker is at its end, and has used so much since its last visit.
    pub fn ends(&self, worker: WorkerId, cpu: Nanos) {
        locked(&self.scheduler).ends(worker, cpu);
    }

    pub fn alarm(&self) -> Nanos {
        locked(&self.scheduler).alarm()
    }

    pub fn tick(self: &Arc<Self>) {
        let stuck = locked(&self.scheduler).to_look_at(registry::now());
        for (worker, words) in stuck {
            self.collect(worker, &words);
        }
        let consumers = locked(&self.scheduler).cpu_due(registry::now());
        for worker in consumers {
            let used = self.clock_of(worker).and_then(ThreadClock::read);
            self.decide(|scheduler, now, fx| scheduler.cpu_used(worker, used, now, fx));
        }
        // The thread that ticks looks at the alarm by itself afterwards.
        let mut fx = Effects::default();
        let now = registry::now();
        locked(&self.scheduler).tick(now, &mut fx);
        self.charge(&mut fx);
        fx.rearm = false;
        self.carry_out(&fx, now, &Post::default(), &self.shard);
    }

    /// Ends the pool's thread, until it is needed again.
    pub fn rest(&self) {
        self.timekeeper.stop();
    }
}
