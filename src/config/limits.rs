//! `timeout`, `queue` and `memory`: what may be used up.

use std::time::Duration;

use serde::Serialize;

use super::Machine;
use super::error::ConfigError;
use super::field::{Field, Fields};
use super::view;

/// With less, V8 cannot even start a worker (8 MB is the least that it takes), let alone run something in it.
const LEAST_HEAP: u64 = 16 << 20;

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Timeout {
    /// For tasks that name none; `None` is no timeout, and is shown as `0`.
    #[serde(serialize_with = "view::duration_or_zero")]
    pub default: Option<Duration>,
    /// Whether tasks may name one of their own.
    pub per_task: bool,
}

impl Timeout {
    pub(super) fn new() -> Self {
        Self {
            default: None,
            per_task: true,
        }
    }

    pub(super) fn merge(&self, field: Field) -> Result<Self, ConfigError> {
        let Some(fields) = field.fields(&["default", "perTask"]) else {
            let default = read_timeout(&field).map_err(|error| ConfigError {
                expected: format!("an object, or {}", error.expected),
                ..error
            })?;
            return Ok(Self { default, ..*self });
        };
        let fields = fields?;
        Ok(Self {
            default: fields.get_or("default", self.default, |field| read_timeout(&field))?,
            per_task: fields.get_or("perTask", self.per_task, |field| field.boolean())?,
        })
    }
}

/// `0` and `Infinity` both mean none.
fn read_timeout(field: &Field) -> Result<Option<Duration>, ConfigError> {
    let duration = field.duration_or_infinity()?;
    Ok(duration.filter(|duration| !duration.is_zero()))
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Queue {
    /// Tasks that may wait, 0 if none may; `None` is no limit.
    #[serde(serialize_with = "view::count_or_infinity")]
    pub max_size: Option<u32>,
    /// Bytes of arguments that may wait; `None` is no limit.
    #[serde(serialize_with = "view::size_or_infinity")]
    pub max_bytes: Option<u64>,
}

impl Queue {
    pub(super) fn new() -> Self {
        Self {
            max_size: None,
            max_bytes: None,
        }
    }

    pub(super) fn merge(&self, field: Field, machine: &Machine) -> Result<Self, ConfigError> {
        let Some(fields) = field.fields(&["maxSize", "maxBytes"]) else {
            return Err(field.error("an object such as { maxSize: 1000 }"));
        };
        let fields = fields?;
        Ok(Self {
            max_size: fields.get_or("maxSize", self.max_size, |field| {
                field.count_or_infinity(0, machine.cpu_count)
            })?,
            max_bytes: fields.get_or("maxBytes", self.max_bytes, |field| field.size_or_infinity(1))?,
        })
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Cleanup {
    /// V8 collects when it sees fit.
    Lazy,
    /// Idle workers give back what they no longer need.
    Aggressive,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Memory {
    /// Heaps in use plus bytes waiting; `None` is no limit.
    #[serde(serialize_with = "view::size_or_infinity")]
    pub limit: Option<u64>,
    /// Heap of one worker; `None` is whatever V8 allows.
    #[serde(serialize_with = "view::size_or_infinity")]
    pub per_worker: Option<u64>,
    pub cleanup: Cleanup,
}

impl Memory {
    pub(super) fn default_for(machine: &Machine) -> Self {
        Self {
            limit: None,
            per_worker: machine.node_heap_default,
            cleanup: Cleanup::Lazy,
        }
    }

    /// `alias` is `maxMemory`, the short way to say `memory.limit`.
    pub(super) fn merge(
        &self,
        group: Option<Field>,
        alias: Option<Field>,
        machine: &Machine,
    ) -> Result<Self, ConfigError> {
        let mut merged = self.clone();
        if let Some(group) = &group {
            merged = self.merge_fields(&Self::fields(group)?)?;
        }
        if let Some(alias) = &alias {
            let limit = alias.size_or_infinity(1)?;
            let given = group.as_ref().map(Self::fields).transpose()?;
            if given.and_then(|fields| fields.get("limit")).is_some() && limit != merged.limit {
                return Err(alias.error("the same as `memory.limit`, which it is short for"));
            }
            merged.limit = limit;
        }
        merged.check(group, alias, machine)
    }

    fn fields<'a>(group: &Field<'a>) -> Result<Fields<'a>, ConfigError> {
        group
            .fields(&["limit", "perWorker", "cleanup"])
            .unwrap_or_else(|| Err(group.error("an object such as { limit: '2GB' }")))
    }

    fn merge_fields(&self, fields: &Fields) -> Result<Self, ConfigError> {
        Ok(Self {
            limit: fields.get_or("limit", self.limit, |field| field.size_or_infinity(1))?,
            per_worker: fields.get_or("perWorker", self.per_worker, |field| {
                field.size_or_infinity(LEAST_HEAP)
            })?,
            cleanup: fields.get_or("cleanup", self.cleanup, |field| {
                field.one_of(&[("lazy", Cleanup::Lazy), ("aggressive", Cleanup::Aggressive)])
            })?,
        })
    }

    /// A worker that may use more than all of them together is a mistake, unless nobody chose its size.
    fn check(
        self,
        group: Option<Field>,
        alias: Option<Field>,
        machine: &Machine,
    ) -> Result<Self, ConfigError> {
        let (Some(limit), Some(per_worker)) = (self.limit, self.per_worker) else {
            return Ok(self);
        };
        if per_worker <= limit || self.per_worker == machine.node_heap_default {
            return Ok(self);
        }
        let fields = group.as_ref().map(Self::fields).transpose()?;
        let given = |name| fields.as_ref().and_then(|fields| fields.get(name));
        match (given("perWorker"), alias.or(given("limit"))) {
            (Some(per_worker), _) => Err(per_worker.error(format!("at most `memory.limit` ({limit} bytes)"))),
            (None, Some(limit)) => {
                Err(limit.error(format!("at least `memory.perWorker` ({per_worker} bytes)")))
            }
            (None, None) => Ok(self),
        }
    }
}
