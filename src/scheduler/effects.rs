//! What the scheduler decides: the answer to an event, carried out by whoever reported it.
//!
//! The scheduler calls nobody. It is entered under a lock, writes its decisions down here, and the
//! edge carries them out after the lock has been let go.

use std::sync::Arc;

use super::payload::Payload;
use super::task::{IsolateId, NameId, Settled, TaskId, WorkerId};

/// How a worker is to be ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// It has nothing to do and may leave.
    Retire,
    /// A task on it did not stop in time; it is ended now.
    Kill,
}

/// A task as it is written into a worker's inbox.
#[derive(Clone, Debug)]
pub struct Handed {
    pub id: TaskId,
    pub definition: u32,
    pub attempt: u32,
    pub owner: IsolateId,
    pub name: NameId,
    /// The worker stamps the start of it.
    pub timed: bool,
    /// The worker says when it begins it.
    pub announced: bool,
    /// The worker begins nothing else beside it.
    pub limited: bool,
    pub form: u8,
    /// Results of other tasks, which come first.
    pub inputs: Vec<Arc<[u8]>>,
    pub payload: Payload,
}

/// A task waits for an input that only its owner can give: the scheduler does not have it (any more).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wanted {
    pub owner: IsolateId,
    pub id: TaskId,
    /// Which of the inputs.
    pub index: u32,
}

/// An attempt has begun, and its owner wanted to know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Begun {
    pub owner: IsolateId,
    pub id: TaskId,
    pub attempt: u32,
    pub worker: WorkerId,
}

/// Decisions, in the order in which they were taken.
#[derive(Debug, Default)]
pub struct Effects {
    /// Tasks that are done with.
    pub settled: Vec<Settled>,
    /// Tasks whose start their owner hears of.
    pub begun: Vec<Begun>,
    /// Inputs that owners are asked for.
    pub wanted: Vec<Wanted>,
    /// Workers that should come for tasks or for cancellations.
    pub wake: Vec<WorkerId>,
    /// Workers to start, under these names.
    pub start: Vec<WorkerId>,
    /// Workers to start whose heap may take so many bytes.
    pub confine: Vec<(WorkerId, u64)>,
    /// Workers to end.
    pub stop: Vec<(WorkerId, Stop)>,
    /// Attempts that failed and will be made again.
    pub retried: u64,
    /// Tasks that were refused.
    pub refused: u64,
    /// Workers whose end nobody had asked for.
    pub crashed: u64,
    /// The queue has grown past the length at which one should hear of it.
    pub crowded: Option<usize>,
    /// The last task of a pool that is shutting down has been settled.
    pub drained: bool,
    /// The timekeeper should look at [`super::Scheduler::next_alarm`] again.
    pub rearm: bool,
}

impl Effects {
    /// With room for what so many reports lead to, so that none is made under the lock.
    #[must_use]
    pub fn for_reports(reports: usize) -> Self {
        Self {
            settled: Vec::with_capacity(reports),
            ..Self::default()
        }
    }
}
