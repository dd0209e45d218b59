//! What the owner of a pool asks: that it opens, ends and begins anew, and what has become of its workers.

use std::sync::Arc;

use napi::bindgen_prelude::Uint8ArraySlice;
use napi_derive::napi;

use super::config;
use crate::binding::clock::ThreadClock;
use crate::binding::numbers::{count, whole};
use crate::binding::pool::Pool;
use crate::binding::registry;
use crate::scheduler::{Exit, IsolateId, WorkerId};

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

/// A worker's thread has ended. `cause` is the encoded error that ended it, `heap_limit` the limit that its
/// heap was given, or 0, and `was_full` whether Node says that it ran into it.
#[napi(catch_unwind)]
pub fn worker_exited(
    pool: u32,
    worker: u32,
    code: i32,
    heap_limit: f64,
    was_full: bool,
    cause: Option<Uint8ArraySlice<'_>>,
) {
    let Some(pool) = registry::pool(pool) else { return };
    let worker = WorkerId(worker);
    let given = Some(whole(heap_limit)).filter(|limit| *limit > 0);
    let seen = pool.heap_limit_met(worker);
    let exit = Exit {
        code,
        out_of_memory: if was_full || seen.is_some() {
            given.or(seen)
        } else {
            None
        },
        cause: cause.map(|bytes| Arc::from(&*bytes)),
    };
    pool.exited(worker, &exit);
}

/// How many tasks have been submitted to a pool and not been settled.
#[napi(catch_unwind)]
pub fn active_tasks(pool: u32) -> u32 {
    registry::pool(pool).map_or(0, |pool| count(pool.summary().tasks))
}

/// Whether the CPU time of a task can be limited here.
#[napi(catch_unwind)]
pub fn has_thread_clocks() -> bool {
    ThreadClock::IS_THERE
}

/// Stops taking tasks: how many were cancelled. A `Drained` message follows.
#[napi(catch_unwind)]
pub fn drain_pool(pool: u32, cancel_waiting: bool) -> u32 {
    registry::pool(pool).map_or(0, |pool| count(pool.drain(cancel_waiting)))
}

/// Ends every task that is left: how many had begun, and how many had not.
#[napi(catch_unwind)]
pub fn abandon(pool: u32) -> Vec<u32> {
    let (begun, waiting) = registry::pool(pool).map_or((0, 0), |pool| pool.abandon());
    vec![count(begun), count(waiting)]
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

/// Takes tasks again after a shutdown.
#[napi(catch_unwind)]
pub fn reopen(pool: u32) {
    if let Some(pool) = registry::pool(pool) {
        pool.reopen();
    }
}

/// Forgets a pool and ends its thread.
#[napi(catch_unwind)]
pub fn close_pool(pool: u32) {
    registry::remove_pool(pool);
}
