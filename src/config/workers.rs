//! `workers`: how many there are, and when they come and go.

use std::time::Duration;

use serde::Serialize;

use super::Machine;
use super::error::ConfigError;
use super::field::{Field, Fields};
use super::view;

const NAMES: &[&str] = &[
    "min",
    "max",
    "scaling",
    "idleTimeout",
    "concurrency",
    "scaleUpThreshold",
    "scaleDownThreshold",
    "spare",
    "maxTasksPerWorker",
];

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Scaling {
    /// Between `min` and `max`, by load.
    Adaptive,
    /// Always `max`; `min` is the same.
    Fixed,
}

/// Invariants: `min <= max`, `1 <= max`, `spare <= max`, `scale_down_threshold <= scale_up_threshold`,
/// and `min == max` while the scaling is fixed.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Workers {
    pub min: u32,
    pub max: u32,
    pub scaling: Scaling,
    /// How long a worker above `min` may have nothing to do; `None` is for ever.
    #[serde(serialize_with = "view::duration_or_infinity")]
    pub idle_timeout: Option<Duration>,
    /// Tasks a worker may have begun at the same time; `None` leaves it to the scheduler.
    #[serde(serialize_with = "view::count_or_auto")]
    pub concurrency: Option<u32>,
    /// Utilization above which a worker is added, 0 to 1.
    pub scale_up_threshold: f64,
    /// Utilization below which one is let go, 0 to 1.
    pub scale_down_threshold: f64,
    /// Started workers kept beyond those that are needed.
    pub spare: u32,
    /// A worker that has run so many is replaced; `None` is never.
    #[serde(serialize_with = "view::count_or_infinity")]
    pub max_tasks_per_worker: Option<u32>,
    /// Nobody has chosen `max` yet, so it gives way to a larger `min` or `spare`.
    #[serde(skip)]
    max_is_default: bool,
}

impl Workers {
    pub(super) fn default_for(machine: &Machine) -> Self {
        Self {
            min: 0,
            max: machine.cpu_count.max(1),
            scaling: Scaling::Adaptive,
            idle_timeout: Some(Duration::from_secs(10)),
            concurrency: None,
            scale_up_threshold: 0.8,
            scale_down_threshold: 0.2,
            spare: 0,
            max_tasks_per_worker: None,
            max_is_default: true,
        }
    }

    pub(super) fn merge(&self, field: Field, machine: &Machine) -> Result<Self, ConfigError> {
        match field.fields(NAMES) {
            Some(fields) => self.merge_fields(&fields?, machine),
            None => self.merge_shorthand(&field, machine),
        }
    }

    /// A count is both the least and the most; `'auto'` is none to as many as there are processors, by load.
    /// The rest stays as it is.
    fn merge_shorthand(&self, field: &Field, machine: &Machine) -> Result<Self, ConfigError> {
        let automatic = field.text() == Some("auto");
        let max = read_max(field, machine).map_err(|error| ConfigError {
            expected: format!("'auto', an object, or {}", error.expected),
            ..error
        })?;
        let workers = Self {
            min: if automatic { 0 } else { max },
            max,
            scaling: Scaling::Adaptive,
            max_is_default: automatic,
            ..self.clone()
        };
        workers.check_spare(field)
    }

    fn merge_fields(&self, fields: &Fields, machine: &Machine) -> Result<Self, ConfigError> {
        let cpus = machine.cpu_count;
        let count_from = |least| move |field: Field| field.count(least, cpus);
        let ratio = |field: Field| field.ratio();
        let merged = Self {
            min: fields.get_or("min", self.min, count_from(0))?,
            max: fields.get_or("max", self.max, |field| read_max(&field, machine))?,
            scaling: fields.get_or("scaling", self.scaling, |field| {
                field.one_of(&[("adaptive", Scaling::Adaptive), ("fixed", Scaling::Fixed)])
            })?,
            idle_timeout: fields.get_or("idleTimeout", self.idle_timeout, |field| {
                field.duration_or_infinity()
            })?,
            concurrency: fields.get_or("concurrency", self.concurrency, |field| {
                read_concurrency(&field, cpus)
            })?,
            scale_up_threshold: fields.get_or("scaleUpThreshold", self.scale_up_threshold, ratio)?,
            scale_down_threshold: fields.get_or("scaleDownThreshold", self.scale_down_threshold, ratio)?,
            spare: fields.get_or("spare", self.spare, count_from(0))?,
            max_tasks_per_worker: fields.get_or("maxTasksPerWorker", self.max_tasks_per_worker, |field| {
                field.count_or_infinity(1, cpus)
            })?,
            max_is_default: self.max_is_default && fields.get("max").is_none(),
        };
        merged.check_thresholds(fields)?;
        merged.settle_bounds(self, fields)
    }

    fn check_thresholds(&self, fields: &Fields) -> Result<(), ConfigError> {
        if self.scale_down_threshold <= self.scale_up_threshold {
            return Ok(());
        }
        // One of the two was given, or they would still be in order.
        match (fields.get("scaleDownThreshold"), fields.get("scaleUpThreshold")) {
            (Some(down), _) => Err(down.error(format!(
                "at most `workers.scaleUpThreshold` ({})",
                self.scale_up_threshold
            ))),
            (None, Some(up)) => Err(up.error(format!(
                "at least `workers.scaleDownThreshold` ({})",
                self.scale_down_threshold
            ))),
            (None, None) => Ok(()),
        }
    }

    /// Makes `min`, `max` and `spare` agree, or says which of those given does not.
    fn settle_bounds(mut self, before: &Self, fields: &Fields) -> Result<Self, ConfigError> {
        let (min, max) = (fields.get("min"), fields.get("max"));
        if self.scaling == Scaling::Adaptive && before.scaling == Scaling::Fixed && min.is_none() {
            // It was as high as `max` only because that was fixed.
            self.min = 0;
        }
        if self.max_is_default {
            // A `min` chosen on a large machine must not fail on a small one.
            self.max = self.max.max(self.min).max(self.spare);
        }
        if self.scaling == Scaling::Fixed {
            if let Some(min) = min.as_ref().filter(|_| self.min != self.max) {
                let expected = format!(
                    "the same as `workers.max` ({}), as the scaling is fixed",
                    self.max
                );
                return Err(min.error(expected));
            }
            self.min = self.max;
        }
        match (max, min) {
            (Some(max), _) if self.min > self.max => {
                Err(max.error(format!("at least `workers.min` ({})", self.min)))
            }
            (None, Some(min)) if self.min > self.max => {
                Err(min.error(format!("at most `workers.max` ({})", self.max)))
            }
            (Some(max), _) => self.check_spare(&max),
            _ => match fields.get("spare") {
                Some(spare) => self.check_spare(&spare),
                None => Ok(self),
            },
        }
    }

    /// `field` is the option to blame.
    fn check_spare(self, field: &Field) -> Result<Self, ConfigError> {
        if self.spare <= self.max {
            Ok(self)
        } else if field.path == "workers.spare" {
            Err(field.error(format!("at most `workers.max` ({})", self.max)))
        } else {
            Err(field.error(format!("at least `workers.spare` ({})", self.spare)))
        }
    }
}

fn read_max(field: &Field, machine: &Machine) -> Result<u32, ConfigError> {
    match field.text() {
        Some("auto") => Ok(machine.cpu_count.max(1)),
        _ => field.count(1, machine.cpu_count),
    }
}

fn read_concurrency(field: &Field, cpu_count: u32) -> Result<Option<u32>, ConfigError> {
    if field.text() == Some("auto") {
        return Ok(None);
    }
    field.count(1, cpu_count).map(Some).map_err(|error| ConfigError {
        expected: format!("'auto', or {}", error.expected),
        ..error
    })
}
