//! The scheduler: which task runs where and when, and that every task is settled exactly once.
//!
//! It is a state machine, not a program. Events come in as calls (submitted, worker ready, reports,
//! cancelled, time has passed, worker gone); decisions come out as [`Effects`]. It knows neither
//! Node nor JavaScript, reads no clock, starts no thread, holds no lock and calls nobody, so every
//! sequence of events can be played to it in a test.
//!
//! The way of a task:
//!
//! ```text
//!  submit ──► Queued ──────► Handed (in a worker's inbox) ──► settled
//!               ▲  ▲  take back │       │ begun, failed, attempts left
//!               │  └────────────┘       ▼
//!               └──────────────────  Resting (or Undecided: the owner is asked)
//! ```
//!
//! - A task that needs the results of others is *Waiting* before it is queued ([`depends`]).
//! - A worker *pulls*: when it has finished what it had it reports, and is handed as many tasks as
//!   should take some 150 µs together ([`hand`]). A function never seen is taken alone.
//! - What was handed over and not begun can be *taken back* ([`claim`]): when the worker is stuck in
//!   a long task while another is free, and when it dies.
//! - What a worker has finished and does not report, because it is stuck or dead, is *found* in its
//!   outbox ([`found`]).
//! - A task that is cancelled or late is settled at once; while its code goes on it *lingers*. Its
//!   worker gets no new task meanwhile, and is replaced when the grace is over ([`stop`]).
//! - The *timekeeper* (at the edge) calls [`Scheduler::tick`] at [`Scheduler::alarm`], and sleeps
//!   where there is nothing to time ([`watch`]).
//!
//! Invariants, held by the property tests: a task is settled exactly once; an attempt is begun by at
//! most one worker, and never while an earlier attempt of its task runs; equal priorities are handed
//! out in order; while a task waits, a worker that could take it is called within a tick, or within
//! [`workers::PATIENCE`] where another has been called for it and does not come.
#![forbid(unsafe_code)]

pub mod claim;
mod confined;
mod cpu;
mod depends;
pub mod effects;
pub mod error;
pub mod estimate;
mod found;
mod gone;
mod hand;
pub mod outbox;
pub mod payload;
pub mod queue;
pub mod retry;
mod scaling;
pub mod settings;
mod stand_in;
mod stop;
mod streams;
mod submit;
pub mod sync;
pub mod table;
pub mod task;
mod timers;
mod views;
mod watch;
pub mod workers;

#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

pub use effects::{Begun, Effects, Handed, Stop, Wanted};
pub use error::Failure;
pub use gone::Exit;
pub use payload::Payload;
pub use settings::Settings;
pub use task::{
    Input, IsolateId, Nanos, NewTask, Outcome, Priority, Report, Settled, TaskId, Terms, Times, WorkerId,
};
pub use views::{State, Summary, WorkerView};

use confined::Confined;
use depends::Dependents;
use estimate::Estimates;
use queue::Queue;
use table::Table;
use timers::Timers;
use workers::Workers;

/// Whether the pool takes tasks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Open,
    /// Shutting down: no new task; what is there may finish, with what it submits itself for that.
    Draining,
    /// What is there is all that there will be.
    Closing,
}

/// The scheduler of one pool.
#[derive(Debug)]
pub struct Scheduler {
    settings: Settings,
    phase: Phase,
    /// Every task that has been taken in and not been settled.
    tasks: Table,
    queue: Queue,
    /// How many tasks are [`task::Stage::Queued`], and the bytes of those and of the waiting ones.
    queued: usize,
    queued_bytes: u64,
    /// Tasks that wait for a worker of their own.
    confined: Confined,
    /// Which tasks wait for which, and how many wait at all.
    dependents: Dependents,
    waiting: usize,
    workers: Workers,
    /// How many of the tasks were submitted by workers of the pool.
    nested: usize,
    estimates: Estimates,
    timers: Timers,
    /// When the timekeeper will look in next, as far as it has been told.
    alarm: Nanos,
    /// Since when tasks have waited without a break while every worker was busy and none was starting.
    pressed_since: Option<Nanos>,
    /// Before this time no other idle worker leaves, where the pool is in use.
    next_leave: Nanos,
    /// Workers in a row that ended before they had joined, and until when no more are started if
    /// those were too many.
    stillborn: u32,
    barren_until: Nanos,
    /// Random numbers for jitter: a xorshift state, never zero.
    chance: u64,
    /// The length of the queue at which its owner is warned next.
    warn_at: usize,
    /// Where worker names come from: one count for the process.
    worker_ids: Arc<AtomicU32>,
}

impl Scheduler {
    /// A scheduler without workers or tasks. `seed` is for the jitter of retries.
    #[must_use]
    pub fn new(settings: Settings, worker_ids: Arc<AtomicU32>, seed: u64) -> Self {
        Self {
            settings,
            phase: Phase::Open,
            tasks: Table::default(),
            queue: Queue::default(),
            queued: 0,
            queued_bytes: 0,
            confined: Confined::default(),
            dependents: Dependents::default(),
            waiting: 0,
            workers: Workers::default(),
            nested: 0,
            estimates: Estimates::default(),
            timers: Timers::default(),
            alarm: Nanos::MAX,
            pressed_since: None,
            next_leave: 0,
            stillborn: 0,
            barren_until: 0,
            chance: seed | 1,
            warn_at: submit::CROWDED,
            worker_ids,
        }
    }

    /// Changes what it keeps to, at once.
    pub fn configure(&mut self, settings: Settings, now: Nanos, fx: &mut Effects) {
        self.settings = settings;
        self.rouse(now, fx);
        self.watch(now, fx);
    }

    fn next_worker_id(&self) -> WorkerId {
        WorkerId(self.worker_ids.fetch_add(1, Ordering::Relaxed))
    }

    /// A random number from 0 up to 1 (xorshift64*, S. Vigna, 2016).
    fn next_chance(&mut self) -> f64 {
        self.chance ^= self.chance >> 12;
        self.chance ^= self.chance << 25;
        self.chance ^= self.chance >> 27;
        let bits = self.chance.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 11;
        #[expect(clippy::cast_precision_loss, reason = "53 bits are exact")]
        let chance = bits as f64 / (1_u64 << 53) as f64;
        chance
    }
}
