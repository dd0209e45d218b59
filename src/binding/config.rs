//! Configuration and what there is to see of a pool, as JSON. Exports only.

use napi_derive::napi;

use super::{registry, settings, stats};
use crate::config::{self, Config, Machine};

pub fn machine(cpu_count: u32, memory: f64) -> Machine {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "casts of floats saturate"
    )]
    let memory = memory as u64;
    Machine {
        cpu_count,
        memory,
        node_heap_default: None,
    }
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

/// The numbers of a pool: SPEC section 8. `heaps` are pairs of worker number and heap bytes.
#[napi(catch_unwind)]
pub fn pool_stats(pool: u32, heaps: Vec<f64>) -> String {
    registry::pool(pool).map_or_else(|| "null".into(), |pool| stats::stats(&pool, &heaps))
}

/// How a pool is doing: SPEC section 8. Memory is in bytes.
#[napi(catch_unwind)]
pub fn pool_health(pool: u32, used: f64, available: f64) -> String {
    registry::pool(pool).map_or_else(|| "null".into(), |pool| stats::health(&pool, used, available))
}
