//! How the values in force are shown to users: numbers in milliseconds and bytes, `Infinity` where nothing limits.

use std::time::Duration;

use serde::Serializer;

use super::field::to_millis;
use super::input::serialize_number;

// serde hands fields over by reference.
pub fn number<S: Serializer>(value: &f64, serializer: S) -> Result<S::Ok, S::Error> {
    serialize_number(*value, serializer)
}

pub fn duration<S: Serializer>(value: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serialize_number(to_millis(*value), serializer)
}

pub fn duration_or_infinity<S: Serializer>(
    value: &Option<Duration>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serialize_number(value.map_or(f64::INFINITY, to_millis), serializer)
}

pub fn duration_or_zero<S: Serializer>(value: &Option<Duration>, serializer: S) -> Result<S::Ok, S::Error> {
    serialize_number(value.map_or(0.0, to_millis), serializer)
}

pub fn count_or_infinity<S: Serializer>(value: &Option<u32>, serializer: S) -> Result<S::Ok, S::Error> {
    serialize_number(value.map_or(f64::INFINITY, f64::from), serializer)
}

pub fn size_or_infinity<S: Serializer>(value: &Option<u64>, serializer: S) -> Result<S::Ok, S::Error> {
    serialize_number(value.map_or(f64::INFINITY, |bytes| bytes as f64), serializer)
}

pub fn count_or_auto<S: Serializer>(value: &Option<u32>, serializer: S) -> Result<S::Ok, S::Error> {
    match value {
        Some(count) => serializer.serialize_u32(*count),
        None => serializer.serialize_str("auto"),
    }
}

pub fn jitter<S: Serializer>(value: &f64, serializer: S) -> Result<S::Ok, S::Error> {
    if *value == 0.0 || *value == 1.0 {
        serializer.serialize_bool(*value == 1.0)
    } else {
        serialize_number(*value, serializer)
    }
}
