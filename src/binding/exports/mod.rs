//! What JavaScript can call. Each export converts, calls, and converts back.
//!
//! No export is `async` and none is a class; isolates, pools and definitions are numbers. Bytes are
//! copied on the isolate's own thread. A call with a number that is not (or no longer) known does
//! nothing and says so by its result, because isolates and pools can go at any time.

mod analysis;
mod config;
mod contents;
mod exchange;
mod isolates;
mod pools;
mod tasks;
mod workers;

use std::sync::Arc;

use super::isolate::{Isolate, Seat};
use super::{locked, registry};
use crate::scheduler::IsolateId;

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
