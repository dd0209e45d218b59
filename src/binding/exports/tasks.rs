//! What an isolate says of the tasks that it submits.

use std::cell::RefCell;
use std::sync::Arc;

use napi::bindgen_prelude::{Env, Uint8ArraySlice};
use napi_derive::napi;

use super::isolate_of;
use crate::binding::numbers::{task_id, whole};
use crate::binding::{attachments, locked, registry};
use crate::scheduler::{IsolateId, NewTask, State};
use crate::wire::{self, Kind, millis};

/// The number under which a pool counts tasks of this name.
#[napi(catch_unwind)]
pub fn name_id(pool: u32, name: String) -> u32 {
    registry::pool(pool).map_or(0, |pool| pool.metrics.names().intern(&name).into())
}

/// Hands over the tasks that stand in the first `length` bytes of `outbox`: whether workers have been called for them, all
/// of whom were awake. With `withdrawn` the task of that id is cancelled, if it is among them, before anybody can have
/// begun it: the next [`cancel`] says what has become of it.
#[napi(catch_unwind)]
pub fn submit(
    env: Env,
    isolate: u32,
    pool: u32,
    outbox: Uint8ArraySlice<'_>,
    length: u32,
    withdrawn: f64,
) -> napi::Result<bool> {
    let isolate = isolate_of(isolate)?;
    let Some(pool) = registry::pool(pool) else {
        return Ok(false);
    };
    let bytes = outbox
        .get(..length as usize)
        .ok_or_else(|| napi::Error::from_reason("the outbox is shorter than said"))?;
    TASKS.with_borrow_mut(|tasks| {
        tasks.clear();
        wire::read_tasks(&locked(&isolate.flushes).copy(bytes), bytes.len(), tasks)
            .map_err(|error| napi::Error::from_reason(error.to_string()))?;
        for task in tasks.iter_mut() {
            task.payload.put_beside(attachments::waiting(task.id));
        }
        isolate.submitted(&env, tasks.len());
        let withdrawn = (withdrawn > 0.0)
            .then(|| task_id(withdrawn))
            .filter(|id| tasks.iter().any(|task| task.id == *id));
        let (awake, settled) = pool.submit(isolate.id, tasks, withdrawn);
        if settled.is_some() {
            *locked(&isolate.withdrawn) = settled;
        }
        tasks.shrink_to(KEPT_TASKS);
        Ok(awake)
    })
}

/// So many tasks have room that is kept from one flush to the next: more than one takes, unless a single turn submits them.
const KEPT_TASKS: usize = 256;

thread_local! {
    // Kept so that a flush allocates nothing for them.
    static TASKS: RefCell<Vec<NewTask>> = const { RefCell::new(Vec::new()) };
}

/// Where a task stands: 0 settled or unknown, 1 waiting, 2 queued, and running on worker n as n + 3.
#[napi(catch_unwind)]
pub fn state(pool: u32, id: f64) -> u32 {
    match registry::pool(pool).and_then(|pool| pool.state(task_id(id))) {
        None => 0,
        Some(State::Waiting) => 1,
        Some(State::Queued) => 2,
        Some(State::Running { worker }) => worker.0.saturating_add(3),
    }
}

/// How many attempts at a task have begun; 0 where it is settled or unknown.
#[napi(catch_unwind)]
pub fn attempts(pool: u32, id: f64) -> u32 {
    registry::pool(pool).map_or(0, |pool| pool.attempts(task_id(id)))
}

/// What a task has taken, in milliseconds, and which worker (-1: none) its last attempt has begun on.
#[napi(object)]
pub struct Taken {
    pub queue_time: f64,
    pub run_time: f64,
    pub cpu_time: f64,
    pub attempts: u32,
    pub worker: i32,
}

/// Cancels a task: `null` where it has ended, or was never there, or refuses. `own`: it was
/// submitted from this isolate, which settles the handle by itself.
#[napi(catch_unwind)]
pub fn cancel(env: Env, isolate: u32, pool: u32, id: f64, own: bool) -> napi::Result<Option<Taken>> {
    let isolate = isolate_of(isolate)?;
    let withdrawn = locked(&isolate.withdrawn).take_if(|settled| settled.id == task_id(id));
    let cancelled =
        withdrawn.or_else(|| registry::pool(pool).and_then(|pool| pool.cancel(task_id(id), isolate.id)));
    if cancelled.is_some() && own {
        isolate.settled(&env, 1);
    }
    Ok(cancelled.map(|settled| Taken {
        queue_time: millis(settled.times.queue),
        run_time: millis(settled.times.run),
        cpu_time: millis(settled.times.cpu),
        attempts: settled.attempts(),
        worker: settled
            .worker
            .and_then(|worker| i32::try_from(worker.0).ok())
            .unwrap_or(-1),
    }))
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

/// Decides on the next attempt of a task: after `wait` milliseconds, or none where that is negative.
#[napi(catch_unwind)]
pub fn decide(env: Env, isolate: u32, pool: u32, id: f64, wait: f64) -> napi::Result<()> {
    let isolate = isolate_of(isolate)?;
    if let Some(pool) = registry::pool(pool) {
        let again = (wait >= 0.0).then(|| whole(wait * 1e6));
        // Without a next attempt the task is settled here; where it was settled meanwhile, it was counted.
        if pool.decide_retry(task_id(id), again) && again.is_none() {
            isolate.settled(&env, 1);
        }
    }
    Ok(())
}

/// Tells a task that yields values how many of them have been taken in all. `false` where it does not run.
#[napi(catch_unwind)]
pub fn grant(pool: u32, id: f64, taken: u32) -> bool {
    registry::pool(pool).is_some_and(|pool| pool.answer(task_id(id), Kind::Credit, taken))
}

/// Tells a task that yields values that nobody wants any more of them. `false` where it does not run.
#[napi(catch_unwind)]
pub fn hang_up(pool: u32, id: f64) -> bool {
    registry::pool(pool).is_some_and(|pool| pool.answer(task_id(id), Kind::HungUp, 0))
}
