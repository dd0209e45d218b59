//! What a pool's scheduler keeps to, out of its config; and configs on their way to JavaScript.

use std::time::Duration;

use serde_json::json;

use crate::config::{Config, ConfigError, Scaling};
use crate::scheduler::{Nanos, Settings};

/// How long a worker without tasks stays awake.
pub fn vigil(config: &Config) -> Nanos {
    config.low_latency.map_or(Nanos::MAX, nanos)
}

fn nanos(duration: Duration) -> Nanos {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

/// The part of a config that the scheduler needs.
pub fn of(config: &Config) -> Settings {
    let workers = &config.workers;
    Settings {
        min_workers: workers.min,
        max_workers: workers.max,
        fixed: workers.scaling == Scaling::Fixed,
        idle_timeout: workers.idle_timeout.map_or(Nanos::MAX, nanos),
        max_tasks_per_worker: workers.max_tasks_per_worker.map_or(u64::MAX, u64::from),
        scale_up: workers.scale_up_threshold,
        scale_down: workers.scale_down_threshold,
        max_queue: config.queue.max_size.map_or(usize::MAX, |size| size as usize),
        max_queue_bytes: config.queue.max_bytes.unwrap_or(u64::MAX),
        memory_limit: config.memory.limit.unwrap_or(u64::MAX),
        ..Settings::default()
    }
}

/// A config error as JSON: JavaScript makes the class of it.
pub fn refused(error: &ConfigError) -> String {
    json!({
        "error": {
            "code": ConfigError::CODE,
            "message": error.to_string(),
            "option": error.option,
            "expected": error.expected,
            "received": error.received,
        }
    })
    .to_string()
}

/// A result as JSON: the text that it is, or the error.
pub fn answer(result: Result<String, ConfigError>) -> String {
    result.unwrap_or_else(|error| refused(&error))
}
