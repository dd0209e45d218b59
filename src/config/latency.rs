//! `lowLatency`: how long a pool stays awake that has nothing to do.

use std::time::Duration;

use super::error::ConfigError;
use super::field::Field;
use super::input::Input;

/// What `true` stands for: the pauses of a program that is in the middle of something.
const AWAKE: Duration = Duration::from_millis(100);

/// Milliseconds; `None` is for ever. `false` is none at all.
pub fn read(field: &Field) -> Result<Option<Duration>, ConfigError> {
    match field.value {
        Input::Bool(true) => Ok(Some(AWAKE)),
        Input::Bool(false) => Ok(Some(Duration::ZERO)),
        _ => field.duration_or_infinity().map_err(|error| ConfigError {
            expected: format!("`true`, `false`, {}", error.expected),
            ..error
        }),
    }
}
