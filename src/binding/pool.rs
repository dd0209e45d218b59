//! A pool at the edge: a scheduler behind its lock, and the carrying out of what it decides.

mod tasks;
mod time;

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, RwLock, TryLockError};

use super::isolate::Isolate;
use super::patience::Vigil;
use super::post::Post;
use super::timekeeper::Timekeeper;
use super::{blocks, locked, read, registry, settings, written};
use crate::config::{Config, ConfigError, Machine};
use crate::logging::{Logger, Record, Sink};
use crate::metrics::{Metrics, Shard};
use crate::scheduler::claim::SharedWords;
use crate::scheduler::{
    Effects, Exit, Handed, IsolateId, Nanos, NewTask, Scheduler, Settled, Summary, TaskId, WorkerId,
};
use crate::wire::{self, Told, Yielded};

/// How often whoever wants the scheduler's lock tries to get it before sleeping: some 20 µs, several times as long as it is
/// held.
const TRIES: u32 = 200;

/// A logger of the user's is called by the JavaScript side, which sees all that is logged.
struct WrittenInJavaScript;

impl Sink for WrittenInJavaScript {
    fn record(&self, _record: &Record) {}
}

/// What a worker has written about its tasks, and the bytes that it points into.
pub struct Reported<'a> {
    pub told: &'a [Told],
    pub yields: &'a [Yielded],
    pub message: &'a [u8],
}

impl Reported<'_> {
    pub const NOTHING: Self = Self {
        told: &[],
        yields: &[],
        message: &[],
    };
}

/// The values that somebody waits for, and who that is.
fn listened(scheduler: &mut Scheduler, worker: WorkerId, yields: &[Yielded]) -> Vec<(IsolateId, Yielded)> {
    let listened = yields.iter().filter_map(|yielded| {
        let owner = scheduler.listener(worker, yielded.id)?;
        Some((owner, yielded.clone()))
    });
    listened.collect()
}

/// Results that other tasks need stay with the scheduler.
fn keep_awaited(scheduler: &mut Scheduler, told: &[Told], message: &[u8]) {
    for Told { report, .. } in told {
        if report.fulfilled && report.form == 0 && scheduler.is_awaited(report.id) {
            scheduler.keep(report.id, Arc::from(&message[report.body.clone()]));
        }
    }
}

/// One pool.
pub struct Pool {
    pub id: u32,
    /// The isolate that starts its workers and hears of its affairs.
    pub owner: IsolateId,
    scheduler: Mutex<Scheduler>,
    machine: Machine,
    config: Mutex<Config>,
    crashed: AtomicU32,
    last_submission: AtomicU64,
    pub logger: Logger,
    pub metrics: Metrics,
    /// Where threads count that are not workers of the pool.
    pub shard: Arc<Shard>,
    pub opened: Nanos,
    /// Which isolate each worker is.
    seats: RwLock<Vec<(WorkerId, Arc<Isolate>)>>,
    timekeeper: Timekeeper,
    /// Who stays awake, where tasks must not wait for a wake-up.
    pub vigil: Vigil,
}

impl Pool {
    pub fn new(owner: IsolateId, machine: Machine) -> Arc<Self> {
        let config = Config::default_for(&machine);
        let settings = settings::of(&config);
        let metrics = Metrics::new();
        let shard = metrics.shard();
        let opened = registry::now();
        let ids = Arc::clone(&registry::WORKER_IDS);
        Arc::new(Self {
            id: registry::number(),
            owner,
            scheduler: Mutex::new(Scheduler::new(settings, ids, opened ^ 0x5eed_5eed)),
            machine,
            config: Mutex::new(config),
            crashed: AtomicU32::new(0),
            last_submission: AtomicU64::new(0),
            logger: Logger::default(),
            metrics,
            shard,
            opened,
            seats: RwLock::default(),
            timekeeper: Timekeeper::default(),
            vigil: Vigil::default(),
        })
    }

    /// The scheduler, for those who come often. Its lock is held for a few microseconds: to wait awake for it takes less
    /// than to be woken, and than to wake.
    fn scheduler(&self) -> MutexGuard<'_, Scheduler> {
        for _ in 0..TRIES {
            match self.scheduler.try_lock() {
                Ok(scheduler) => return scheduler,
                Err(TryLockError::WouldBlock) => (0..8).for_each(|_| std::hint::spin_loop()),
                Err(TryLockError::Poisoned(_)) => break,
            }
        }
        locked(&self.scheduler)
    }

    /// Lets the scheduler decide something, then carries it out without its lock.
    fn decide<T>(self: &Arc<Self>, decide: impl FnOnce(&mut Scheduler, Nanos, &mut Effects) -> T) -> T {
        self.decide_and_call(decide).0
    }

    /// The same, and whether those who were called for it were awake.
    fn decide_and_call<T>(
        self: &Arc<Self>,
        decide: impl FnOnce(&mut Scheduler, Nanos, &mut Effects) -> T,
    ) -> (T, bool) {
        let mut fx = Effects::default();
        let now = registry::now();
        let result = decide(&mut self.scheduler(), now, &mut fx);
        self.charge(&mut fx);
        let awake = self.carry_out(&fx, now, &Post::default(), &self.shard);
        (result, awake)
    }

    /// Whether workers have been called, all of whom were awake.
    fn carry_out(self: &Arc<Self>, fx: &Effects, now: Nanos, post: &Post<'_>, shard: &Shard) -> bool {
        if fx.crashed > 0 {
            self.crashed
                .fetch_add(u32::try_from(fx.crashed).unwrap_or(0), Ordering::Relaxed);
        }
        // First, because they should not wait for what else is to be done.
        let asleep = fx.wake.iter().filter(|worker| !self.wake(**worker)).count();
        post.deliver(self, fx, now, shard);
        // Last, because whoever has been woken should not wait for the timekeeper.
        if fx.rearm {
            self.timekeeper.rearm(self);
        }
        asleep == 0 && !fx.wake.is_empty()
    }

    pub fn prestart(&self) -> Option<WorkerId> {
        locked(&self.scheduler).prestart(registry::now())
    }

    /// Takes tasks in: whether workers have been called for them, all of whom were awake. One of them may be
    /// `withdrawn` in the same breath, before anybody can have begun it: what has become of it.
    pub fn submit(
        self: &Arc<Self>,
        from: IsolateId,
        tasks: &mut Vec<NewTask>,
        withdrawn: Option<TaskId>,
    ) -> (bool, Option<Settled>) {
        self.last_submission.store(registry::now(), Ordering::Relaxed);
        self.metrics.submitted(tasks.len() as u64);
        let (settled, awake) = self.decide_and_call(|scheduler, now, fx| {
            scheduler.submit(from, tasks.drain(..), now, fx);
            let id = withdrawn.filter(|id| scheduler.cancel(*id, from, now, fx))?;
            fx.settled.iter().find(|settled| settled.id == id).cloned()
        });
        (awake, settled)
    }

    /// A worker reports and is handed what it does next: how many other workers are busy.
    pub fn exchange(
        self: &Arc<Self>,
        worker: WorkerId,
        reported: &Reported<'_>,
        hungry: bool,
        shard: &Shard,
        batch: &mut Vec<Handed>,
    ) -> usize {
        let Reported { told, message, .. } = *reported;
        let now = registry::now();
        let mut fx = Effects::for_reports(told.len());
        let mut scheduler = self.scheduler();
        let yields = listened(&mut scheduler, worker, reported.yields);
        keep_awaited(&mut scheduler, told, message);
        let reports = told.iter().map(|told| &told.report);
        scheduler.exchange(worker, reports, hungry, now, batch, &mut fx);
        let busy = scheduler.others_busy(worker);
        drop(scheduler);
        let post = Post {
            told,
            yields: &yields,
            message,
            worker: worker.0,
        };
        self.carry_out(&fx, now, &post, shard);
        busy
    }

    /// Takes over what a worker has finished and not reported, because it is stuck or has ended.
    fn collect(self: &Arc<Self>, worker: WorkerId, words: &SharedWords) {
        let (mut told, mut fx, now) = (Vec::new(), Effects::default(), registry::now());
        let mut scheduler = locked(&self.scheduler);
        // Under the scheduler's lock, so that nothing that the worker reports later overtakes it.
        let message = words.collect();
        // What cannot be read is no report; the worker, if it lives, hears of it by its next exchange.
        let _ = wire::read_reports(&message, &mut told, &mut Vec::new());
        for Told { report, .. } in &mut told {
            // What its thread has used meanwhile went into what it does now, for the greater part.
            report.cpu = report.run;
        }
        keep_awaited(&mut scheduler, &told, &message);
        scheduler.found(worker, told.iter().map(|told| &told.report), now, &mut fx);
        drop(scheduler);
        let post = Post {
            told: &told,
            yields: &[],
            message: &message,
            worker: worker.0,
        };
        self.carry_out(&fx, now, &post, &self.shard);
    }

    /// Whether there is a core for one that waits awake, beside the busy workers and the submitter.
    pub fn has_core_to_spare(&self, busy: usize) -> bool {
        busy + 2 <= self.machine.cpu_count as usize
    }

    /// Lays a layer of options over the config, if it is right: the config in force.
    pub fn configure(self: &Arc<Self>, layer: &str) -> Result<Config, ConfigError> {
        let mut config = locked(&self.config);
        let merged = config.merge_json(layer, &self.machine)?;
        if config.logging != merged.logging {
            self.logger
                .configure(&merged.logging, Some(Box::new(WrittenInJavaScript)))?;
        }
        let settings = settings::of(&merged);
        self.vigil.configure(settings::vigil(&merged));
        *config = merged.clone();
        drop(config);
        self.decide(|scheduler, now, fx| scheduler.configure(settings, now, fx));
        Ok(merged)
    }

    /// Workers whose end nobody had asked for, since the pool was opened.
    pub fn crashed(&self) -> u32 {
        self.crashed.load(Ordering::Relaxed)
    }

    /// A worker takes its seat; `None` where it is not one that is expected.
    pub fn join(&self, worker: WorkerId, isolate: &Arc<Isolate>) -> Option<Arc<SharedWords>> {
        let words = locked(&self.scheduler).join(worker, isolate.id, registry::now())?;
        written(&self.seats).push((worker, Arc::clone(isolate)));
        Some(words)
    }

    /// Calls a worker: whether it was awake. One that has not joined comes by itself.
    fn wake(&self, worker: WorkerId) -> bool {
        let seats = read(&self.seats);
        let seat = seats.iter().find(|(id, _)| *id == worker);
        seat.is_some_and(|(_, isolate)| isolate.wake())
    }

    pub fn summary(&self) -> Summary {
        locked(&self.scheduler).summary(registry::now())
    }

    /// The limit of a worker's heap, if that has been full.
    pub fn heap_limit_met(&self, worker: WorkerId) -> Option<u64> {
        let seats = read(&self.seats);
        let (_, isolate) = seats.iter().find(|(id, _)| *id == worker)?;
        isolate.fullness.limit()
    }

    pub fn exited(self: &Arc<Self>, worker: WorkerId, exit: &Exit) {
        written(&self.seats).retain(|(id, _)| *id != worker);
        self.vigil.leave(worker);
        let words = locked(&self.scheduler).words_of(worker);
        if let Some(words) = words {
            self.collect(worker, &words);
        }
        // Workers leave when there is little to do: what is kept for large contents goes with them.
        blocks::give_back();
        self.decide(|scheduler, now, fx| scheduler.exited(worker, exit, now, fx));
    }

    pub fn submitter_gone(self: &Arc<Self>, isolate: IsolateId) {
        self.decide(|scheduler, now, fx| scheduler.submitter_gone(isolate, now, fx));
    }

    pub fn drain(self: &Arc<Self>, cancel_waiting: bool) -> usize {
        self.decide(|scheduler, now, fx| scheduler.drain(cancel_waiting, now, fx))
    }

    pub fn abandon(self: &Arc<Self>) -> (usize, usize) {
        self.decide(|scheduler, now, fx| scheduler.abandon(now, fx))
    }

    pub fn dismiss(&self) -> Vec<WorkerId> {
        locked(&self.scheduler).dismiss()
    }

    pub fn reopen(self: &Arc<Self>) {
        self.decide(Scheduler::reopen);
    }

    /// Ends the pool's threads for good.
    pub fn close(&self) {
        self.logger.close();
        self.timekeeper.close();
    }
}
