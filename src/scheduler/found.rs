//! Results that a worker has finished and does not report: they are found in its [outbox](super::outbox).
//!
//! A worker reports by itself when it has run out of tasks, and when at the end of a task its last report
//! is [`REPORT_AFTER`] old. So a finished result stays behind only where a task runs for long that began
//! within that time of the last report: one *look* that much later finds all that can be found.

use std::sync::Arc;

use super::Scheduler;
use super::claim::SharedWords;
use super::effects::Effects;
use super::task::{MILLISECOND, Nanos, Report, WorkerId};
use super::workers::Worker;

/// The same stands in `lib/worker/attendant.js`.
pub const REPORT_AFTER: Nanos = MILLISECOND;

impl Scheduler {
    /// Sets the next look at a worker that has been here: the last step of its visit.
    pub(super) fn look_after(&mut self, worker: WorkerId, now: Nanos) {
        let Some(place) = self.workers.get_mut(worker) else {
            return;
        };
        // One task alone is reported when it has ended.
        let several = place.handed.len() > place.reported + 1;
        let awaits = !place.running.is_empty() || !place.lingering.is_empty();
        place.look_at = if several || awaits {
            now.saturating_add(REPORT_AFTER)
        } else {
            Nanos::MAX
        };
    }

    /// The workers at whose outboxes somebody should look before the tick that is due: what has ended is
    /// not late, and does not linger.
    #[must_use]
    pub fn to_look_at(&self, now: Nanos) -> Vec<(WorkerId, Arc<SharedWords>)> {
        let due = |worker: &&Worker| {
            let ends = worker.ends_at().unwrap_or(Nanos::MAX);
            worker.look_at.min(worker.check_at).min(ends) <= now
        };
        let words = |worker: &Worker| (worker.id, Arc::clone(&worker.words));
        self.workers.iter().filter(due).map(words).collect()
    }

    /// The words of a worker, whose outbox is looked at because it has ended.
    #[must_use]
    pub fn words_of(&self, worker: WorkerId) -> Option<Arc<SharedWords>> {
        Some(Arc::clone(&self.workers.get(worker)?.words))
    }

    /// Somebody has looked at the outbox of a worker: these reports were in it.
    pub fn found<'a>(
        &mut self,
        worker: WorkerId,
        reports: impl IntoIterator<Item = &'a Report>,
        now: Nanos,
        fx: &mut Effects,
    ) {
        let mut ended = false;
        for report in reports {
            ended = true;
            self.finished(worker, report, now, fx);
        }
        if let Some(place) = self.workers.get_mut(worker) {
            if ended {
                // It asks for tasks by itself when it gets round to it.
                place.idle = false;
            }
            if place.look_at <= now {
                place.look_at = Nanos::MAX;
            }
        }
        self.leave_if_done(worker, fx);
        self.end_inputs(now, fx);
        self.rouse(now, fx);
        self.watch(now, fx);
    }
}
