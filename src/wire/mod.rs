//! The frames that isolates and the scheduler exchange: bytes in, facts out, and the other way.
//!
//! All numbers are little-endian; every frame begins at a multiple of eight and its first word is
//! its length, headers and padding included, so that JavaScript can use aligned typed arrays. The
//! same layouts stand in `lib/frames.js`. Nothing here trusts what it reads: a frame that cannot
//! be right ends the reading with [`Malformed`].

mod flushes;
mod read;
mod write;

#[cfg(test)]
mod tests;

pub use flushes::Flushes;
pub use read::{Told, Yielded, read_reports, read_tasks};
pub use write::{Mail, batch_length, millis, write_batch, write_mail};

/// Bytes that are no frame: where they stand, and what is wrong with them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("malformed frame at byte {at}: {what}")]
pub struct Malformed {
    pub at: usize,
    pub what: &'static str,
}

/// The header of a submitted task.
const SUBMIT_HEADER: usize = 32;
/// The terms that some submitted tasks have.
const TERMS: usize = 80;
/// The header of a task in a worker's inbox.
const TASK_HEADER: usize = 32;
/// The header of a worker's report.
const REPORT_HEADER: usize = 32;
/// The header of a message to an owner.
const MAIL_HEADER: usize = 56;

/// Rounds up to the next multiple of eight.
#[must_use]
pub const fn aligned(length: usize) -> usize {
    (length + 7) & !7
}

fn narrow(value: usize) -> Option<u32> {
    u32::try_from(value).ok()
}

/// What a message to an owner is about. The numbers stand in `lib/frames.js` too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Kind {
    /// A task is fulfilled; the body is its value.
    Fulfilled = 0,
    /// A task threw; the body is what.
    Rejected = 1,
    /// A task failed for a reason of the library's; the body is JSON, then the cause.
    Failed = 2,
    /// An attempt threw, and the owner decides on the next one.
    RejectedUndecided = 3,
    /// An attempt failed, and the owner decides on the next one.
    FailedUndecided = 4,
    /// An attempt has begun.
    Begun = 5,
    /// A pool wants a worker started.
    StartWorker = 6,
    /// A pool wants a worker ended because nothing is left for it to do.
    RetireWorker = 7,
    /// A pool wants a worker ended at once.
    KillWorker = 8,
    /// The last task of a pool that shuts down is settled.
    Drained = 9,
    /// Something that the pool's owner should hear of; the body is JSON.
    Notice = 10,
    /// A worker asks for what could not travel as bytes.
    ParcelWanted = 11,
    /// A task says how far it is: the fraction stands for the waiting time, the body is the detail.
    Progress = 12,
    /// A task waits for an input that only its owner can give; the number of the attempt says which.
    InputWanted = 13,
    /// A task has yielded a value, which is the body; an attempt of 1 says that it waits for credit now.
    Yielded = 14,
    /// The owner of a task has taken so many of its values, in all: it stands for the attempt.
    Credit = 15,
    /// The owner of a task wants no more of its values.
    HungUp = 16,
}

impl Kind {
    /// Whether the task is done with.
    #[must_use]
    pub fn is_final(self) -> bool {
        matches!(self, Self::Fulfilled | Self::Rejected | Self::Failed)
    }
}
