//! The shape of `getHealth()`, and the rules for its status.
//!
//! Error rate, latency and crashes are those of the last minute (`window.rs`), so that health recovers
//! by itself. The error rate is (failed + timed out) / (completed + failed + timed out); a cancelled
//! task is neither. Latency runs from submission to outcome, of the tasks that started.
//!
//! Unhealthy, the first of these that holds: there is no worker and none can be started; at least half
//! of 20 tasks or more failed; at least 3 workers crashed, and half as many as tasks ended.
//! Degraded: no worker can be started, but some are there; at least a tenth of 20 tasks or more failed;
//! a worker crashed; a task has been waiting for 30 seconds; less than 5 % of the memory is left.

use serde::{Serialize, Serializer};

use super::errors::RecentError;
use super::nanos::Nanos;
use super::window::Slot;

/// Fewer tasks than this in a minute make a rate of chance.
const MIN_TASKS: u64 = 20;
const UNHEALTHY_ERROR_RATE: f64 = 0.5;
const DEGRADED_ERROR_RATE: f64 = 0.1;
/// One crash may be bad luck, and two its repetition.
const UNHEALTHY_CRASHES: u64 = 3;
/// Longer than a healthy backlog takes to drain, and what most callers' own timeouts are.
const LONG_WAIT: Nanos = Nanos::from_secs(30);
/// Memory is short when less than one in this many bytes is left.
const SHORT_MEMORY: u64 = 20;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    Healthy,
    Degraded,
    Unhealthy,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Health {
    pub status: Status,
    pub workers: WorkerCounts,
    pub memory: Memory,
    pub latency: Latency,
    pub errors: Errors,
    pub uptime: Nanos,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct WorkerCounts {
    pub active: u32,
    pub idle: u32,
    /// Since the pool started. The status looks at recent ones only (`Metrics::crashed`).
    pub crashed: u32,
}

/// In bytes; in JSON as `'245MB'`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Memory {
    #[serde(serialize_with = "as_size")]
    pub used: u64,
    /// What may be used besides.
    #[serde(serialize_with = "as_size")]
    pub available: u64,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Latency {
    pub p50: Nanos,
    pub p95: Nanos,
    pub p99: Nanos,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Errors {
    /// From 0 to 1; 0 when no task has ended.
    pub rate: f64,
    /// The last 20, however old, newest first.
    pub recent: Vec<RecentError>,
}

/// What the caller knows about its pool and health depends on.
#[derive(Clone, Copy, Debug)]
pub struct Vitals {
    pub workers: WorkerCounts,
    /// Whether a worker would come if one were needed: false when the last starts failed.
    pub can_start: bool,
    /// How long the oldest waiting task has been waiting.
    pub oldest: Nanos,
    pub memory: Memory,
    pub uptime: Nanos,
}

impl Health {
    pub(super) fn new(vitals: &Vitals, recent: &Slot, errors: Vec<RecentError>) -> Self {
        let latency = recent.latency.summary();
        Self {
            status: status(vitals, recent),
            workers: vitals.workers,
            memory: vitals.memory,
            latency: Latency {
                p50: latency.p50,
                p95: latency.p95,
                p99: latency.p99,
            },
            errors: Errors {
                rate: error_rate(recent),
                recent: errors,
            },
            uptime: vitals.uptime,
        }
    }
}

fn error_rate(recent: &Slot) -> f64 {
    recent.tally.errors() as f64 / recent.tally.judged().max(1) as f64
}

fn status(vitals: &Vitals, recent: &Slot) -> Status {
    let WorkerCounts { active, idle, .. } = vitals.workers;
    let fails = |rate| recent.tally.judged() >= MIN_TASKS && error_rate(recent) >= rate;
    let crashes_most = recent.crashes >= UNHEALTHY_CRASHES && recent.crashes * 2 >= recent.tally.judged();
    let Memory { used, available } = vitals.memory;
    let is_short = available < used.saturating_add(available) / SHORT_MEMORY;

    if (!vitals.can_start && active == 0 && idle == 0) || fails(UNHEALTHY_ERROR_RATE) || crashes_most {
        Status::Unhealthy
    } else if !vitals.can_start
        || fails(DEGRADED_ERROR_RATE)
        || recent.crashes > 0
        || vitals.oldest >= LONG_WAIT
        || is_short
    {
        Status::Degraded
    } else {
        Status::Healthy
    }
}

fn as_size<S: Serializer>(bytes: &u64, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&size(*bytes))
}

/// Bytes for people, in powers of 1024: two or three digits, one decimal below ten where it says
/// something (`1.2GB`, `1GB`, `245MB`).
fn size(bytes: u64) -> String {
    let mut value = bytes as f64;
    let mut units = ["B", "KB", "MB", "GB", "TB", "PB", "EB"].into_iter();
    let mut unit = units.next().unwrap_or_default();
    // Not 1024: what would be rounded up to 1024 of a unit is 1 of the next.
    while value >= 1023.5 {
        let Some(next) = units.next() else { break };
        (value, unit) = (value / 1024.0, next);
    }
    let tenths = (value * 10.0).round();
    if tenths < 100.0 {
        format!("{}{unit}", tenths / 10.0)
    } else {
        format!("{value:.0}{unit}")
    }
}

#[cfg(test)]
mod tests;
