//! The configuration: typed, checked, never half taken over.
//!
//! What a user writes goes three steps:
//!
//! 1. A source becomes a [`Layer`]: options by name with their raw values. Sources are JSON from JavaScript
//!    ([`Layer::from_json`]), a file ([`from_file`]) and environment variables ([`from_env`]).
//! 2. [`Config::merge`] lays it over the config in force: unknown names first, then each value, then those that
//!    have to agree. The first mistake is a [`ConfigError`], and the config in force stays as it was.
//! 3. [`Config::to_json`] shows every option with the value in force.
//!
//! A `Config` is a plain value: share it, compare it, replace it. It reads no clock, no file and no machine by
//! itself; what depends on the machine is in [`Machine`], which the caller fills.

mod env;
mod error;
mod expression;
mod field;
mod file;
mod input;
mod latency;
mod limits;
mod logging;
mod retry;
mod size;
mod view;
mod workers;
mod yaml;

#[cfg(test)]
mod tests;

use std::time::Duration;

use serde::Serialize;

pub use env::from_env;
pub use error::ConfigError;
pub use file::from_file;
pub use limits::{Cleanup, Memory, Queue, Timeout};
pub use logging::{Destination, Format, Level, Logging};
pub use retry::{Backoff, Retry};
pub use workers::{Scaling, Workers};

use field::{Field, Fields};
use input::Input;

/// All options, in the order in which they are shown and listed. `maxMemory` is the short way to say `memory.limit`.
const NAMES: &[&str] = &[
    "workers",
    "timeout",
    "queue",
    "memory",
    "maxMemory",
    "retry",
    "capture",
    "gracefulSignals",
    "lowLatency",
    "logging",
];

/// What the defaults depend on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Machine {
    /// Processors that this process may use, container quotas included; at least 1 is assumed.
    pub cpu_count: u32,
    /// Bytes of memory that this process may use.
    pub memory: u64,
    /// Bytes that V8 allows a heap here if nobody says otherwise, where known.
    pub node_heap_default: Option<u64>,
}

/// How free variables get to a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Capture {
    /// Read from the closure.
    Auto,
    /// Only those given in `captures`.
    Explicit,
}

/// The values in force.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Config {
    pub workers: Workers,
    pub timeout: Timeout,
    pub queue: Queue,
    pub memory: Memory,
    pub retry: Retry,
    pub capture: Capture,
    /// Whether SIGINT and SIGTERM shut the pool down first.
    pub graceful_signals: bool,
    /// How long a worker without tasks stays awake; `None` is for ever, zero is not at all.
    #[serde(serialize_with = "view::duration_or_infinity")]
    pub low_latency: Option<Duration>,
    pub logging: Logging,
}

impl Config {
    /// What holds while nobody has said anything.
    pub fn default_for(machine: &Machine) -> Self {
        Self {
            workers: Workers::default_for(machine),
            timeout: Timeout::new(),
            queue: Queue::new(),
            memory: Memory::default_for(machine),
            retry: Retry::new(),
            capture: Capture::Auto,
            graceful_signals: false,
            low_latency: Some(Duration::ZERO),
            logging: Logging::new(),
        }
    }

    /// This config with the options of `layer` in place of its own.
    pub fn merge(&self, layer: &Layer, machine: &Machine) -> Result<Self, ConfigError> {
        let machine = Machine {
            cpu_count: machine.cpu_count.max(1),
            ..*machine
        };
        let Input::Object(entries) = &layer.input else {
            let whole = Field {
                path: "config".to_owned(),
                value: &layer.input,
            };
            return Err(whole.error("an object"));
        };
        Fields::new("", entries, NAMES)
            .and_then(|fields| self.merge_fields(&fields, &machine))
            .map_err(|error| layer.say_where(error))
    }

    /// [`merge`](Self::merge) for a layer that is JSON (with the tags of the module `input`).
    pub fn merge_json(&self, json: &str, machine: &Machine) -> Result<Self, ConfigError> {
        self.merge(&Layer::from_json(json)?, machine)
    }

    fn merge_fields(&self, fields: &Fields, machine: &Machine) -> Result<Self, ConfigError> {
        Ok(Self {
            workers: match fields.get("workers") {
                Some(field) => self.workers.merge(field, machine)?,
                None => self.workers.clone(),
            },
            timeout: match fields.get("timeout") {
                Some(field) => self.timeout.merge(field)?,
                None => self.timeout.clone(),
            },
            queue: match fields.get("queue") {
                Some(field) => self.queue.merge(field, machine)?,
                None => self.queue.clone(),
            },
            memory: self
                .memory
                .merge(fields.get("memory"), fields.get("maxMemory"), machine)?,
            retry: match fields.get("retry") {
                Some(field) => self.retry.merge(field, machine.cpu_count)?,
                None => self.retry.clone(),
            },
            capture: fields.get_or("capture", self.capture, |field| {
                field.one_of(&[("auto", Capture::Auto), ("explicit", Capture::Explicit)])
            })?,
            graceful_signals: fields
                .get_or("gracefulSignals", self.graceful_signals, |field| field.boolean())?,
            low_latency: fields.get_or("lowLatency", self.low_latency, |field| latency::read(&field))?,
            logging: match fields.get("logging") {
                Some(field) => self.logging.merge(field)?,
                None => self.logging.clone(),
            },
        })
    }

    /// Every option with the value in force: counts resolved, milliseconds, bytes, `{"$number":"Infinity"}` where
    /// nothing limits. Merging it changes no value.
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).expect("a config has text keys only, and its strings are valid")
    }
}

/// A partial config as a user wrote it, not judged yet.
#[derive(Debug, Clone, PartialEq)]
pub struct Layer {
    input: Input,
    /// Dotted path of an option and the place it was written in, for messages.
    origins: Vec<(String, String)>,
}

impl Layer {
    pub fn from_json(json: &str) -> Result<Self, ConfigError> {
        match serde_json::from_str(json) {
            Ok(input) => Ok(Self {
                input,
                origins: Vec::new(),
            }),
            Err(error) => Err(ConfigError::new(
                "config",
                "valid JSON",
                format!("a mistake: {error}"),
            )),
        }
    }

    /// The layer as JSON (with the tags of the module `input`).
    pub fn to_json(&self) -> String {
        serde_json::to_string(&self.input).expect("an input has text keys only")
    }

    /// Adds the place of the option, or else of the nearest group around it.
    fn say_where(&self, error: ConfigError) -> ConfigError {
        let mut path = error.option.as_str();
        loop {
            if let Some((_, origin)) = self.origins.iter().find(|(option, _)| option == path) {
                let origin = origin.clone();
                return error.found_in(&origin);
            }
            match path.rsplit_once('.') {
                Some((group, _)) => path = group,
                None => return error,
            }
        }
    }
}
