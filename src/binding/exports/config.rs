//! Configuration and what there is to see of a pool, as JSON. Exports only.

use napi_derive::napi;

use crate::binding::numbers::whole;
use crate::binding::{registry, settings, stats};
use crate::config::{self, Config, Level, Machine};
use crate::logging::Value;

pub fn machine(cpu_count: u32, memory: f64) -> Machine {
    Machine {
        cpu_count,
        memory: whole(memory),
        node_heap_default: None,
    }
}

/// How many processors the process may use at once: by affinity, and on Linux by the quota of its control groups (v1 and
/// v2), rounded down, at least one. Node's `os.availableParallelism()` knows the quota only in some versions, and not everywhere.
#[napi(catch_unwind)]
pub fn processors() -> u32 {
    let count = std::thread::available_parallelism()
        .map_or(u32::MAX, |count| u32::try_from(count.get()).unwrap_or(u32::MAX));
    count.max(1)
}

/// Lays `layer` (JSON) over a pool's config: the config in force, or `{ error }`.
#[napi(catch_unwind)]
pub fn configure_pool(pool: u32, layer: String) -> String {
    let Some(pool) = registry::pool(pool) else {
        return "null".into();
    };
    settings::answer(pool.configure(&layer).map(|config| config.to_json()))
}

/// What a config file says, as a layer for [`configure_pool`], or `{ error }`.
#[napi(catch_unwind)]
pub fn read_config_file(path: String) -> String {
    settings::answer(config::from_file(path).map(|layer| layer.to_json()))
}

/// What environment variables say, as a layer for [`configure_pool`], or `{ error }`.
#[napi(catch_unwind)]
pub fn read_config_env(names: Vec<String>, values: Vec<String>) -> String {
    settings::answer(config::from_env(names.into_iter().zip(values)).map(|layer| layer.to_json()))
}

/// Writes a line into a pool's log; `fields` is a JSON object of numbers and strings.
#[napi(catch_unwind)]
pub fn log(pool: u32, level: String, message: String, fields: String) {
    let Some(pool) = registry::pool(pool) else { return };
    let level = match level.as_str() {
        "error" => Level::Error,
        "warn" => Level::Warn,
        "info" => Level::Info,
        _ => Level::Debug,
    };
    let fields: serde_json::Map<String, serde_json::Value> =
        serde_json::from_str(&fields).unwrap_or_default();
    let fields: Vec<(&str, Value<'_>)> = fields
        .iter()
        .map(|(name, value)| {
            let value = match value {
                serde_json::Value::String(text) => Value::from(text.as_str()),
                serde_json::Value::Bool(truth) => Value::from(*truth),
                number => Value::from(number.as_f64().unwrap_or_default()),
            };
            (name.as_str(), value)
        })
        .collect();
    pool.logger.log(level, &message, &fields);
}

/// Whether `layer` would be accepted over the defaults of this machine: the config, or `{ error }`.
#[napi(catch_unwind)]
pub fn check_config(layer: String, cpu_count: u32, memory: f64) -> String {
    let machine = machine(cpu_count, memory);
    settings::answer(
        Config::default_for(&machine)
            .merge_json(&layer, &machine)
            .map(|config| config.to_json()),
    )
}

/// The numbers of a pool, as JSON.
#[napi(catch_unwind)]
pub fn pool_stats(pool: u32) -> String {
    registry::pool(pool).map_or_else(|| "null".into(), |pool| stats::stats(&pool))
}

/// How a pool is doing, as JSON. `used` and `available` are bytes, `used` without the workers' heaps.
#[napi(catch_unwind)]
pub fn pool_health(pool: u32, used: f64, available: f64) -> String {
    registry::pool(pool).map_or_else(|| "null".into(), |pool| stats::health(&pool, used, available))
}
