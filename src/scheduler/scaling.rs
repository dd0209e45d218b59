//! How many workers there are, and which of them are called.

use super::effects::{Effects, Stop};
use super::task::{MILLISECOND, Nanos, WorkerId};
use super::workers::{Life, WORTH_WAKING, Worker};
use super::{Phase, Scheduler};

/// How long tasks must have waited, all workers being busy, before one more worker is started for
/// them. Starting one takes some 35 ms of a core.
pub(super) const PRESSURE: Nanos = 10 * MILLISECOND;

/// Workers in a row that may end before they have joined. Then, where others work, another is tried
/// only after [`BARREN`]; where there are none, what waits fails.
pub(super) const MOST_STILLBORN: u32 = 3;

/// How long no worker is started after the last of so many had failed to.
pub(super) const BARREN: Nanos = 5_000 * MILLISECOND;

/// How long after the first worker has joined the others follow that there are to be at least, where no
/// task waits for them: a thread that starts takes milliseconds of its owner's thread, and slows the
/// other processors down, while the first result is waited for.
const ANSWERING: Nanos = 10 * MILLISECOND;

fn part(some: usize, all: usize) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "there are few workers")]
    let part = some as f64 / all.max(1) as f64;
    part
}

impl Scheduler {
    /// Whether a worker could take tasks that is not called yet, or could be started.
    pub(super) fn has_spare(&self, now: Nanos) -> bool {
        self.growth_at() <= now || self.has_callable(now)
    }

    /// From when on one more worker could be started; never where there are as many as there may be.
    pub(super) fn growth_at(&self) -> Nanos {
        if self.workers.staying() >= self.settings.max_workers as usize {
            Nanos::MAX
        } else if self.stillborn < MOST_STILLBORN {
            0
        } else {
            self.barren_until
        }
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
            self.pressed_since = None;
        } else {
            self.call_and_start(now, fx);
        }
        // Who is idle now is not needed for others.
        self.confine(now, fx);
    }

    fn call_and_start(&mut self, now: Nanos, fx: &mut Effects) {
        let missing = self.call(now, fx);
        // One that starts takes too long for an idle one to wait for it, but not for yet another start.
        let starting = self
            .workers
            .iter()
            .filter(|worker| worker.is_starting(now) && !worker.confined && !worker.stand_in)
            .count();
        self.grow(missing.saturating_sub(starting), now, fx);
        self.stand_in(now, fx);
    }

    /// Calls as many workers as the waiting tasks are worth: how many more they would be worth.
    pub(super) fn call(&mut self, now: Nanos, fx: &mut Effects) -> usize {
        if self.queued == 0 {
            return 0;
        }
        let sheltered = self.sheltered().is_some();
        let is_for = |worker: &&Worker| self.is_for(worker, sheltered, now);
        let coming = self.workers.iter().filter(|worker| worker.is_coming(now));
        let mut missing = self.wanted().saturating_sub(coming.filter(is_for).count());
        while missing > 0 {
            // The one that was idle last has the warmest caches, and lets the others leave; one that
            // has nothing at all to do comes before one whose tasks await something.
            let callable = self.workers.iter().filter(|worker| worker.is_callable());
            let best = callable
                .filter(|worker| self.is_for(worker, sheltered, now))
                .min_by_key(|worker| (worker.running.len(), Nanos::MAX - worker.idle_since))
                .map(|worker| worker.id);
            let Some(best) = best.and_then(|id| self.workers.get_mut(id)) else {
                break;
            };
            best.woken = Some(now);
            fx.wake.push(best.id);
            missing -= 1;
        }
        missing
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

    /// From when on there are to be as many workers as there are to be at least, where so many are `staying`.
    pub(super) fn fill_at(&self, staying: usize) -> Nanos {
        if staying >= self.settings.least_workers() || self.phase != Phase::Open {
            return Nanos::MAX;
        }
        if self.stillborn > 0 && self.workers.iter().any(|worker| worker.life == Life::Starting) {
            return Nanos::MAX;
        }
        let joined = self.workers.iter().filter(|worker| worker.life != Life::Starting);
        joined
            .map(|worker| worker.joined)
            .min()
            .map_or(Nanos::MAX, |first| {
                first.saturating_add(ANSWERING).max(self.growth_at())
            })
    }

    /// Starts the workers that are missing of the least that there are to be.
    pub(super) fn fill(&mut self, now: Nanos, fx: &mut Effects) {
        if self.fill_at(self.workers.staying()) <= now {
            self.grow(0, now, fx);
        }
    }

    /// Starts so many workers more, as far as there may be, and the least that there are to be by now.
    fn grow(&mut self, missing: usize, now: Nanos, fx: &mut Effects) {
        let staying = self.workers.staying();
        let least = if self.fill_at(staying) <= now {
            self.settings.least_workers()
        } else {
            0
        };
        let target = staying
            .saturating_add(missing)
            .max(least)
            .min(self.settings.max_workers as usize);
        // One at a time while workers fail to start.
        let allowed = if self.growth_at() > now {
            0
        } else if self.stillborn == 0 {
            usize::MAX
        } else {
            usize::from(!self.workers.iter().any(|worker| worker.is_starting(now)))
        };
        for _ in 0..target.saturating_sub(staying).min(allowed) {
            let id = self.next_worker_id();
            self.workers.add(Worker::starting(id, now));
            fx.start.push(id);
        }
    }

    /// Starts one more worker for tasks that have waited too long for the busy ones.
    pub(super) fn relieve(&mut self, now: Nanos, fx: &mut Effects) {
        if self.queued == 0 || self.growth_at() > now || self.busy_part() < self.settings.scale_up {
            self.pressed_since = None;
            return;
        }
        if self.workers.iter().any(|worker| worker.is_starting(now)) {
            // Once it has joined it has as long as the others: the first of all would be joined by a
            // second at once otherwise, before it could begin what has waited for its start.
            self.pressed_since = None;
            return;
        }
        let since = *self.pressed_since.get_or_insert(now);
        if now.saturating_sub(since) >= PRESSURE {
            self.grow(1, now, fx);
        }
    }

    /// Which part of the workers has something to do, or is about to have.
    fn busy_part(&self) -> f64 {
        let staying = self.workers.staying();
        let staying_free = |worker: &&Worker| worker.is_callable() && worker.is_free() && !worker.stand_in;
        let free = self.workers.iter().filter(staying_free).count();
        if staying == 0 {
            1.0
        } else {
            part(staying - free, staying)
        }
    }

    /// Dismisses the worker that has been idle for longest: whether there was one.
    fn dismiss_idle(&mut self, fx: &mut Effects) -> bool {
        let oldest = self
            .workers
            .iter_mut()
            .filter(|worker| worker.is_callable() && worker.is_free() && !worker.stand_in)
            .min_by_key(|worker| worker.idle_since);
        let Some(place) = oldest else { return false };
        place.life = Life::Dismissed;
        fx.stop.push((place.id, Stop::Retire));
        true
    }

    /// Lets workers go that have been idle for too long, the longest idle first, until the least that there
    /// are to be are left; and those that are more than there may be.
    pub(super) fn thin_out(&mut self, now: Nanos, fx: &mut Effects) {
        self.relieve_stand_ins(now, fx);
        // Where the others have more to do than that, it may soon be an idle one's turn: one at a time.
        let is_used = self.busy_part() >= self.settings.scale_down;
        while self.thin_at(self.workers.staying()) <= now {
            if !self.dismiss_idle(fx) {
                break;
            }
            if is_used {
                self.next_leave = now.saturating_add(self.settings.idle_timeout);
            }
        }
    }

    /// When the next idle worker may go, where so many are `staying`.
    pub(super) fn thin_at(&self, staying: usize) -> Nanos {
        // Those that are there for one task do not make others superfluous.
        let confined = |worker: &&Worker| worker.confined && worker.is_staying();
        let ordinary = staying - self.workers.iter().filter(confined).count();
        let surplus = staying > self.settings.max_workers as usize;
        if ordinary <= self.settings.least_workers() && !surplus {
            return Nanos::MAX;
        }
        let since = self
            .workers
            .iter()
            .filter(|worker| worker.is_callable() && worker.is_free() && !worker.stand_in)
            .map(|worker| worker.idle_since)
            .min();
        match since {
            None => Nanos::MAX,
            Some(_) if surplus => 0,
            Some(since) => since
                .saturating_add(self.settings.idle_timeout)
                .max(self.next_leave),
        }
    }

    /// A worker has done as many tasks as it may: it leaves when the last of them has ended, and its
    /// replacement is started now.
    pub(super) fn wear_out(&mut self, worker: WorkerId, now: Nanos, fx: &mut Effects) {
        let Some(place) = self.workers.get_mut(worker) else {
            return;
        };
        place.life = Life::Leaving;
        if self.phase == Phase::Open && !place.stand_in {
            self.grow(1, now, fx);
        }
    }

    /// Dismisses a worker that leaves, once nothing of it runs.
    pub(super) fn leave_if_done(&mut self, worker: WorkerId, fx: &mut Effects) {
        if let Some(place) = self.workers.get_mut(worker)
            && place.life == Life::Leaving
            && place.running.is_empty()
            && place.lingering.is_empty()
            && place.handed.is_empty()
        {
            place.life = Life::Dismissed;
            fx.stop.push((worker, Stop::Retire));
        }
    }
}
