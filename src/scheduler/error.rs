//! Why a task that could have run did not come to an end of its own.

use std::sync::Arc;

use serde_json::{Value, json};

use super::task::{MILLISECOND, Nanos};

/// A reason, outside the task's own code, for which a task fails.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Failure {
    #[error("the task was cancelled")]
    Cancelled,
    #[error(
        "the task ran longer than its timeout of {} ms; allow more, or give it less to do",
        millis(*.limit)
    )]
    RunTimeout { limit: Nanos },
    #[error(
        "the task waited longer than its queueTimeout of {} ms; allow more, or have more workers",
        millis(*.limit)
    )]
    QueueTimeout { limit: Nanos },
    #[error(
        "the queue is full: {waiting} tasks are waiting and `queue.maxSize` is {limit}; \
         wait for some to finish, or raise the limit"
    )]
    QueueFull { waiting: usize, limit: usize },
    #[error(
        "the queue is full: {waiting} bytes are waiting, {extra} more came and `queue.maxBytes` is {limit}; \
         wait for some tasks to finish, or raise the limit"
    )]
    QueueBytes { waiting: u64, extra: u64, limit: u64 },
    #[error(
        "the pool is out of memory: {used} bytes are in use and `memory.limit` is {limit}; \
         wait for some tasks to finish, or raise the limit"
    )]
    MemoryFull { used: u64, limit: u64 },
    #[error("the pool is shut down and takes no tasks; call `start()` to use it again")]
    ShutDown,
    #[error("the pool was shut down before the task had finished; give `shutdown` a longer `timeout`")]
    Abandoned,
    #[error("a task failed whose result this one needs")]
    Dependency,
    #[error(
        "the worker of the task was stopped, because another task on it did not end within its grace; \
         have that one heed its signal, or try this one again with `retry`"
    )]
    Replaced,
    #[error(
        "the worker exited with code {code} while the task was running; \
         a task must not end its process, or leave an error uncaught"
    )]
    WorkerExit { code: i32, cause: Option<Arc<[u8]>> },
    #[error(
        "the worker ran out of memory while the task was running: its heap may take {limit} bytes; \
         raise the limit, or have the task keep less"
    )]
    OutOfMemory { limit: u64, used: u64 },
    #[error(
        "the task used more CPU time than its limit of {} ms: {} ms so far; raise the limit, or give it less to do",
        millis(*.limit), millis(*.used)
    )]
    OutOfTime { limit: Nanos, used: Nanos },
    #[error(
        "no worker can be started: {attempts} in a row ended before they were ready (the last with code {code})"
    )]
    NoWorkers {
        attempts: u32,
        code: i32,
        cause: Option<Arc<[u8]>>,
    },
}

impl Failure {
    /// The code by which users tell it from others: the contract of SPEC section 6.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Cancelled => "ERR_TASKLETS_CANCELLED",
            Self::RunTimeout { .. } | Self::QueueTimeout { .. } => "ERR_TASKLETS_TIMEOUT",
            Self::QueueFull { .. } | Self::QueueBytes { .. } | Self::MemoryFull { .. } => {
                "ERR_TASKLETS_QUEUE_FULL"
            }
            Self::ShutDown | Self::Abandoned => "ERR_TASKLETS_SHUTDOWN",
            Self::Dependency => "ERR_TASKLETS_DEPENDENCY",
            Self::Replaced | Self::WorkerExit { .. } | Self::NoWorkers { .. } => "ERR_TASKLETS_WORKER_EXIT",
            Self::OutOfMemory { .. } => "ERR_TASKLETS_MEMORY_LIMIT",
            Self::OutOfTime { .. } => "ERR_TASKLETS_CPU_LIMIT",
        }
    }

    /// The name of the class that it becomes, as metrics count it.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Cancelled => "AbortError",
            Self::RunTimeout { .. } | Self::QueueTimeout { .. } => "TimeoutError",
            Self::QueueFull { .. } | Self::QueueBytes { .. } | Self::MemoryFull { .. } => "QueueFullError",
            Self::ShutDown | Self::Abandoned => "ShutdownError",
            Self::Dependency => "DependencyError",
            Self::Replaced | Self::WorkerExit { .. } | Self::NoWorkers { .. } => "WorkerExitError",
            Self::OutOfMemory { .. } | Self::OutOfTime { .. } => "ResourceLimitError",
        }
    }

    /// Whether the task could be worth another attempt: it had started, or waited, in good faith.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        matches!(
            self,
            Self::RunTimeout { .. }
                | Self::Replaced
                | Self::WorkerExit { .. }
                | Self::OutOfMemory { .. }
                | Self::OutOfTime { .. }
        )
    }

    /// What the error of the class has besides its message.
    #[must_use]
    pub fn facts(&self) -> Value {
        match self {
            Self::RunTimeout { limit } => json!({ "phase": "run", "timeout": millis(*limit) }),
            Self::QueueTimeout { limit } => json!({ "phase": "queue", "timeout": millis(*limit) }),
            Self::QueueFull { limit, .. } => json!({ "limit": limit }),
            Self::QueueBytes { limit, .. } | Self::MemoryFull { limit, .. } => json!({ "limit": limit }),
            Self::WorkerExit { code, .. } | Self::NoWorkers { code, .. } => json!({ "exitCode": code }),
            Self::OutOfMemory { limit, used } => json!({ "limit": limit, "used": used }),
            Self::OutOfTime { limit, used } => {
                json!({ "limit": millis(*limit), "used": millis(*used) })
            }
            Self::Replaced => json!({ "exitCode": 1 }),
            Self::Cancelled | Self::ShutDown | Self::Abandoned | Self::Dependency => json!({}),
        }
    }

    /// The encoded error that was behind it, where a worker left one.
    #[must_use]
    pub fn cause(&self) -> Option<&[u8]> {
        match self {
            Self::WorkerExit { cause, .. } | Self::NoWorkers { cause, .. } => cause.as_deref(),
            _ => None,
        }
    }
}

/// A duration as users give them.
fn millis(nanos: Nanos) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "a duration of 104 days is exact")]
    let exact = nanos as f64;
    exact / MILLISECOND as f64
}
