//! Large contents of tasks and results, which go beside the frames.

use napi::bindgen_prelude::Uint8ArraySlice;
use napi_derive::napi;

use crate::binding::attachments::{self, Way};
use crate::binding::memory;
use crate::binding::numbers::{count, task_id};

fn way(back: bool) -> Way {
    if back { Way::Back } else { Way::There }
}

/// Keeps a copy of a large content for a task, which goes with its arguments or `back` with its
/// result: its number. `kept`: it may be asked for again, by another attempt.
#[napi(catch_unwind)]
pub fn attach(id: f64, back: bool, content: Uint8ArraySlice<'_>, kept: bool) -> u32 {
    count(attachments::attach(task_id(id), way(back), &content, kept))
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
