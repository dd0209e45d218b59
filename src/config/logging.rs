//! `logging`: what is said, how, and to whom.

use serde::{Serialize, Serializer};

use super::error::{ConfigError, nearest};
use super::field::Field;
use super::input::{Input, tag};

/// Where `destination: 'file'` writes.
const DEFAULT_FILE: &str = "./tasklets.log";

/// From the quietest up: a level lets through itself and those before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
#[repr(u8)]
pub enum Level {
    /// Only a setting, never the level of a record.
    Silent,
    Error,
    Warn,
    Info,
    Debug,
}

const LEVELS: &[(&str, Level)] = &[
    ("silent", Level::Silent),
    ("error", Level::Error),
    ("warn", Level::Warn),
    ("info", Level::Info),
    ("debug", Level::Debug),
];

impl Level {
    /// As users write it.
    pub fn name(self) -> &'static str {
        LEVELS[self as usize].0
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    Text,
    /// One JSON object per line.
    Json,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Destination {
    Stderr,
    Stdout,
    /// The path, as given.
    File(String),
    /// The user's object; it stays in JavaScript.
    Logger,
}

impl Serialize for Destination {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Destination::Stderr => serializer.serialize_str("stderr"),
            Destination::Stdout => serializer.serialize_str("stdout"),
            Destination::File(path) => serializer.serialize_str(path),
            Destination::Logger => tag(serializer, "$logger", &true),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Logging {
    pub level: Level,
    pub format: Format,
    pub destination: Destination,
}

impl Logging {
    pub fn new() -> Self {
        Self {
            level: Level::Warn,
            format: Format::Text,
            destination: Destination::Stderr,
        }
    }

    pub(super) fn merge(&self, field: Field) -> Result<Self, ConfigError> {
        let Some(fields) = field.fields(&["level", "format", "destination"]) else {
            let level = field.one_of(LEVELS).map_err(|error| ConfigError {
                expected: format!("{}, or an object", error.expected),
                ..error
            })?;
            return Ok(Self {
                level,
                ..self.clone()
            });
        };
        let fields = fields?;
        Ok(Self {
            level: fields.get_or("level", self.level, |field| field.one_of(LEVELS))?,
            format: fields.get_or("format", self.format, |field| {
                field.one_of(&[("text", Format::Text), ("json", Format::Json)])
            })?,
            destination: match fields.get("destination") {
                Some(field) => read_destination(&field)?,
                None => self.destination.clone(),
            },
        })
    }
}

impl Default for Logging {
    fn default() -> Self {
        Self::new()
    }
}

fn read_destination(field: &Field) -> Result<Destination, ConfigError> {
    let destination = match field.value {
        Input::Logger => Some(Destination::Logger),
        Input::Text(name) => match name.as_str() {
            "stderr" => Some(Destination::Stderr),
            "stdout" => Some(Destination::Stdout),
            "file" => Some(Destination::File(DEFAULT_FILE.to_owned())),
            path if is_path(path) => Some(Destination::File(path.to_owned())),
            _ => None,
        },
        _ => None,
    };
    destination.ok_or_else(|| ConfigError {
        suggestion: field
            .text()
            .and_then(|name| nearest(name, &["stderr", "stdout", "file"]))
            .map(str::to_owned),
        ..field.error("'stderr', 'stdout', 'file', a path with a `/` or a `.` in it, or a logger object")
    })
}

/// A bare word is rather a typing error of `stderr` than the name of a file.
fn is_path(text: &str) -> bool {
    text.contains(['/', '\\', '.']) && !text.contains('\0')
}
