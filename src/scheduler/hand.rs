//! A worker comes: it reports what it has finished, and is handed what it does next.

use super::Scheduler;
use super::claim::MAX_BATCH;
use super::effects::{Begun, Effects, Handed};
use super::task::{MILLISECOND, Nanos, Outcome, Report, Stage, TaskId, Times, WorkerId};
use super::workers::Life;

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
        for report in reports {
            self.finished(worker, report, now, fx);
        }
        let Some(place) = self.workers.get_mut(worker) else {
            self.end_inputs(now, fx);
            return;
        };
        place.woken = false;
        if hungry && place.unbegun() == 0 {
            self.close_batch(worker, now);
            self.open_batch(worker, now, batch, fx);
        }
        if self
            .workers
            .get(worker)
            .is_some_and(|place| place.life == Life::Leaving)
        {
            self.leave_if_done(worker, fx);
        }
        self.end_inputs(now, fx);
        self.watch_worker(worker, fx);
    }

    fn finished(&mut self, worker: WorkerId, report: &Report, now: Nanos, fx: &mut Effects) {
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
        if !place.lingering.is_empty() {
            place.lingering.retain(|lingering| lingering.id != report.id);
        }
        let present = place.batch;
        let Some(task) = self.tasks.get_mut(report.id) else {
            // Settled before, by a cancellation or a timeout; it counted as begun then.
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
                let here = |task: &super::task::Task| matches!(task.stage, Stage::Handed { worker: holder, .. } if holder == worker);
                if let Some(task) = self.tasks.get_mut(*id).filter(|task| here(task)) {
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
        let others = self
            .workers
            .iter()
            .filter(|other| other.id != worker && other.is_callable())
            .count();
        let Some(place) = self.workers.get_mut(worker) else {
            return;
        };
        let worn = place.completed + place.failed >= self.settings.max_tasks_per_worker;
        if place.life != Life::Ready {
            place.words.open(0);
            return;
        }
        if worn {
            place.words.open(0);
            self.wear_out(worker, now, fx);
            return;
        }
        let first = batch.len();
        let (expected, shortest) = self.take(others, batch);
        let Some(place) = self.workers.get_mut(worker) else {
            return;
        };
        let count = batch.len() - first;
        place.batch = place.batch.wrapping_add(1);
        place.reported = 0;
        place.spent = 0;
        place.seen_next = 0;
        place.handed_at = now;
        place.due = now.saturating_add(expected);
        place.check_at = place.check_at.min(now.saturating_add(shortest));
        let present = place.batch;
        for (index, handed) in batch[first..].iter().enumerate() {
            place.handed.push(handed.id);
            if handed.timed {
                place.words.clear_stamp(index);
            }
            if let Some(task) = self.tasks.get_mut(handed.id) {
                task.stage = Stage::Handed {
                    worker,
                    batch: present,
                };
                task.handed = now;
            }
        }
        place.words.open(count);
        if count > 0 {
            place.idle = false;
        } else if !place.idle {
            place.idle = true;
            place.idle_since = now;
        }
        if self.queued == 0 {
            self.pressed_since = None;
        }
    }

    /// Takes tasks out of the queue for one batch: the time that they should take, and the shortest
    /// timeout among them.
    fn take(&mut self, others: usize, batch: &mut Vec<Handed>) -> (Nanos, Nanos) {
        let share = self.queued.div_ceil(others + 1).min(MAX_BATCH);
        let (mut expected, mut bytes, mut count): (Nanos, usize, usize) = (0, 0, 0);
        let mut shortest = Nanos::MAX;
        while count < share {
            let tasks = &mut self.tasks;
            let waits = |id: TaskId| tasks.get_mut(id).is_some_and(|task| task.stage == Stage::Queued);
            let Some((priority, id)) = self.queue.peek(waits) else {
                break;
            };
            let Some(task) = self.tasks.get_mut(id) else { break };
            let estimate = self.estimates.of(task.definition);
            let time = estimate.unwrap_or(BATCH_TIME).max(1);
            let size = task.size();
            if count > 0 && (expected + time > BATCH_TIME || bytes + size > BATCH_BYTES) {
                break;
            }
            shortest = shortest.min(task.timeout().unwrap_or(Nanos::MAX));
            expected += time;
            bytes += size;
            count += 1;
            batch.push(Handed {
                id,
                definition: task.definition,
                attempt: task.attempt,
                owner: task.owner,
                name: task.name,
                timed: task.is_timed(),
                announced: task.is_announced(),
                form: task.form,
                inputs: task.inputs_here(),
                payload: task.payload.clone(),
            });
            self.queue.pop(priority);
            self.queued -= 1;
            self.queued_bytes -= size as u64;
        }
        (expected, shortest)
    }

    /// Sees to it that somebody looks at what this worker does, where there is something to look at.
    fn watch_worker(&mut self, worker: WorkerId, fx: &mut Effects) {
        let spare = self.has_spare(worker);
        let Some(place) = self.workers.get(worker) else {
            return;
        };
        let mut alarm = place.check_at;
        if place.handed.len() > 1 && spare {
            alarm = alarm.min(place.due + MILLISECOND);
        }
        if place.idle {
            alarm = alarm.min(place.idle_since.saturating_add(self.settings.idle_timeout));
        }
        self.set_alarm(alarm, fx);
    }

    /// A worker has begun a task whose owner wanted to know.
    pub fn begun(&mut self, worker: WorkerId, id: TaskId, fx: &mut Effects) {
        if let Some(task) = self.tasks.get_mut(id) {
            fx.begun.push(Begun {
                owner: task.owner,
                id,
                attempt: task.attempt,
                worker,
            });
        }
    }
}
