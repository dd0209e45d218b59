//! Numbers of JavaScript's, which are all floats, as those that are meant, and back.

use std::time::Duration;

use crate::scheduler::TaskId;

/// A float as a whole number; what is none becomes 0, what is too large the largest there is.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "casts of floats saturate"
)]
pub fn whole(number: f64) -> u64 {
    number as u64
}

/// A number from JavaScript as an id; what is none becomes 0, which no task has.
pub fn task_id(number: f64) -> TaskId {
    TaskId(whole(number))
}

/// An id as JavaScript sees it.
#[expect(clippy::cast_precision_loss, reason = "ids stay below 2^53")]
pub fn id(number: u64) -> f64 {
    number as f64
}

/// A time in nanoseconds.
pub fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

pub fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
