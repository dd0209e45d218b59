//! The Node edge: what JavaScript can call. Each export converts, calls, and converts back.
//!
//! No export is `async` and none is a class; isolates, pools and definitions are numbers. Bytes are
//! copied on the isolate's own thread. A call with a number that is not (or no longer) known does
//! nothing and says so by its result, because isolates and pools can go at any time.

mod analysis;
mod attachments;
mod blocks;
mod clock;
mod compiler;
mod config;
mod isolate;
mod memory;
mod pool;
mod post;
mod registry;
mod settings;
mod stats;
mod timekeeper;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use cpu_time::ThreadTime;
use napi::bindgen_prelude::{Env, Function, Int32ArraySlice, Uint8Array, Uint8ArraySlice};
use napi_derive::napi;

use crate::metrics::{self, cpu_share};
use crate::scheduler::{Exit, Handed, IsolateId, State, TaskId, WorkerId};
use crate::wire::{self, Kind, Mail, Told, Yielded};
use attachments::Way;
use clock::ThreadClock;
use isolate::{Isolate, Patience, Seat};
use pool::{Pool, Reported};

/// Locks, also after a panic elsewhere: what these locks guard is valid after every step.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn read<T>(lock: &RwLock<T>) -> RwLockReadGuard<'_, T> {
    lock.read().unwrap_or_else(PoisonError::into_inner)
}

fn written<T>(lock: &RwLock<T>) -> RwLockWriteGuard<'_, T> {
    lock.write().unwrap_or_else(PoisonError::into_inner)
}

fn isolate_of(id: u32) -> napi::Result<Arc<Isolate>> {
    registry::isolate(IsolateId(id))
        .ok_or_else(|| napi::Error::from_reason(format!("no isolate has number {id}")))
}

fn seat_of(isolate: &Isolate) -> napi::Result<Arc<Seat>> {
    locked(&isolate.seat)
        .clone()
        .ok_or_else(|| napi::Error::from_reason("this isolate is no worker"))
}

fn seated(isolate: u32) -> napi::Result<Arc<Seat>> {
    seat_of(&*isolate_of(isolate)?)
}

/// A number from JavaScript as an id; what is none becomes 0, which no task has.
fn task_id(value: f64) -> TaskId {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "casts of floats saturate"
    )]
    TaskId(value as u64)
}

/// The version of the package.
#[napi(catch_unwind)]
pub fn version() -> &'static str {
    env!("CARGO_PKG_VERSION")
}

/// Makes this environment known: its number. `wake` is called when it has mail or tasks.
#[napi(catch_unwind)]
pub fn register(env: Env, wake: Function<'_, (), ()>) -> napi::Result<u32> {
    let id = IsolateId(registry::number());
    let isolate = Isolate::new(&env, id, &wake)?;
    registry::add_isolate(&isolate);
    Ok(id.0)
}

/// The words by which an isolate is called while it polls; `null` where they cannot be shown.
#[napi(catch_unwind)]
pub fn attention(env: &Env, isolate: u32) -> napi::Result<Option<Int32ArraySlice<'_>>> {
    let isolate = isolate_of(isolate)?;
    memory::map_words(env, &isolate.attention, |attention| attention.words())
}

/// A run of `count` task ids that no other isolate gets: the first one.
#[napi(catch_unwind)]
pub fn task_ids(count: u32) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "ids stay below 2^53")]
    let first = registry::task_ids(count) as f64;
    first
}

/// Keeps what a function is, for workers to fetch, until it is forgotten or `isolate` is gone: its number.
#[napi(catch_unwind)]
pub fn define(isolate: u32, bytes: Uint8ArraySlice<'_>) -> u32 {
    registry::define(IsolateId(isolate), &bytes)
}

/// What was defined under a number; `null` where it has been forgotten.
#[napi(catch_unwind)]
pub fn definition(id: u32) -> Option<Uint8Array> {
    registry::definition(id).map(|bytes| Uint8Array::from(bytes.to_vec()))
}

/// Forgets a definition.
#[napi(catch_unwind)]
pub fn undefine(id: u32) {
    registry::undefine(id);
}

/// Opens a pool that `isolate` owns, with the defaults of this machine: its number.
#[napi(catch_unwind)]
pub fn open_pool(isolate: u32, cpu_count: u32, memory: f64) -> u32 {
    let pool = Pool::new(IsolateId(isolate), config::machine(cpu_count, memory));
    registry::add_pool(&pool);
    pool.id
}

/// Has a pool's first worker started before there is a task for it: its number, 0 where there are workers.
#[napi(catch_unwind)]
pub fn prestart(pool: u32) -> u32 {
    registry::pool(pool)
        .and_then(|pool| pool.prestart())
        .map_or(0, |worker| worker.0)
}

/// Forgets a pool and ends its thread.
#[napi(catch_unwind)]
pub fn close_pool(pool: u32) {
    registry::remove_pool(pool);
}

/// The number under which a pool counts tasks of this name.
#[napi(catch_unwind)]
pub fn name_id(pool: u32, name: String) -> u32 {
    registry::pool(pool).map_or(0, |pool| pool.metrics.names().intern(&name).into())
}

/// Hands over the tasks that stand in the first `length` bytes of `outbox`. `false`: the pool is gone.
#[napi(catch_unwind)]
pub fn submit(
    env: Env,
    isolate: u32,
    pool: u32,
    outbox: Uint8ArraySlice<'_>,
    length: u32,
) -> napi::Result<bool> {
    let isolate = isolate_of(isolate)?;
    let Some(pool) = registry::pool(pool) else {
        return Ok(false);
    };
    let bytes = outbox
        .get(..length as usize)
        .ok_or_else(|| napi::Error::from_reason("the outbox is shorter than said"))?;
    let mut tasks =
        wire::read_tasks(&Arc::from(bytes)).map_err(|error| napi::Error::from_reason(error.to_string()))?;
    for task in &mut tasks {
        task.payload.put_beside(attachments::waiting(task.id));
    }
    isolate.submitted(&env, tasks.len());
    pool.submit(isolate.id, tasks);
    Ok(true)
}

/// Moves the isolate's mail into `inbox`: its length, or the negative of it where there is no room.
#[napi(catch_unwind)]
pub fn drain(env: Env, isolate: u32, mut inbox: Uint8ArraySlice<'_>) -> napi::Result<i64> {
    let isolate = isolate_of(isolate)?;
    isolate.answered();
    Ok(isolate.fetch(&env, memory::writable(&mut inbox)))
}

/// Makes this isolate a worker: the words that it shares with the scheduler.
///
/// `undefined`: it is not expected (the pool is gone). `null`: claim by [`claim`].
#[napi(catch_unwind, ts_return_type = "Int32Array | null | undefined")]
pub fn join<'env>(
    env: &'env Env,
    isolate: u32,
    pool: u32,
    worker: u32,
) -> napi::Result<Option<napi::Either<Int32ArraySlice<'env>, napi::bindgen_prelude::Null>>> {
    let isolate = isolate_of(isolate)?;
    let Some(pool) = registry::pool(pool) else {
        return Ok(None);
    };
    let worker = WorkerId(worker);
    let Some(words) = pool.join(worker, &isolate) else {
        return Ok(None);
    };
    let shard = pool.metrics.shard();
    let seat = Seat {
        pool,
        worker,
        words: Arc::clone(&words),
        shard,
        patience: Patience::default(),
        clock: ThreadClock::here(),
    };
    *locked(&isolate.seat) = Some(Arc::new(seat));
    let mapped = memory::map_words(env, &words, |words| words.words())?;
    Ok(Some(mapped.map_or(
        napi::Either::B(napi::bindgen_prelude::Null),
        napi::Either::A,
    )))
}

/// The memory for what this worker reports, which the scheduler can read once it is published; `null`
/// where it cannot be mapped.
#[napi(catch_unwind)]
pub fn outbox(env: &Env, isolate: u32) -> napi::Result<Option<Uint8ArraySlice<'_>>> {
    memory::map_outbox(env, &seated(isolate)?.words)
}

/// Begins the next task of the batch, where the words cannot be mapped: its index, or -1.
#[napi(catch_unwind)]
pub fn claim(isolate: u32) -> napi::Result<i32> {
    let seat = seated(isolate)?;
    Ok(seat
        .words
        .claim()
        .and_then(|index| i32::try_from(index).ok())
        .unwrap_or(-1))
}

/// Set in the result of [`exchange`] where the isolate has mail.
const HAS_MAIL: i64 = 1 << 40;

/// Reports what stands in the first `length` bytes of `outbox` and, where the worker is `hungry`,
/// fills `inbox` with its next tasks: the length of what is in it, or the negative of what it
/// should hold (then [`refill`] a larger one). Plus 2^40 where there is mail. One that is `hungry`
/// and has nothing else to do may be kept `waiting` for a moment, if there is nothing yet.
#[napi(catch_unwind)]
pub fn exchange(
    isolate: u32,
    outbox: Uint8ArraySlice<'_>,
    length: u32,
    hungry: bool,
    waiting: bool,
    mut inbox: Uint8ArraySlice<'_>,
) -> napi::Result<i64> {
    thread_local! {
        // Kept so that an exchange allocates nothing.
        static BUFFERS: std::cell::RefCell<Buffers> = const { std::cell::RefCell::new(Buffers::EMPTY) };
    }
    let isolate = isolate_of(isolate)?;
    isolate.answered();
    let seat = seat_of(&isolate)?;
    // What had been published may have been taken over before.
    let message = outbox
        .get(seat.words.close_outbox()..length as usize)
        .unwrap_or(&[]);
    BUFFERS.with_borrow_mut(
        |Buffers {
             told,
             yields,
             batch,
             clock,
         }| {
            told.clear();
            yields.clear();
            batch.clear();
            wire::read_reports(message, told, yields)
                .map_err(|error| napi::Error::from_reason(error.to_string()))?;
            if !told.is_empty() || clock.is_none() {
                let used = clock
                    .replace(ThreadTime::now())
                    .map_or(0, |clock| clock.elapsed().as_nanos());
                share_cpu(u64::try_from(used).unwrap_or(u64::MAX), told);
            }
            let reported = Reported {
                told,
                yields,
                message,
            };
            seat.patience.woken(registry::now());
            let busy = seat
                .pool
                .exchange(seat.worker, &reported, hungry, &seat.shard, batch);
            if waiting
                && batch.is_empty()
                && seat.pool.has_core_to_spare(busy)
                && seat.patience.poll(&isolate)
            {
                isolate.answered();
                seat.pool
                    .exchange(seat.worker, &Reported::NOTHING, hungry, &seat.shard, batch);
            }
            if batch.is_empty() {
                seat.patience.sleeps(registry::now());
            } else if batch[0].limited {
                seat.pool.mark_cpu(seat.worker, seat.clock);
            }
            let mail = if isolate.has_mail() { HAS_MAIL } else { 0 };
            Ok(put(&isolate, std::mem::take(batch), memory::writable(&mut inbox)) + mail)
        },
    )
}

/// What an exchange works with.
struct Buffers {
    told: Vec<Told>,
    yields: Vec<Yielded>,
    batch: Vec<Handed>,
    clock: Option<ThreadTime>,
}

impl Buffers {
    const EMPTY: Self = Self {
        told: Vec::new(),
        yields: Vec::new(),
        batch: Vec::new(),
        clock: None,
    };
}

/// Gives each task its part of the thread's CPU time since the last exchange.
fn share_cpu(used: u64, told: &mut [Told]) {
    if let [only] = told {
        only.report.cpu = used.min(only.report.run);
        return;
    }
    let runs: Vec<metrics::Nanos> = told.iter().map(|told| metrics::Nanos(told.report.run)).collect();
    for (told, share) in told.iter_mut().zip(cpu_share(metrics::Nanos(used), &runs)) {
        told.report.cpu = share.0;
    }
}

fn put(isolate: &Isolate, batch: Vec<Handed>, inbox: &mut [u8]) -> i64 {
    let length = wire::batch_length(&batch);
    let signed = i64::try_from(length).unwrap_or(i64::MAX);
    if length > inbox.len() {
        *locked(&isolate.oversize) = batch;
        return -signed;
    }
    wire::write_batch(&batch, inbox);
    signed
}

/// Fills a larger inbox with the batch that did not fit.
#[napi(catch_unwind)]
pub fn refill(isolate: u32, mut inbox: Uint8ArraySlice<'_>) -> napi::Result<i64> {
    let isolate = isolate_of(isolate)?;
    let batch = std::mem::take(&mut *locked(&isolate.oversize));
    Ok(put(&isolate, batch, memory::writable(&mut inbox)))
}

/// Asks the isolate `owner` for what of a task could not travel as bytes. `false`: it is gone.
#[napi(catch_unwind)]
pub fn want_parcel(isolate: u32, owner: u32, id: f64) -> napi::Result<bool> {
    let seat = seated(isolate)?;
    let owner = registry::isolate(IsolateId(owner));
    let mail = Mail {
        kind: Kind::ParcelWanted,
        id: task_id(id).0,
        worker: seat.worker.0,
        pool: seat.pool.id,
        ..Mail::default()
    };
    Ok(owner.inspect(|owner| owner.send(&mail)).is_some())
}

/// Tells the isolate `owner` how far a task is; `detail` is encoded in the first `length` bytes.
#[napi(catch_unwind)]
pub fn progress(
    isolate: u32,
    owner: u32,
    id: f64,
    fraction: f64,
    detail: Uint8ArraySlice<'_>,
    length: u32,
) -> napi::Result<()> {
    let seat = seated(isolate)?;
    // Fractions travel where other messages have a time; they are no larger than one millisecond there.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "casts of floats saturate"
    )]
    let queue = (fraction * 1e6).round() as u64;
    let mail = Mail {
        kind: Kind::Progress,
        id: task_id(id).0,
        queue,
        worker: seat.worker.0,
        pool: seat.pool.id,
        body: detail.get(..length as usize).unwrap_or(&[]),
        ..Mail::default()
    };
    if let Some(owner) = registry::isolate(IsolateId(owner)) {
        owner.send(&mail);
    }
    Ok(())
}

/// What there is to know of a task that runs on this worker, as JSON; `null` where it has ended.
#[napi(catch_unwind)]
pub fn describe_task(isolate: u32, id: f64) -> napi::Result<Option<String>> {
    let seat = seated(isolate)?;
    Ok(seat.pool.describe(task_id(id)))
}

fn way(back: bool) -> Way {
    if back { Way::Back } else { Way::There }
}

/// Keeps a copy of a large content for a task, which goes with its arguments or `back` with its
/// result: its number. `kept`: it may be asked for again, by another attempt.
#[napi(catch_unwind)]
pub fn attach(id: f64, back: bool, content: Uint8ArraySlice<'_>, kept: bool) -> u32 {
    let number = attachments::attach(task_id(id), way(back), &content, kept);
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// Copies a content to where it is wanted, and lets go of it. `false` where it is gone, or has another length.
#[napi(catch_unwind)]
pub fn fetch_attached(id: f64, back: bool, number: u32, mut into: Uint8ArraySlice<'_>) -> bool {
    attachments::fetch(
        task_id(id),
        way(back),
        number as usize,
        memory::writable(&mut into),
    )
}

/// Drops what is left of a task's contents.
#[napi(catch_unwind)]
pub fn drop_attachments(id: f64, back: bool) {
    attachments::drop_all(task_id(id), way(back));
}

/// A worker says how many bytes of its heap are in use.
#[napi(catch_unwind)]
pub fn weigh(isolate: u32, heap: f64) -> napi::Result<()> {
    let seat = seated(isolate)?;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "casts of floats saturate"
    )]
    seat.pool.weighed(seat.worker, heap as u64);
    Ok(())
}

/// A worker has begun a task whose owner wanted to hear of it.
#[napi(catch_unwind)]
pub fn begun(isolate: u32, id: f64) -> napi::Result<()> {
    let seat = seated(isolate)?;
    seat.pool.begun(seat.worker, task_id(id));
    Ok(())
}

/// The tasks of this worker that have been cancelled since it asked last.
#[napi(catch_unwind)]
pub fn cancellations(isolate: u32) -> napi::Result<Vec<f64>> {
    let seat = seated(isolate)?;
    #[expect(clippy::cast_precision_loss, reason = "ids stay below 2^53")]
    let ids = seat
        .pool
        .cancellations(seat.worker)
        .into_iter()
        .map(|id| id.0 as f64)
        .collect();
    Ok(ids)
}

/// Cancels a task: `false` where it has ended, or was never there, or refuses. `own`: it was
/// submitted from this isolate, which settles the handle by itself.
#[napi(catch_unwind)]
pub fn cancel(env: Env, isolate: u32, pool: u32, id: f64, own: bool) -> napi::Result<bool> {
    let isolate = isolate_of(isolate)?;
    let cancelled = registry::pool(pool).is_some_and(|pool| pool.cancel(task_id(id), isolate.id));
    if cancelled && own {
        isolate.settled(&env, 1);
    }
    Ok(cancelled)
}

/// Gives a task input number `index`: what is encoded in the first `length` bytes of `value`. The bits of
/// `form` are added to those of the task. `false` where it does not wait for it (any more).
#[napi(catch_unwind)]
pub fn supply(
    isolate: u32,
    pool: u32,
    id: f64,
    index: u32,
    form: u8,
    value: Uint8ArraySlice<'_>,
    length: u32,
) -> bool {
    let value = Arc::from(value.get(..length as usize).unwrap_or(&[]));
    registry::pool(pool)
        .is_some_and(|pool| pool.supply((task_id(id), index), IsolateId(isolate), form, value))
}

/// A task of this isolate never begins, because one that it waits for has failed: this isolate settles the
/// handle by itself. `false` where it does not wait.
#[napi(catch_unwind)]
pub fn forsake(env: Env, isolate: u32, pool: u32, id: f64) -> napi::Result<bool> {
    let isolate = isolate_of(isolate)?;
    let forsaken = registry::pool(pool).is_some_and(|pool| pool.forsake(task_id(id), isolate.id));
    if forsaken {
        isolate.settled(&env, 1);
    }
    Ok(forsaken)
}

/// Tells a task that yields values how many of them have been taken in all. `false` where it does not run.
#[napi(catch_unwind)]
pub fn grant(pool: u32, id: f64, taken: u32) -> bool {
    registry::pool(pool).is_some_and(|pool| pool.answer(task_id(id), Kind::Credit, taken))
}

/// A pending task waits for this isolate itself, or no more: the process does not wait for it meanwhile.
#[napi(catch_unwind)]
pub fn idles(env: Env, isolate: u32, is_idle: bool) -> napi::Result<()> {
    isolate_of(isolate)?.idles(&env, is_idle);
    Ok(())
}

/// Tells a task that yields values that nobody wants any more of them. `false` where it does not run.
#[napi(catch_unwind)]
pub fn hang_up(pool: u32, id: f64) -> bool {
    registry::pool(pool).is_some_and(|pool| pool.answer(task_id(id), Kind::HungUp, 0))
}

/// Decides on the next attempt of a task: after `wait` milliseconds, or none where that is negative.
#[napi(catch_unwind)]
pub fn decide(env: Env, isolate: u32, pool: u32, id: f64, wait: f64) -> napi::Result<()> {
    let isolate = isolate_of(isolate)?;
    if let Some(pool) = registry::pool(pool) {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "casts of floats saturate"
        )]
        let nanos = (wait * 1e6) as u64;
        let again = (wait >= 0.0).then_some(nanos);
        // Without a next attempt the task is settled here; where it was settled meanwhile, it was counted.
        if pool.decide_retry(task_id(id), again) && again.is_none() {
            isolate.settled(&env, 1);
        }
    }
    Ok(())
}

/// Where a task stands: 0 settled or unknown, 1 waiting, 2 queued, and running on worker n as n + 3.
#[napi(catch_unwind)]
pub fn state(pool: u32, id: f64) -> u32 {
    match registry::pool(pool).and_then(|pool| pool.state(task_id(id))) {
        None => 0,
        Some(State::Waiting) => 1,
        Some(State::Queued) => 2,
        Some(State::Running { worker, .. }) => worker.0.saturating_add(3),
    }
}

/// A worker's thread has ended. `cause` is the encoded error that ended it, `memory_limit` the heap
/// limit that it ran into, or 0.
#[napi(catch_unwind)]
pub fn worker_exited(
    pool: u32,
    worker: u32,
    code: i32,
    memory_limit: f64,
    cause: Option<Uint8ArraySlice<'_>>,
) {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "casts of floats saturate"
    )]
    let limit = memory_limit as u64;
    let exit = Exit {
        code,
        out_of_memory: (limit > 0).then_some(limit),
        cause: cause.map(|bytes| Arc::from(&*bytes)),
    };
    if let Some(pool) = registry::pool(pool) {
        pool.exited(WorkerId(worker), &exit);
    }
}

/// Stops taking tasks: how many were cancelled. A `Drained` message follows.
#[napi(catch_unwind)]
pub fn drain_pool(pool: u32, cancel_waiting: bool) -> u32 {
    let cancelled = registry::pool(pool).map_or(0, |pool| pool.drain(cancel_waiting));
    u32::try_from(cancelled).unwrap_or(u32::MAX)
}

/// Ends every task that is left: how many had begun, and how many had not.
#[napi(catch_unwind)]
pub fn abandon(pool: u32) -> Vec<u32> {
    let (begun, waiting) = registry::pool(pool).map_or((0, 0), |pool| pool.abandon());
    [begun, waiting]
        .map(|count| u32::try_from(count).unwrap_or(u32::MAX))
        .to_vec()
}

/// Every worker is to leave: their numbers.
#[napi(catch_unwind)]
pub fn dismiss(pool: u32) -> Vec<u32> {
    registry::pool(pool).map_or_else(Vec::new, |pool| {
        pool.dismiss().into_iter().map(|id| id.0).collect()
    })
}

/// Ends a pool's thread, until it is used again.
#[napi(catch_unwind)]
pub fn rest_pool(pool: u32) {
    if let Some(pool) = registry::pool(pool) {
        pool.rest();
    }
}

/// Whether the CPU time of a task can be limited here.
#[napi(catch_unwind)]
pub fn has_thread_clocks() -> bool {
    ThreadClock::IS_THERE
}

/// Takes tasks again after a shutdown.
#[napi(catch_unwind)]
pub fn reopen(pool: u32) {
    if let Some(pool) = registry::pool(pool) {
        pool.reopen();
    }
}

/// How many tasks have been submitted to a pool and not been settled.
#[napi(catch_unwind)]
pub fn active_tasks(pool: u32) -> u32 {
    registry::pool(pool).map_or(0, |pool| u32::try_from(pool.summary().tasks).unwrap_or(u32::MAX))
}
