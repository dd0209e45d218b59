//! `retry`: what `retry()` does where its options say nothing.

use std::time::Duration;

use serde::{Serialize, Serializer};

use super::error::ConfigError;
use super::field::Field;
use super::view;

const NAMES: &[&str] = &["attempts", "delay", "backoff", "maxDelay", "jitter"];

/// How the wait grows with the attempts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Backoff {
    /// Always `delay`.
    Constant,
    /// `delay` times the number of failed attempts.
    Linear,
    /// Doubles with every attempt.
    Exponential,
    /// Grows by this factor, 1 or more, with every attempt.
    Factor(f64),
}

impl Serialize for Backoff {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match *self {
            Backoff::Constant => serializer.serialize_str("constant"),
            Backoff::Linear => serializer.serialize_str("linear"),
            Backoff::Exponential => serializer.serialize_str("exponential"),
            Backoff::Factor(factor) => view::number(&factor, serializer),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Retry {
    /// Runs in all, the first included; `None` is without end.
    #[serde(serialize_with = "view::count_or_infinity")]
    pub attempts: Option<u32>,
    /// The wait after the first failure.
    #[serde(serialize_with = "view::duration")]
    pub delay: Duration,
    pub backoff: Backoff,
    /// No wait is longer; `None` is no limit.
    #[serde(serialize_with = "view::duration_or_infinity")]
    pub max_delay: Option<Duration>,
    /// The part of a wait that is left to chance: 0 none, 1 all of it. Shown as `false`, `true` or the fraction.
    #[serde(serialize_with = "view::jitter")]
    pub jitter: f64,
}

impl Retry {
    pub(super) fn new() -> Self {
        Self {
            attempts: Some(3),
            delay: Duration::from_millis(200),
            backoff: Backoff::Factor(2.0),
            max_delay: Some(Duration::from_secs(30)),
            jitter: 0.0,
        }
    }

    pub(super) fn merge(&self, field: Field, cpu_count: u32) -> Result<Self, ConfigError> {
        let Some(fields) = field.fields(NAMES) else {
            return Err(field.error("an object such as { attempts: 5 }"));
        };
        let fields = fields?;
        Ok(Self {
            attempts: fields.get_or("attempts", self.attempts, |field| {
                field.count_or_infinity(1, cpu_count)
            })?,
            delay: fields.get_or("delay", self.delay, |field| field.duration())?,
            backoff: fields.get_or("backoff", self.backoff, |field| read_backoff(&field))?,
            max_delay: fields.get_or("maxDelay", self.max_delay, |field| field.duration_or_infinity())?,
            jitter: fields.get_or("jitter", self.jitter, |field| read_jitter(&field))?,
        })
    }
}

fn read_backoff(field: &Field) -> Result<Backoff, ConfigError> {
    match (field.text(), field.number()) {
        (Some("constant"), _) => Ok(Backoff::Constant),
        (Some("linear"), _) => Ok(Backoff::Linear),
        (Some("exponential"), _) => Ok(Backoff::Exponential),
        (_, Some(factor)) if factor >= 1.0 && factor.is_finite() => Ok(Backoff::Factor(factor)),
        _ => Err(field.error("a factor from 1 up, 'constant', 'linear' or 'exponential'")),
    }
}

fn read_jitter(field: &Field) -> Result<f64, ConfigError> {
    if let Ok(full) = field.boolean() {
        return Ok(f64::from(u8::from(full)));
    }
    field.ratio().map_err(|error| ConfigError {
        expected: "`true`, `false` or a number from 0 to 1".into(),
        ..error
    })
}
