//! What a worker says of its tasks, and of itself; its next tasks come by [`exchange`](super::exchange::exchange).

use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use napi::Either;
use napi::bindgen_prelude::{Env, Int32ArraySlice, Null, Uint8ArraySlice};
use napi_derive::napi;

use super::{isolate_of, seated};
use crate::binding::clock::ThreadClock;
use crate::binding::isolate::Seat;
use crate::binding::numbers::{id, task_id, whole};
use crate::binding::patience::Patience;
use crate::binding::{garbage, heap_limit, locked, memory, registry};
use crate::scheduler::{IsolateId, WorkerId};
use crate::wire::{Kind, Mail};

/// Makes this isolate a worker: the words that it shares with the scheduler.
///
/// `undefined`: it is not expected (the pool is gone). `null`: claim by [`claim`].
#[napi(catch_unwind, ts_return_type = "Int32Array | null | undefined")]
pub fn join<'env>(
    env: &'env Env,
    isolate: u32,
    pool: u32,
    worker: u32,
) -> napi::Result<Option<Either<Int32ArraySlice<'env>, Null>>> {
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
        patience: Patience::from(registry::now()),
        clock: ThreadClock::here(),
        used: AtomicU64::new(0),
    };
    let before = locked(&isolate.seat).replace(Arc::new(seat));
    if before.is_none() {
        heap_limit::watch(env, &isolate.fullness)?;
    }
    let mapped = memory::map_words(env, &words, |words| words.words())?;
    Ok(Some(mapped.map_or(Either::B(Null), Either::A)))
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
    let cancelled = seat.pool.cancellations(seat.worker);
    Ok(cancelled.into_iter().map(|task| id(task.0)).collect())
}

/// What there is to know of a task that runs on this worker, as JSON; `null` where it has ended.
#[napi(catch_unwind)]
pub fn describe_task(isolate: u32, id: f64) -> napi::Result<Option<String>> {
    let seat = seated(isolate)?;
    Ok(seat.pool.describe(task_id(id)))
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
    let queue = whole((fraction * 1e6).round());
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

/// Collects the garbage of this isolate and gives back what memory it can: some 10 ms.
#[napi(catch_unwind)]
pub fn collect_garbage() {
    garbage::collect();
}

/// A worker says how many bytes of its heap are in use.
#[napi(catch_unwind)]
pub fn weigh(isolate: u32, heap: f64) -> napi::Result<()> {
    let seat = seated(isolate)?;
    seat.pool.weighed(seat.worker, whole(heap));
    Ok(())
}
