//! The shape of `getStats()`. Times are milliseconds in JSON, sizes are bytes.

use std::collections::BTreeMap;

use serde::Serialize;

use super::histogram::Summary;
use super::nanos::Nanos;
use super::tally::{OutcomeKind, Tally};

/// Everything that has been counted since the pool started, and what the caller saw of its queue and
/// its workers.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Stats {
    pub counts: Counts,
    pub queue: QueueStats,
    pub workers: Vec<WorkerStats>,
    /// Of all tasks, those that never started included.
    pub queue_time: Summary,
    /// Of the tasks that started.
    pub run_time: Summary,
    /// Of the tasks that started; a worker's measurement shared out among its batch.
    pub cpu_time: Summary,
    /// Names past the hundredth are counted as `(other)`.
    pub errors_by_name: BTreeMap<String, u64>,
    /// Tasks of which at least one has ended; names past the thousandth are `(other)`.
    pub by_task: BTreeMap<String, TaskStats>,
}

/// `submitted` counts accepted tasks: it is never below the sum of the four outcomes. `rejected` ones
/// were refused and are in no other count; `retried` counts attempts after the first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Counts {
    pub submitted: u64,
    #[serde(flatten)]
    pub outcomes: OutcomeCounts,
    pub retried: u64,
    pub rejected: u64,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct OutcomeCounts {
    pub completed: u64,
    pub failed: u64,
    pub cancelled: u64,
    pub timed_out: u64,
}

impl From<Tally> for OutcomeCounts {
    fn from(tally: Tally) -> Self {
        Self {
            completed: tally.of(OutcomeKind::Completed),
            failed: tally.of(OutcomeKind::Failed),
            cancelled: tally.of(OutcomeKind::Cancelled),
            timed_out: tally.of(OutcomeKind::TimedOut),
        }
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TaskStats {
    #[serde(flatten)]
    pub counts: OutcomeCounts,
    pub queue_time: Summary,
    pub run_time: Summary,
    pub cpu_time: Summary,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct QueueStats {
    /// Waiting tasks.
    pub depth: u64,
    /// What they hold in arguments.
    pub bytes: u64,
    /// How long the oldest of them has been waiting; zero when none waits.
    pub oldest: Nanos,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum WorkerState {
    Starting,
    Idle,
    Busy,
    /// Takes no more tasks and will be gone.
    Leaving,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct WorkerStats {
    pub id: u32,
    pub state: WorkerState,
    pub completed: u64,
    pub failed: u64,
    /// Share of its life that it was running tasks, from 0 to 1.
    pub utilization: f64,
    /// Bytes, as of its last report.
    pub heap_used: u64,
    /// Of its thread.
    pub cpu_time: Nanos,
}
