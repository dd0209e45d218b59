//! What there is to see of a pool, put together from the scheduler's and the metrics' side.

use super::numbers::{count, whole};
use super::pool::Pool;
use super::registry;
use crate::metrics::{Memory, Nanos, QueueStats, Vitals, WorkerCounts, WorkerState, WorkerStats};
use crate::scheduler::WorkerView;

fn worker_stats(view: &WorkerView) -> WorkerStats {
    WorkerStats {
        id: view.id.0,
        state: match view.state {
            "starting" => WorkerState::Starting,
            "idle" => WorkerState::Idle,
            "busy" => WorkerState::Busy,
            _ => WorkerState::Leaving,
        },
        completed: view.completed,
        failed: view.failed,
        utilization: view.utilization,
        heap_used: view.heap,
        cpu_time: Nanos(view.cpu),
    }
}

pub fn stats(pool: &Pool) -> String {
    let summary = pool.summary();
    let queue = QueueStats {
        depth: summary.queued as u64,
        bytes: summary.queued_bytes,
        oldest: Nanos(summary.oldest),
    };
    let workers = summary.workers.iter().map(worker_stats).collect();
    serde_json::to_string(&pool.metrics.stats(queue, workers)).unwrap_or_else(|_| "null".into())
}

pub fn health(pool: &Pool, used: f64, available: f64) -> String {
    let summary = pool.summary();
    let heaps: u64 = summary.workers.iter().map(|view| view.heap).sum();
    let now = registry::now();
    let vitals = Vitals {
        workers: WorkerCounts {
            active: count(summary.active),
            idle: count(summary.idle),
            crashed: pool.crashed(),
        },
        can_start: summary.can_start,
        oldest: Nanos(summary.oldest),
        memory: Memory {
            used: whole(used).saturating_add(heaps),
            available: whole(available),
        },
        uptime: Nanos(now.saturating_sub(pool.opened)),
    };
    serde_json::to_string(&pool.metrics.health(Nanos(now), &vitals)).unwrap_or_else(|_| "null".into())
}
