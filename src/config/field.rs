//! Reading one option: from what the user wrote to the value it stands for, or the sentence that says why not.

use std::time::Duration;

use super::error::{ConfigError, join};
use super::input::Input;
use super::{expression, size};

/// An option that was given, with its dotted path.
#[derive(Clone)]
pub struct Field<'a> {
    pub path: String,
    pub value: &'a Input,
}

/// The options of one group, whose names are all known.
pub struct Fields<'a> {
    path: String,
    entries: &'a [(String, Input)],
}

impl<'a> Fields<'a> {
    /// Refuses unknown names first: a typing error explains more than what it leads to.
    pub fn new(path: &str, entries: &'a [(String, Input)], known: &[&str]) -> Result<Self, ConfigError> {
        match entries.iter().find(|(name, _)| !known.contains(&name.as_str())) {
            Some((name, _)) => Err(ConfigError::unknown(path, name, known)),
            None => Ok(Self {
                path: path.to_owned(),
                entries,
            }),
        }
    }

    /// The option, if it was given; `undefined` is not.
    pub fn get(&self, name: &str) -> Option<Field<'a>> {
        let (_, value) = self.entries.iter().find(|(given, _)| given == name)?;
        (*value != Input::Undefined).then(|| Field {
            path: join(&self.path, name),
            value,
        })
    }

    /// The option as `read` takes it, or what was in force.
    pub fn get_or<T>(
        &self,
        name: &str,
        in_force: T,
        read: impl FnOnce(Field<'a>) -> Result<T, ConfigError>,
    ) -> Result<T, ConfigError> {
        self.get(name).map_or(Ok(in_force), read)
    }
}

impl<'a> Field<'a> {
    pub fn error(&self, expected: impl Into<String>) -> ConfigError {
        ConfigError::new(&self.path, expected, self.value.describe())
    }

    fn error_because(&self, expected: impl Into<String>, reason: &str) -> ConfigError {
        let received = format!("{}: {reason}", self.value.describe());
        ConfigError::new(&self.path, expected, received)
    }

    /// The group of options that this one is, if it is an object.
    pub fn fields(&self, known: &[&str]) -> Option<Result<Fields<'a>, ConfigError>> {
        match self.value {
            Input::Object(entries) => Some(Fields::new(&self.path, entries, known)),
            _ => None,
        }
    }

    pub fn text(&self) -> Option<&'a str> {
        match self.value {
            Input::Text(text) => Some(text),
            _ => None,
        }
    }

    pub fn number(&self) -> Option<f64> {
        match *self.value {
            Input::Number(value) => Some(value),
            _ => None,
        }
    }

    pub fn boolean(&self) -> Result<bool, ConfigError> {
        match *self.value {
            Input::Bool(value) => Ok(value),
            _ => Err(self.error("`true` or `false`")),
        }
    }

    /// One of a few names.
    pub fn one_of<T: Copy>(&self, choices: &[(&str, T)]) -> Result<T, ConfigError> {
        let chosen = self
            .text()
            .and_then(|text| choices.iter().find(|(name, _)| *name == text));
        chosen.map(|&(_, value)| value).ok_or_else(|| {
            let names: Vec<&str> = choices.iter().map(|&(name, _)| name).collect();
            self.error(list(&names))
        })
    }

    /// A number between the two, both included.
    pub fn ratio(&self) -> Result<f64, ConfigError> {
        self.number()
            .filter(|value| (0.0..=1.0).contains(value))
            .ok_or_else(|| self.error("a number from 0 to 1"))
    }

    /// A whole number from `least` up: a number, or an expression in `cpu_count`.
    pub fn count(&self, least: u32, cpu_count: u32) -> Result<u32, ConfigError> {
        let expected = format!("an integer from {least} up");
        if let Some(text) = self.text() {
            let or_expression = format!("{expected}, or an expression such as 'cpu_count * 2'");
            let value = expression::evaluate(text, cpu_count)
                .map_err(|reason| self.error_because(or_expression, &reason))?;
            return match u32::try_from(value) {
                Ok(count) if count >= least => Ok(count),
                _ => Err(self.error_because(within(least, value as f64), &format!("it gives {value}"))),
            };
        }
        match self.number() {
            Some(value)
                if value.fract() == 0.0 && (f64::from(least)..=f64::from(u32::MAX)).contains(&value) =>
            {
                Ok(value as u32)
            }
            Some(value) => Err(self.error(within(least, value))),
            None => Err(self.error(expected)),
        }
    }

    /// As [`count`](Self::count); `Infinity` is no limit.
    pub fn count_or_infinity(&self, least: u32, cpu_count: u32) -> Result<Option<u32>, ConfigError> {
        if self.is_infinity() {
            return Ok(None);
        }
        self.count(least, cpu_count)
            .map(Some)
            .map_err(|error| ConfigError {
                expected: format!("{}, or Infinity", error.expected),
                ..error
            })
    }

    /// Milliseconds, fractions included; `Infinity` is no limit.
    pub fn duration_or_infinity(&self) -> Result<Option<Duration>, ConfigError> {
        if self.is_infinity() {
            return Ok(None);
        }
        let duration = self.number().and_then(from_millis).map(Some);
        duration.ok_or_else(|| self.error("a number of milliseconds from 0 up, or Infinity"))
    }

    pub fn duration(&self) -> Result<Duration, ConfigError> {
        let duration = self.number().and_then(from_millis);
        duration.ok_or_else(|| self.error("a number of milliseconds from 0 up"))
    }

    /// Bytes, from `least` up: an integer or a text with a unit. `Infinity` is no limit.
    pub fn size_or_infinity(&self, least: u64) -> Result<Option<u64>, ConfigError> {
        if self.is_infinity() {
            return Ok(None);
        }
        let expected = match least >> 20 {
            0 => format!("a number of bytes from {least} up, a size such as '512MB', or Infinity"),
            mb => {
                format!("a size from '{mb}MB' up (in bytes, or with KB, MB, GB, TB), or Infinity")
            }
        };
        let bytes = match (self.text(), self.number()) {
            (Some(text), _) => size::parse(text).map_err(|reason| self.error_because(&*expected, &reason))?,
            (_, Some(value)) if value.fract() == 0.0 && (0.0..=size::LARGEST as f64).contains(&value) => {
                value as u64
            }
            _ => return Err(self.error(expected)),
        };
        if bytes < least {
            return Err(self.error(expected));
        }
        Ok(Some(bytes))
    }

    pub fn is_infinity(&self) -> bool {
        *self.value == Input::Number(f64::INFINITY)
    }
}

/// The range a count may have; its upper end only where that was the mistake.
fn within(least: u32, received: f64) -> String {
    if received > f64::from(u32::MAX) {
        format!("an integer from {least} to {}", u32::MAX)
    } else {
        format!("an integer from {least} up")
    }
}

/// `'a', 'b' or 'c'`.
pub fn list(names: &[&str]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("'{name}'")).collect();
    match quoted.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} or {last}", rest.join(", ")),
        _ => quoted.concat(),
    }
}

fn from_millis(millis: f64) -> Option<Duration> {
    if !(0.0..=size::LARGEST as f64).contains(&millis) {
        return None;
    }
    // Whole milliseconds apart from their fraction: both are exact, a conversion through seconds would not be.
    let nanos = (millis.fract() * 1e6).round() as u64;
    Some(Duration::from_millis(millis as u64) + Duration::from_nanos(nanos))
}

/// The opposite of what options are read with.
pub fn to_millis(duration: Duration) -> f64 {
    let whole = duration.as_millis() as f64;
    whole + f64::from(duration.subsec_nanos() % 1_000_000) / 1e6
}
