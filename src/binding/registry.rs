//! What exists once in the process: isolates, pools and definitions, by number. The only statics.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, LazyLock, Mutex, RwLock};
use std::time::Instant;

use cpu_time::ThreadTime;

use super::isolate::Isolate;
use super::numbers::nanos;
use super::pool::Pool;
use super::{locked, read, written};
use crate::scheduler::{IsolateId, Nanos};

static ISOLATES: LazyLock<RwLock<HashMap<u32, Arc<Isolate>>>> = LazyLock::new(RwLock::default);
static POOLS: LazyLock<RwLock<HashMap<u32, Arc<Pool>>>> = LazyLock::new(RwLock::default);
static DEFINITIONS: LazyLock<RwLock<HashMap<u32, Definition>>> = LazyLock::new(RwLock::default);
static EPOCH: LazyLock<Instant> = LazyLock::new(Instant::now);
/// One count for isolates, pools and definitions: numbers are never used again.
static NUMBERS: AtomicU32 = AtomicU32::new(1);
/// The next task ids that nobody has been given.
static TASK_IDS: Mutex<u64> = Mutex::new(1);
/// Where worker names come from, in all pools.
pub static WORKER_IDS: LazyLock<Arc<AtomicU32>> = LazyLock::new(|| Arc::new(AtomicU32::new(1)));

/// What a function is. Only tasks of the isolate that defined it use it.
struct Definition {
    isolate: IsolateId,
    bytes: Arc<[u8]>,
}

pub fn number() -> u32 {
    NUMBERS.fetch_add(1, Ordering::Relaxed)
}

/// The present time.
pub fn now() -> Nanos {
    u64::try_from(EPOCH.elapsed().as_nanos()).unwrap_or(u64::MAX)
}

/// A run of task ids for one isolate: the first of `count`.
pub fn task_ids(count: u32) -> u64 {
    let mut next = locked(&TASK_IDS);
    let first = *next;
    *next += u64::from(count);
    first
}

pub fn add_isolate(isolate: &Arc<Isolate>) {
    written(&ISOLATES).insert(isolate.id.0, Arc::clone(isolate));
}

pub fn isolate(id: IsolateId) -> Option<Arc<Isolate>> {
    read(&ISOLATES).get(&id.0).cloned()
}

/// An isolate's environment is going: its tasks, its pools, its definitions and, if it is a worker, its seat end with it.
pub fn forget_isolate(isolate: &Arc<Isolate>) {
    written(&ISOLATES).remove(&isolate.id.0);
    let seat = locked(&isolate.seat).take();
    if let Some(seat) = seat {
        // This is the thread itself, at its end.
        let used = nanos(ThreadTime::now().as_duration());
        seat.pool.ends(seat.worker, seat.used_since(used));
        seat.pool.submitter_gone(isolate.id);
    }
    let owned: Vec<Arc<Pool>> = read(&POOLS)
        .values()
        .filter(|pool| pool.owner == isolate.id)
        .cloned()
        .collect();
    for pool in owned {
        remove_pool(pool.id);
    }
    written(&DEFINITIONS).retain(|_, definition| definition.isolate != isolate.id);
}

pub fn add_pool(pool: &Arc<Pool>) {
    written(&POOLS).insert(pool.id, Arc::clone(pool));
}

pub fn pool(id: u32) -> Option<Arc<Pool>> {
    read(&POOLS).get(&id).cloned()
}

/// Ends a pool: its timekeeper is joined before this returns.
pub fn remove_pool(id: u32) {
    let pool = written(&POOLS).remove(&id);
    if let Some(pool) = pool {
        pool.close();
    }
}

pub fn define(isolate: IsolateId, bytes: &[u8]) -> u32 {
    let id = number();
    let bytes = bytes.into();
    written(&DEFINITIONS).insert(id, Definition { isolate, bytes });
    id
}

pub fn definition(id: u32) -> Option<Arc<[u8]>> {
    read(&DEFINITIONS)
        .get(&id)
        .map(|definition| Arc::clone(&definition.bytes))
}

pub fn undefine(id: u32) {
    written(&DEFINITIONS).remove(&id);
}
