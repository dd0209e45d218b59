//! What every environment asks: its number, its mail, and what its functions are.

use napi::bindgen_prelude::{Env, Function, Int32ArraySlice, Uint8Array, Uint8ArraySlice};
use napi_derive::napi;

use super::isolate_of;
use crate::binding::isolate::Isolate;
use crate::binding::{memory, numbers, registry};
use crate::scheduler::IsolateId;

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

/// Moves the isolate's mail into `inbox`: its length, or the negative of it where there is no room.
#[napi(catch_unwind)]
pub fn drain(env: Env, isolate: u32, mut inbox: Uint8ArraySlice<'_>) -> napi::Result<i64> {
    let isolate = isolate_of(isolate)?;
    isolate.answered();
    Ok(isolate.fetch(&env, memory::writable(&mut inbox)))
}

/// A pending task waits for this isolate itself, or no more: the process does not wait for it meanwhile.
#[napi(catch_unwind)]
pub fn idles(env: Env, isolate: u32, is_idle: bool) -> napi::Result<()> {
    isolate_of(isolate)?.idles(&env, is_idle);
    Ok(())
}

/// A run of `count` task ids that no other isolate gets: the first one.
#[napi(catch_unwind)]
pub fn task_ids(count: u32) -> f64 {
    numbers::id(registry::task_ids(count))
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
