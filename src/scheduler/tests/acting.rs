//! What played workers do: as `lib/worker/attendant.js` does it.

use super::super::found::REPORT_AFTER;
use super::super::{Exit, Nanos, Report, WorkerId};
use super::played::{Attempt, End};
use super::world::World;

/// Tasks that await something, at most, on one worker.
const CONCURRENCY: usize = 4;
impl World {
    /// The worker does the next thing that it has to do.
    pub fn act(&mut self, worker: WorkerId) {
        let now = self.now;
        let Some(played) = self.workers.get_mut(&worker) else {
            return;
        };
        if played.exits.as_ref().is_some_and(|(at, _)| *at <= now) {
            return self.exit(worker);
        }
        if played.joins.take().is_some() {
            let isolate = World::isolate_of(worker);
            let Some(words) = self.scheduler.join(worker, isolate, now) else {
                played.exits = Some((now, Exit::default()));
                return;
            };
            (played.words, played.joined) = (Some(words), now);
        } else if let Some(held) = played.holds.take() {
            if held.play.end == End::Crashes {
                played.holds = Some(held);
                return self.crash(
                    worker,
                    Exit {
                        code: 7,
                        ..Exit::default()
                    },
                );
            }
            played.report(&held, now);
            if now - played.reported > REPORT_AFTER {
                self.exchange(worker, false);
            }
        } else if let Some(place) = played.awaiting.iter().position(|attempt| attempt.ends <= now) {
            let awaited = played.awaiting.remove(place);
            if awaited.play.end == End::Crashes {
                played.awaiting.push(awaited);
                return self.crash(
                    worker,
                    Exit {
                        code: 7,
                        ..Exit::default()
                    },
                );
            }
            played.report(&awaited, now);
            let blocks = awaited.play.blocks;
            if blocks > 0 {
                played.blocked_until = now + blocks;
                played.turn = Some(played.blocked_until);
            }
            let alone = played.awaiting.is_empty() && played.next >= played.inbox.len();
            if alone || now - played.reported > REPORT_AFTER {
                self.exchange(worker, false);
            }
            if blocks > 0 {
                return;
            }
        }
        self.turn(worker);
    }

    /// The event loop of a worker has come round: it goes on until its thread is held, or for want of tasks.
    fn turn(&mut self, worker: WorkerId) {
        if let Some(played) = self.workers.get_mut(&worker) {
            played.turn = None;
        }
        self.heed(worker);
        loop {
            let Some(played) = self.workers.get_mut(&worker) else {
                return;
            };
            let has_room = played.awaiting.len() < CONCURRENCY;
            if played.next < played.inbox.len() {
                if !has_room {
                    if !played.outbox.is_empty() {
                        self.exchange(worker, false);
                    }
                    return;
                }
                if self.begin(worker) {
                    return;
                }
                continue;
            }
            let hungry = has_room && !played.leaving;
            if !self.exchange(worker, hungry) {
                return;
            }
        }
    }

    /// Ends what was cancelled and heeds it.
    fn heed(&mut self, worker: WorkerId) {
        let cancelled = self.scheduler.cancellations(worker);
        let Some(played) = self.workers.get_mut(&worker) else {
            return;
        };
        for attempt in &mut played.awaiting {
            if attempt.play.heeds && cancelled.contains(&attempt.id) {
                attempt.ends = self.now;
            }
        }
    }

    /// Begins the next task of the batch, or finds it taken back: `true` if the thread is held.
    fn begin(&mut self, worker: WorkerId) -> bool {
        let now = self.now;
        let Some(played) = self.workers.get_mut(&worker) else {
            return true;
        };
        let Some(index) = played.words.as_ref().and_then(|words| words.claim()) else {
            played.next = played.inbox.len();
            return false;
        };
        assert_eq!(index, played.next);
        let handed = played.inbox[index].clone();
        played.next += 1;
        let play = self.plays[&handed.id];
        let ends = if play.end == End::Never {
            Nanos::MAX
        } else {
            now + play.time
        };
        let attempt = Attempt {
            id: handed.id,
            number: handed.attempt,
            begun: now,
            ends,
            play,
        };
        if handed.timed {
            played.stamp(index, now);
        }
        if play.awaits {
            played.awaiting.push(attempt);
        } else {
            played.holds = Some(attempt);
        }
        self.check_beginning(worker, &attempt);
        self.begun.push((now, worker, handed.id, handed.attempt));
        if handed.announced {
            self.stir(|scheduler, _, fx| scheduler.begun(worker, handed.id, fx));
        }
        !play.awaits
    }

    /// Reports, and asks for more where it is hungry: whether there is a new batch.
    fn exchange(&mut self, worker: WorkerId, hungry: bool) -> bool {
        let Some(played) = self.workers.get_mut(&worker) else {
            return false;
        };
        played.reported = self.now;
        let reports = std::mem::take(&mut played.outbox);
        self.keep_awaited(&reports);
        let mut batch = Vec::new();
        self.stir(|scheduler, now, fx| scheduler.exchange(worker, &reports, hungry, now, &mut batch, fx));
        if batch.is_empty() {
            return false;
        }
        if batch[0].limited {
            let used = self
                .workers
                .get(&worker)
                .map_or(0, |played| played.used(self.now));
            self.stir(|scheduler, now, fx| scheduler.mark_cpu(worker, used, now, fx));
        }
        self.check_order(&batch);
        self.batches
            .push((worker, batch.iter().map(|handed| handed.id).collect()));
        let Some(played) = self.workers.get_mut(&worker) else {
            return false;
        };
        assert!(hungry && played.next >= played.inbox.len());
        (played.inbox, played.next) = (batch, 0);
        true
    }

    /// Results that other tasks need stay with the scheduler.
    fn keep_awaited(&mut self, reports: &[Report]) {
        for report in reports.iter().filter(|report| report.fulfilled) {
            if self.scheduler.is_awaited(report.id) {
                self.scheduler.keep(report.id, [1; 10].into());
            }
        }
    }

    /// Takes over what a worker has finished and not reported.
    pub fn collect(&mut self, worker: WorkerId) {
        let Some(played) = self.workers.get_mut(&worker) else {
            return;
        };
        let reports = std::mem::take(&mut played.outbox);
        self.keep_awaited(&reports);
        self.stir(|scheduler, now, fx| scheduler.found(worker, &reports, now, fx));
    }

    fn exit(&mut self, worker: WorkerId) {
        self.collect(worker);
        // What it has submitted is nobody's any more.
        let isolate = World::isolate_of(worker);
        self.stir(|scheduler, now, fx| scheduler.submitter_gone(isolate, now, fx));
        let Some(played) = self.workers.remove(&worker) else {
            return;
        };
        let (_, exit) = played.exits.unwrap_or_default();
        self.stir(|scheduler, now, fx| scheduler.exited(worker, &exit, now, fx));
    }
}
