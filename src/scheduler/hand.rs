//! A worker comes: it reports what it has finished, and is handed what it does next.

use super::Scheduler;
use super::claim::MAX_BATCH;
use super::effects::{Begun, Effects, Handed};
use super::task::{Nanos, Outcome, Report, Stage, Task, TaskId, Times, WorkerId};
use super::workers::{Life, Worker};

/// What a batch should take in all: long beside what handing over costs (some 10 µs), short beside
/// what anybody notices.
const BATCH_TIME: Nanos = 150_000;

/// The most bytes of arguments that one batch takes along, so that an inbox stays in the cache.
const BATCH_BYTES: usize = 256 * 1024;

impl Scheduler {
    /// A worker says what it has finished, and with `hungry` asks for more.
    ///
    /// What it is to do next is added to `batch`: empty where there is nothing, or where the worker
    /// still has tasks of its batch that it has not begun.
    pub fn exchange<'a>(
        &mut self,
        worker: WorkerId,
        reports: impl IntoIterator<Item = &'a Report>,
        hungry: bool,
        now: Nanos,
        batch: &mut Vec<Handed>,
        fx: &mut Effects,
    ) {
        let mut ended = false;
        for report in reports {
            ended = true;
            self.finished(worker, report, now, fx);
        }
        let Some(place) = self.workers.get_mut(worker) else {
            self.end_inputs(now, fx);
            return;
        };
        place.woken = None;
        if ended {
            // It comes back by itself, as soon as what else goes on in it at this moment is over.
            place.idle = false;
        }
        if hungry && place.unbegun() == 0 {
            self.close_batch(worker, now);
            self.open_batch(worker, now, batch, fx);
        }
        self.look_after(worker, now);
        self.leave_if_done(worker, fx);
        self.end_inputs(now, fx);
        // What it has left, or has set free by its reports, may be for others.
        self.call(now, fx);
        self.confine(now, fx);
        self.watch(now, fx);
    }

    /// How many workers but this one are about to do something.
    #[must_use]
    pub fn others_busy(&self, worker: WorkerId) -> usize {
        let busy = |other: &&super::workers::Worker| !other.idle || other.woken.is_some();
        self.workers
            .iter()
            .filter(|other| other.id != worker)
            .filter(busy)
            .count()
    }

    pub(super) fn finished(&mut self, worker: WorkerId, report: &Report, now: Nanos, fx: &mut Effects) {
        let Some(place) = self.workers.get_mut(worker) else {
            return;
        };
        place.busy = place.busy.saturating_add(report.run);
        place.cpu = place.cpu.saturating_add(report.cpu);
        let began = place
            .handed_at
            .saturating_add(place.spent)
            .min(now.saturating_sub(report.run));
        place.spent = place.spent.saturating_add(report.run);
        if place.idle {
            place.idle_since = now;
        }
        if place.ended(report.id) {
            // Settled before, by a cancellation or a timeout, or between two attempts.
            return self.freed(report.id, now);
        }
        let present = place.batch;
        let Some(task) = self.tasks.get_mut(report.id) else {
            return;
        };
        match task.stage {
            Stage::Handed {
                worker: holder,
                batch,
            } if holder == worker => {
                if batch == present {
                    place.reported += 1;
                } else {
                    place.running.retain(|id| *id != report.id);
                }
            }
            // Not this worker's to report: a frame that cannot be right.
            _ => return,
        }
        let times = Times {
            queue: began.max(task.submitted) - task.submitted,
            run: report.run,
            cpu: report.cpu,
        };
        self.estimates.learn(task.definition, report.run);
        if report.fulfilled {
            place.completed += 1;
            self.settle(
                report.id,
                Outcome::Fulfilled {
                    form: report.form,
                    body: report.body.clone(),
                },
                times,
                false,
                fx,
            );
            self.pass_on(report.id, now, fx);
        } else {
            place.failed += 1;
            self.fail(
                report.id,
                Outcome::Rejected {
                    form: report.form,
                    body: report.body.clone(),
                },
                times,
                now,
                fx,
            );
        }
    }

    /// What has begun and not ended by now awaits something: it is remembered by id.
    fn close_batch(&mut self, worker: WorkerId, now: Nanos) {
        let Some(place) = self.workers.get_mut(worker) else {
            return;
        };
        let begun = place.begun();
        let mut ids = std::mem::take(&mut place.handed);
        if place.reported < begun {
            for (index, id) in ids[..begun].iter().enumerate() {
                if let Some(task) = self.tasks.get_mut(*id).filter(|task| task.is_with(worker)) {
                    if let Some(began) = place.begun_at(index, now) {
                        task.handed = began;
                    }
                    if let Some(limit) = task.timeout() {
                        place.check_at = place.check_at.min(task.handed.saturating_add(limit));
                    }
                    place.running.push(*id);
                }
            }
        }
        ids.clear();
        place.handed = ids;
    }

    fn open_batch(&mut self, worker: WorkerId, now: Nanos, batch: &mut Vec<Handed>, fx: &mut Effects) {
        let surplus = self.workers.staying() > self.settings.max_workers as usize;
        let Some(place) = self.workers.get_mut(worker) else {
            return;
        };
        place.batch = place.batch.wrapping_add(1);
        place.reported = 0;
        place.spent = 0;
        place.handed_at = now;
        place.due = now;
        place.words.open(0);
        if place.life == Life::Ready {
            let is_spent = place.confined && place.running.is_empty() && place.lingering.is_empty();
            if place.reserved.is_some() {
                self.hand_reserved(worker, now, batch);
            } else if is_spent || (surplus && !place.confined && !place.stand_in) {
                place.life = Life::Leaving;
            } else if place.taken >= self.settings.max_tasks_per_worker {
                self.wear_out(worker, now, fx);
            } else if place.is_open() {
                self.take(worker, now, batch);
            }
        }
        let Some(place) = self.workers.get_mut(worker) else {
            return;
        };
        if !place.handed.is_empty() {
            place.idle = false;
            place.words.open(place.handed.len());
        } else if !place.idle {
            place.idle = true;
            place.idle_since = now;
        }
        if self.queued == 0 {
            self.pressed_since = None;
        }
    }

    /// Takes tasks out of the queue for one batch.
    fn take(&mut self, worker: WorkerId, now: Nanos, batch: &mut Vec<Handed>) {
        let most = &self.settings.max_tasks_per_worker;
        let others = self
            .workers
            .iter()
            .filter(|other| other.id != worker && other.is_open() && other.woken.is_some() && !other.confined)
            .count();
        let elsewhere =
            |other: &Worker| !other.confined && !other.stand_in && other.is_callable() && other.is_free();
        let has_free_neighbour = self
            .workers
            .iter()
            .any(|other| other.id != worker && elsewhere(other));
        let nested = self.nested > 0;
        let spares = |place| self.spares_parents(place, now);
        let spares_parents = nested && self.workers.get(worker).is_some_and(spares);
        let Some(place) = self.workers.get_mut(worker) else {
            return;
        };
        let left = usize::try_from(most - place.taken).unwrap_or(usize::MAX);
        let share = self.queued.div_ceil(others + 1).min(MAX_BATCH).min(left);
        let mut bytes = 0;
        while place.handed.len() < share {
            let tasks = &mut self.tasks;
            let waits = |id: TaskId| tasks.get_mut(id).is_some_and(|task| task.stage == Stage::Queued);
            let Some((priority, id)) = self.queue.peek(waits) else {
                break;
            };
            let Some(task) = self.tasks.get_mut(id) else { break };
            let time = self.estimates.of(task.definition).unwrap_or(BATCH_TIME).max(1);
            let (due, size) = (place.due.saturating_add(time), task.size());
            let is_limited = task.is_limited();
            let is_declined = if task.is_sheltered() {
                spares_parents
            } else {
                place.stand_in
            };
            if is_declined {
                break;
            }
            // If it has to be ended, it takes along what awaits something here.
            if task.is_risky() && has_free_neighbour && !place.running.is_empty() {
                break;
            }
            let full = due - now > BATCH_TIME || bytes + size > BATCH_BYTES || is_limited;
            if !place.handed.is_empty() && full {
                break;
            }
            self.queue.pop(priority);
            self.queued -= 1;
            self.queued_bytes -= size as u64;
            bytes += size;
            put(place, task, now, batch);
            place.due = due;
            if is_limited {
                break;
            }
        }
    }

    /// A worker has begun a task whose owner wanted to know.
    pub fn begun(&mut self, worker: WorkerId, id: TaskId, fx: &mut Effects) {
        if let Some(task) = self.tasks.get(id).filter(|task| task.is_with(worker)) {
            fx.begun.push(Begun {
                owner: task.owner,
                id,
                attempt: task.attempt,
                worker,
            });
        }
    }
}

/// Puts a task that has left the queue into the inbox of a worker.
pub(super) fn put(place: &mut Worker, task: &mut Task, now: Nanos, batch: &mut Vec<Handed>) {
    task.stage = Stage::Handed {
        worker: place.id,
        batch: place.batch,
    };
    task.handed = now;
    if let Some(limit) = task.timeout() {
        place.check_at = place.check_at.min(now.saturating_add(limit));
        place.words.clear_stamp(place.handed.len());
    }
    place.taken += 1;
    place.handed.push(task.id);
    batch.push(handed(task));
}

/// A task as it is handed over.
fn handed(task: &Task) -> Handed {
    Handed {
        id: task.id,
        definition: task.definition,
        attempt: task.attempt,
        owner: task.owner,
        name: task.name,
        timed: task.is_timed(),
        announced: task.is_announced(),
        limited: task.is_limited(),
        form: task.form,
        inputs: task.inputs_here(),
        payload: task.payload.clone(),
    }
}
