//! An isolate: a JavaScript environment that has loaded the addon, and how to reach it.
//!
//! Each has one ThreadsafeFunction, which only *wakes*: messages wait in the mailbox and the isolate
//! fetches them by itself. At most one wake is outstanding. Node 20 and 22 may use a
//! ThreadsafeFunction after its environment has gone (nodejs/node#55706, #58484), so every use is
//! behind a lock that the environment's cleanup hook takes to put the function away; Node runs that
//! hook before its own for the function, because it was added later. After it there is no call and
//! no release.

use std::sync::atomic::{AtomicBool, AtomicI32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use napi::Status;
use napi::bindgen_prelude::{Env, Function};
use napi::threadsafe_function::{ThreadsafeFunction, ThreadsafeFunctionCallMode};

use super::clock::ThreadClock;
use super::compiler;
use super::heap_limit::Fullness;
use super::locked;
use super::patience::Patience;
use super::pool::Pool;
use crate::metrics::Shard;
use crate::scheduler::claim::SharedWords;
use crate::scheduler::{Handed, IsolateId, Nanos, Settled, WorkerId};
use crate::wire::{self, Flushes, Mail};

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
    /// Where the bytes of its flushes go.
    pub flushes: Mutex<Flushes>,
    /// A task that was cancelled as it was handed over, until `cancel` asks for it.
    pub withdrawn: Mutex<Option<Settled>>,
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
            flushes: Mutex::default(),
            withdrawn: Mutex::default(),
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

    /// Calls the isolate to its mailbox or to its scheduler: whether it polls, so that nobody had to wake it.
    pub fn wake(&self) -> bool {
        let [mail, polling] = &self.attention.0;
        mail.store(1, Ordering::SeqCst);
        if polling.load(Ordering::SeqCst) == 1 {
            return true;
        }
        if !self.called.swap(true, Ordering::AcqRel)
            && let Some(wake) = locked(&self.wake).as_ref()
        {
            // A full queue means that a call is outstanding after all. Anything else but Ok: the
            // environment is going, and its cleanup hook tells everybody concerned.
            let _: Status = wake.call((), ThreadsafeFunctionCallMode::NonBlocking);
        }
        false
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
