//! An isolate: a JavaScript environment that has loaded the addon, and how to reach it.
//!
//! Each has one ThreadsafeFunction, which only *wakes*: messages wait in the mailbox and the isolate
//! fetches them by itself. At most one wake is outstanding. Node 20 and 22 may use a
//! ThreadsafeFunction after its environment has gone (nodejs/node#55706, #58484), so every use is
//! behind a lock that the environment's cleanup hook takes to put the function away; Node runs that
//! hook before its own for the function, because it was added later. After it there is no call and
//! no release.

use std::sync::atomic::{AtomicBool, AtomicI32, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use napi::Status;
use napi::bindgen_prelude::{Env, Function};
use napi::threadsafe_function::{ThreadsafeFunction, ThreadsafeFunctionCallMode};

use super::clock::ThreadClock;
use super::compiler;
use super::heap_limit::Fullness;
use super::locked;
use super::pool::Pool;
use crate::metrics::Shard;
use crate::scheduler::claim::SharedWords;
use crate::scheduler::{Handed, IsolateId, Nanos, WorkerId};
use crate::wire::{self, Mail};

/// Wakes an isolate: nothing goes in (`()`, mapped to no arguments), nothing comes back, errors are
/// plain statuses, the callee takes no error argument (`false`), it does not keep the process alive
/// by itself (weak: `true`), and the queue needs room for the one call that can be outstanding.
type Wake = ThreadsafeFunction<(), (), (), Status, false, true, 2>;

/// Messages that wait for an isolate.
#[derive(Default)]
struct Mailbox {
    bytes: Vec<u8>,
    /// How many of them settle a task.
    finals: usize,
}

/// Words that an isolate shares with whoever calls it. The same places stand in `lib/frames.js`.
///
/// An isolate that *polls* looks at the mail word by itself and needs no call, which would cost a
/// system call here and a wake-up there. It stops by taking the polling word back and looking once
/// more, so that of a call and an end that meet, one sees the other.
pub struct Attention([AtomicI32; 2]);

const MAIL: usize = 0;

impl Attention {
    pub fn words(&self) -> &[AtomicI32] {
        &self.0
    }
}

/// Whether it is worth a worker's while to wait awake for the next task.
///
/// A wake-up takes longer than most tasks that come one after the other. So a worker that has run out
/// of tasks polls for a moment, as long as that has been worth it lately: after a few disappointments
/// it goes to sleep at once, until a task has come so soon that polling would have caught it. Where others
/// need the cores, polling is what keeps the task from coming in time; so after each failure in a row
/// twice as many such tasks are waited for.
///
/// Only the worker's own thread writes here.
#[derive(Default)]
pub struct Patience {
    disappointments: AtomicU32,
    /// So many quick tasks are to come before it polls again, and how often in a row that was so.
    asleep: AtomicU32,
    failures: AtomicU32,
    idle_since: AtomicU64,
}

/// How long a worker polls: some wake-ups' worth.
const POLL: Duration = Duration::from_micros(50);
const MOST_DISAPPOINTMENTS: u32 = 3;
/// The most quick tasks that are waited for asleep are two to the power of this: some 50 ms of them.
const MOST_FAILURES: u32 = 12;

impl Patience {
    /// The worker has come for tasks; it had none since it went to sleep.
    pub fn woken(&self, now: u64) {
        let since = self.idle_since.swap(0, Ordering::Relaxed);
        if since != 0 && u128::from(now.saturating_sub(since)) < POLL.as_nanos() {
            let asleep = self.asleep.load(Ordering::Relaxed);
            self.asleep.store(asleep.saturating_sub(1), Ordering::Relaxed);
        }
    }

    /// The worker goes to sleep.
    pub fn sleeps(&self, now: u64) {
        self.idle_since.store(now, Ordering::Relaxed);
    }

    /// Polls, if that is worth it: whether a call has come.
    pub fn poll(&self, isolate: &Isolate) -> bool {
        if self.asleep.load(Ordering::Relaxed) > 0 {
            return false;
        }
        let called = isolate.poll(POLL);
        if called {
            self.disappointments.store(0, Ordering::Relaxed);
            self.failures.store(0, Ordering::Relaxed);
        } else {
            self.disappoint();
        }
        called
    }

    fn disappoint(&self) {
        let disappointments = self.disappointments.load(Ordering::Relaxed) + 1;
        let enough = disappointments >= MOST_DISAPPOINTMENTS;
        self.disappointments
            .store(if enough { 0 } else { disappointments }, Ordering::Relaxed);
        if enough {
            let failures = self.failures.load(Ordering::Relaxed);
            self.asleep.store(1 << failures, Ordering::Relaxed);
            self.failures
                .store(MOST_FAILURES.min(failures + 1), Ordering::Relaxed);
        }
    }
}

/// What an isolate is if it is a worker.
pub struct Seat {
    pub pool: Arc<Pool>,
    pub worker: WorkerId,
    pub words: Arc<SharedWords>,
    pub shard: Arc<Shard>,
    pub patience: Patience,
    /// What its thread uses.
    pub clock: ThreadClock,
    /// What its thread had used when it visited last.
    pub used: AtomicU64,
}

impl Seat {
    /// What its thread has used since its last visit, where it has used so much by now.
    pub fn used_since(&self, now: Nanos) -> Nanos {
        now.saturating_sub(self.used.load(Ordering::Relaxed))
    }
}

/// What the process waits for on behalf of an isolate.
#[derive(Default)]
struct Counts {
    /// Tasks submitted from here and not settled.
    pending: usize,
    /// How many of them wait for the isolate itself.
    idle: usize,
}

/// One isolate.
pub struct Isolate {
    pub id: IsolateId,
    wake: Mutex<Option<Wake>>,
    pub attention: Arc<Attention>,
    /// A wake is on its way and has not been answered.
    called: AtomicBool,
    mailbox: Mutex<Mailbox>,
    pending: Mutex<Counts>,
    pub seat: Mutex<Option<Arc<Seat>>>,
    /// A batch that did not fit into the inbox, until a larger one comes.
    pub oversize: Mutex<Vec<Handed>>,
    /// Where it is a worker: whether its heap has been full.
    pub fullness: Arc<Fullness>,
}

impl Isolate {
    pub fn new(env: &Env, id: IsolateId, wake: &Function<'_, (), ()>) -> napi::Result<Arc<Self>> {
        let wake: Wake = wake
            .build_threadsafe_function::<()>()
            .weak::<true>()
            .callee_handled::<false>()
            .max_queue_size::<2>()
            .build()?;
        let isolate = Arc::new(Self {
            id,
            wake: Mutex::new(Some(wake)),
            attention: Arc::new(Attention([AtomicI32::new(0), AtomicI32::new(0)])),
            called: AtomicBool::new(false),
            mailbox: Mutex::default(),
            pending: Mutex::default(),
            seat: Mutex::default(),
            oversize: Mutex::default(),
            fullness: Arc::default(),
        });
        let compiler_is_awaited = compiler::is_needed(env);
        env.add_env_cleanup_hook(Arc::clone(&isolate), move |isolate| {
            let wake = locked(&isolate.wake).take();
            // Node finalizes the function right after this hook; releasing it here or later is the
            // use after free that must not be. What is forgotten is one reference count.
            std::mem::forget(wake);
            super::registry::forget_isolate(&isolate);
            if compiler_is_awaited {
                compiler::wait();
            }
        })?;
        Ok(isolate)
    }

    /// Calls the isolate to its mailbox or to its scheduler. `false` where it is gone.
    pub fn wake(&self) -> bool {
        let [mail, polling] = &self.attention.0;
        mail.store(1, Ordering::SeqCst);
        if polling.load(Ordering::SeqCst) == 1 {
            return true;
        }
        if self.called.swap(true, Ordering::AcqRel) {
            return true;
        }
        let wake = locked(&self.wake);
        let status = wake.as_ref().map_or(Status::Closing, |wake| {
            wake.call((), ThreadsafeFunctionCallMode::NonBlocking)
        });
        // A full queue means that a call is outstanding after all. Anything else but Ok: the
        // environment is going, and its cleanup hook tells everybody concerned.
        matches!(status, Status::Ok | Status::QueueFull)
    }

    /// The isolate has come: the next wake must call it again.
    pub fn answered(&self) {
        self.called.store(false, Ordering::Release);
        self.attention.0[MAIL].store(0, Ordering::SeqCst);
    }

    /// Waits for a call without sleeping, for at most `time`: whether there was one.
    pub fn poll(&self, time: Duration) -> bool {
        let [mail, polling] = &self.attention.0;
        polling.store(1, Ordering::SeqCst);
        let until = Instant::now() + time;
        while mail.load(Ordering::SeqCst) == 0 && Instant::now() < until {
            for _ in 0..16 {
                std::hint::spin_loop();
            }
        }
        polling.store(0, Ordering::SeqCst);
        mail.load(Ordering::SeqCst) == 1
    }

    /// Puts messages into the mailbox, all at once.
    pub fn post(&self, messages: &[u8], finals: usize) {
        let mut mailbox = locked(&self.mailbox);
        mailbox.bytes.extend_from_slice(messages);
        mailbox.finals += finals;
    }

    /// Puts one message into the mailbox and wakes the isolate.
    pub fn send(&self, mail: &Mail<'_>) {
        wire::write_mail(mail, &mut locked(&self.mailbox).bytes);
        self.wake();
    }

    pub fn has_mail(&self) -> bool {
        !locked(&self.mailbox).bytes.is_empty()
    }

    /// Moves all messages into `inbox`: how many bytes there were, or the negative of how many there
    /// are where they do not fit.
    pub fn fetch(&self, env: &Env, inbox: &mut [u8]) -> i64 {
        /// An emptied mailbox that was larger gives its memory back.
        const KEEP: usize = 1 << 20;
        let mut mailbox = locked(&self.mailbox);
        let length = mailbox.bytes.len();
        let signed = i64::try_from(length).unwrap_or(i64::MAX);
        if length > inbox.len() {
            return -signed;
        }
        inbox[..length].copy_from_slice(&mailbox.bytes);
        mailbox.bytes.clear();
        if mailbox.bytes.capacity() > KEEP {
            mailbox.bytes = Vec::new();
        }
        let finals = std::mem::take(&mut mailbox.finals);
        drop(mailbox);
        self.settled(env, finals);
        signed
    }

    /// Tasks have been submitted: as long as any is pending, the process does not exit by itself.
    pub fn submitted(&self, env: &Env, tasks: usize) {
        self.count(env, |counts| counts.pending += tasks);
    }

    /// Tasks have been settled.
    pub fn settled(&self, env: &Env, tasks: usize) {
        self.count(env, |counts| {
            counts.pending = counts.pending.saturating_sub(tasks)
        });
    }

    /// A pending task waits for this isolate itself, or no more: the process does not wait for it meanwhile.
    pub fn idles(&self, env: &Env, is_idle: bool) {
        self.count(env, |counts| {
            counts.idle = if is_idle {
                counts.idle + 1
            } else {
                counts.idle.saturating_sub(1)
            };
        });
    }

    fn count(&self, env: &Env, change: impl FnOnce(&mut Counts)) {
        let mut counts = locked(&self.pending);
        let before = counts.pending > counts.idle;
        change(&mut counts);
        let held = counts.pending > counts.idle;
        if held != before {
            self.hold(env, held);
        }
    }

    fn hold(&self, env: &Env, held: bool) {
        if let Some(wake) = locked(&self.wake).as_mut() {
            #[expect(
                deprecated,
                reason = "the advice is to clone instead, which does not hold an event loop"
            )]
            let result = if held { wake.refer(env) } else { wake.unref(env) };
            // It fails only while the environment is going: then nothing is to be held.
            let _ = result;
        }
    }
}
