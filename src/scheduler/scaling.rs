//! How many workers there are, and which of them are called.

use super::effects::{Effects, Stop};
use super::task::{MILLISECOND, Nanos, WorkerId};
use super::workers::{Life, Worker};
use super::{Phase, Scheduler};

/// Work that is worth calling one more worker for: calling costs some 5 to 10 µs on either side.
const WORTH_WAKING: Nanos = 50_000;

/// How long tasks must have waited, all workers being busy, before one more worker is started for
/// them. Starting one takes some 35 ms of a core.
pub(super) const PRESSURE: Nanos = 10 * MILLISECOND;

/// Workers in a row that may end before they have joined, until no more are tried.
pub(super) const MOST_STILLBORN: u32 = 3;

impl Scheduler {
    /// Whether another worker than this one could take tasks now, or could be started.
    pub(super) fn has_spare(&self, worker: WorkerId) -> bool {
        self.can_grow()
            || self
                .workers
                .iter()
                .any(|other| other.id != worker && other.is_callable())
    }

    pub(super) fn can_grow(&self) -> bool {
        self.workers.staying() < self.settings.max_workers as usize && self.stillborn < MOST_STILLBORN
    }

    /// Expects a worker that the owner starts by itself, because the first task is about to come.
    pub fn prestart(&mut self, now: Nanos) -> Option<WorkerId> {
        if self.phase != Phase::Open || !self.workers.is_empty() {
            return None;
        }
        let id = self.next_worker_id();
        self.workers.add(Worker::starting(id, now));
        Some(id)
    }

    /// Calls and starts as many workers as the waiting tasks are worth.
    pub(super) fn rouse(&mut self, now: Nanos, fx: &mut Effects) {
        if self.queued == 0 {
            return;
        }
        let wanted = self.wanted();
        let coming = self
            .workers
            .iter()
            .filter(|worker| is_coming(worker, now))
            .count();
        let mut missing = wanted.saturating_sub(coming);
        while missing > 0 {
            // The one that was idle last has the warmest caches, and lets the others leave; one that
            // has nothing at all to do comes before one whose tasks await something.
            let Some(best) = self
                .workers
                .iter_mut()
                .filter(|worker| worker.is_callable())
                .min_by_key(|worker| {
                    (
                        worker.running.len() + worker.lingering.len(),
                        u64::MAX - worker.idle_since,
                    )
                })
            else {
                break;
            };
            best.woken = true;
            fx.wake.push(best.id);
            missing -= 1;
        }
        self.grow(missing, now, fx);
        self.watch_queue(now, fx);
    }

    /// How many workers the waiting tasks are worth.
    fn wanted(&self) -> usize {
        match self.estimates.overall() {
            None => self.queued,
            Some(time) => {
                let work = time.max(1).saturating_mul(self.queued as u64);
                usize::try_from(work.div_ceil(WORTH_WAKING))
                    .unwrap_or(usize::MAX)
                    .clamp(1, self.queued)
            }
        }
    }

    fn grow(&mut self, missing: usize, now: Nanos, fx: &mut Effects) {
        let staying = self.workers.staying();
        let most = self.settings.max_workers as usize;
        let target = if self.settings.fixed {
            most
        } else {
            (staying + missing)
                .max(self.settings.min_workers as usize)
                .min(most)
        };
        // One at a time while workers fail to start; none once that has gone on for too long.
        let allowed = match self.stillborn {
            0 => usize::MAX,
            1..MOST_STILLBORN => usize::from(self.workers.iter().all(|worker| worker.life != Life::Starting)),
            _ => 0,
        };
        for _ in 0..target.saturating_sub(staying).min(allowed) {
            let id = self.next_worker_id();
            self.workers.add(Worker::starting(id, now));
            fx.start.push(id);
        }
    }

    /// Starts one more worker for tasks that have waited too long for the busy ones.
    pub(super) fn relieve(&mut self, now: Nanos, fx: &mut Effects) {
        if self.queued == 0 || !self.can_grow() || self.workers.iter().any(Worker::is_callable) {
            self.pressed_since = None;
            return;
        }
        let since = *self.pressed_since.get_or_insert(now);
        let starting = self.workers.iter().any(|worker| worker.life == Life::Starting);
        if now.saturating_sub(since) >= PRESSURE && !starting {
            self.grow(1, now, fx);
        }
    }

    /// Lets workers go that have been idle for too long. Down to `min_workers`, the longest idle first.
    pub(super) fn thin_out(&mut self, now: Nanos, fx: &mut Effects) {
        let timeout = self.settings.idle_timeout;
        let most = self.settings.max_workers as usize;
        let least = if self.settings.fixed {
            most
        } else {
            self.settings.min_workers as usize
        };
        while self.workers.staying() > least {
            let excess = self.workers.staying() > most;
            let Some(oldest) = self
                .workers
                .iter()
                .filter(|worker| worker.is_callable() && worker.is_free())
                .filter(|worker| excess || worker.idle_since.saturating_add(timeout) <= now)
                .min_by_key(|worker| worker.idle_since)
                .map(|worker| worker.id)
            else {
                break;
            };
            self.retire(oldest, now, fx);
        }
    }

    /// Ends a worker that has nothing to do.
    pub(super) fn retire(&mut self, worker: WorkerId, now: Nanos, fx: &mut Effects) {
        if let Some(place) = self.workers.get_mut(worker) {
            place.life = Life::Leaving;
            fx.stop.push((worker, Stop::Retire));
            self.rouse(now, fx);
        }
    }

    /// A worker has done as many tasks as it may: it leaves when the last of them has ended, and its
    /// replacement is started now.
    pub(super) fn wear_out(&mut self, worker: WorkerId, now: Nanos, fx: &mut Effects) {
        let Some(place) = self.workers.get_mut(worker) else {
            return;
        };
        place.life = Life::Leaving;
        place.idle = false;
        if self.phase == Phase::Open {
            self.grow(1, now, fx);
        }
    }

    /// A worker that leaves has reported: it may go once nothing of it runs.
    pub(super) fn leave_if_done(&mut self, worker: WorkerId, fx: &mut Effects) {
        if let Some(place) = self.workers.get(worker)
            && place.life == Life::Leaving
            && place.running.is_empty()
            && place.lingering.is_empty()
            && place.handed.is_empty()
        {
            fx.stop.push((worker, Stop::Retire));
        }
    }
}

/// Whether a worker will ask for tasks by itself very soon.
fn is_coming(worker: &Worker, now: Nanos) -> bool {
    match worker.life {
        Life::Starting => true,
        Life::Leaving => false,
        Life::Ready => {
            worker.woken
                || (!worker.idle
                    && worker.due <= now.saturating_add(WORTH_WAKING)
                    && now <= worker.due.saturating_add(2 * WORTH_WAKING))
        }
    }
}
