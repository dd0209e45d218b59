//! The CPU time of tasks that may use so much of it.
//!
//! What is measured is the CPU time of the worker's thread since the task was handed over. The task is alone
//! in its batch, and while it runs the worker begins nothing else (but what the task itself waits for), so
//! that is its own use, and that of tasks that awaited something on the same worker before it began.
//! The scheduler reads no clocks: whoever calls it does, when a look is due. A thread uses no more than the
//! time that passes, so the next look comes when the limit could be reached at the soonest; where the
//! thread sleeps looks become rare.

use super::Scheduler;
use super::effects::Effects;
use super::error::Failure;
use super::task::{MILLISECOND, Nanos, Outcome, TaskId, WorkerId};

/// The least and the longest wait between two looks at one thread.
const SOON: Nanos = 2 * MILLISECOND;
const SELDOM: Nanos = 100 * MILLISECOND;

impl Scheduler {
    /// What the thread of a worker has used by now, at which it was handed tasks with limits.
    pub fn mark_cpu(&mut self, worker: WorkerId, used: Nanos, now: Nanos, fx: &mut Effects) {
        let Some(place) = self.workers.get_mut(worker) else {
            return;
        };
        for id in &place.handed {
            if let Some(task) = self.tasks.get_mut(*id)
                && let Some(limit) = task.cpu_limit()
            {
                task.cpu_before = used;
                place.cpu_at = place.cpu_at.min(now.saturating_add(limit.max(SOON)));
                place.cpu_pause = SOON;
            }
        }
        self.watch(now, fx);
    }

    /// The workers whose threads' CPU time needs a look now.
    #[must_use]
    pub fn cpu_due(&self, now: Nanos) -> Vec<WorkerId> {
        let due = self.workers.iter().filter(|worker| worker.cpu_at <= now);
        due.map(|worker| worker.id).collect()
    }

    /// The thread of a worker has used so much; `None` where that cannot be told, because it has ended.
    pub fn cpu_used(&mut self, worker: WorkerId, used: Option<Nanos>, now: Nanos, fx: &mut Effects) {
        let Some(place) = self.workers.get_mut(worker) else {
            return;
        };
        place.cpu_at = Nanos::MAX;
        let Some(used) = used else {
            return;
        };
        place.cpu_pause = if used == place.cpu_seen {
            (2 * place.cpu_pause).min(SELDOM)
        } else {
            SOON
        };
        place.cpu_seen = used;
        let begun = place.begun();
        let mut over: Vec<(TaskId, Nanos, Nanos)> = Vec::new();
        let handed = place.handed.iter().enumerate();
        let all = handed
            .map(|(index, id)| (index < begun, id))
            .chain(place.running.iter().map(|id| (true, id)));
        for (has_begun, id) in all {
            let Some(task) = self.tasks.get(*id).filter(|task| task.is_with(worker)) else {
                continue;
            };
            let Some(limit) = task.cpu_limit().filter(|_| task.cpu_before < Nanos::MAX) else {
                continue;
            };
            let spent = used.saturating_sub(task.cpu_before);
            if spent >= limit && has_begun {
                over.push((*id, limit, spent));
            } else {
                place.cpu_at = place
                    .cpu_at
                    .min(now.saturating_add(limit.saturating_sub(spent).max(place.cpu_pause)));
            }
        }
        for (id, limit, used) in over {
            let mut times = self.linger(worker, id, now, fx);
            times.cpu = used;
            self.fail(
                id,
                Outcome::Failed(Failure::OutOfTime { limit, used }),
                times,
                now,
                fx,
            );
        }
        self.rouse(now, fx);
        self.watch(now, fx);
    }
}
