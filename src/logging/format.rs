//! A record as one line.

use std::fmt::Write;
use std::time::{Duration, SystemTime};

use serde::ser::{Serialize, SerializeMap, Serializer};

use super::Record;
use crate::config::{Format, Level};

/// The value of a field.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Value<'a> {
    Text(&'a str),
    Number(f64),
    Integer(u64),
    Bool(bool),
}

impl<'a> From<&'a str> for Value<'a> {
    fn from(value: &'a str) -> Self {
        Value::Text(value)
    }
}

impl From<f64> for Value<'_> {
    fn from(value: f64) -> Self {
        Value::Number(value)
    }
}

impl From<u64> for Value<'_> {
    fn from(value: u64) -> Self {
        Value::Integer(value)
    }
}

impl From<u32> for Value<'_> {
    fn from(value: u32) -> Self {
        Value::Integer(value.into())
    }
}

impl From<bool> for Value<'_> {
    fn from(value: bool) -> Self {
        Value::Bool(value)
    }
}

impl Serialize for Value<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match *self {
            Value::Text(text) => serializer.serialize_str(text),
            Value::Number(number) if number.is_finite() => serializer.serialize_f64(number),
            // A log line is for other programs: plain JSON, which has no such number.
            Value::Number(number) => serializer.serialize_str(&number.to_string()),
            Value::Integer(integer) => serializer.serialize_u64(integer),
            Value::Bool(truth) => serializer.serialize_bool(truth),
        }
    }
}

/// The line, with its end.
pub fn to_line(record: &Record, format: Format) -> String {
    let mut line = match format {
        Format::Text => to_text(record),
        Format::Json => to_json(record),
    };
    line.push('\n');
    line
}

/// The line that says how many others are missing.
pub fn lost_line(at: SystemTime, lost: u64, format: Format) -> String {
    let record = Record {
        at,
        level: Level::Warn,
        message: "log records were lost: the destination took no more",
        fields: &[("count", Value::Integer(lost))],
    };
    to_line(&record, format)
}

fn to_text(record: &Record) -> String {
    let mut line = format!(
        "{} {:<5} tasklets: ",
        timestamp(record.at),
        record.level.name().to_uppercase()
    );
    push_on_one_line(&mut line, record.message);
    for (name, value) in record.fields {
        line.push(' ');
        line.push_str(name);
        line.push('=');
        push_value(&mut line, value);
    }
    line
}

/// A text may come from a user's task: what could pass for another line is escaped.
fn push_on_one_line(line: &mut String, text: &str) {
    for next in text.chars() {
        if next.is_control() {
            line.extend(next.escape_default());
        } else {
            line.push(next);
        }
    }
}

fn push_value(line: &mut String, value: &Value) {
    match value {
        Value::Text(text)
            if text.is_empty() || text.contains([' ', '"', '=']) || text.contains(char::is_control) =>
        {
            line.push_str(&format!("{text:?}"));
        }
        Value::Text(text) => line.push_str(text),
        Value::Number(number) => write_to(line, number),
        Value::Integer(integer) => write_to(line, integer),
        Value::Bool(truth) => write_to(line, truth),
    }
}

fn write_to(line: &mut String, value: impl std::fmt::Display) {
    write!(line, "{value}").expect("a String takes everything");
}

fn to_json(record: &Record) -> String {
    struct Fields<'a>(&'a [(&'a str, Value<'a>)]);

    impl Serialize for Fields<'_> {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            let mut map = serializer.serialize_map(Some(self.0.len()))?;
            for (name, value) in self.0 {
                map.serialize_entry(name, value)?;
            }
            map.end()
        }
    }

    #[derive(serde::Serialize)]
    struct Line<'a> {
        timestamp: String,
        level: &'a str,
        message: &'a str,
        fields: Fields<'a>,
    }

    serde_json::to_string(&Line {
        timestamp: timestamp(record.at),
        level: record.level.name(),
        message: record.message,
        fields: Fields(record.fields),
    })
    .expect("texts and numbers only")
}

const SECONDS_PER_DAY: u64 = 24 * 60 * 60;

/// ISO 8601 in UTC with milliseconds, as JavaScript's `toISOString`. A clock before 1970 reads as 1970.
pub fn timestamp(at: SystemTime) -> String {
    let since_1970 = at
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or(Duration::ZERO);
    let seconds = since_1970.as_secs();
    let (year, month, day) = date(seconds / SECONDS_PER_DAY);
    let second = seconds % SECONDS_PER_DAY;
    format!(
        "{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}.{:03}Z",
        second / 3600,
        second / 60 % 60,
        second % 60,
        since_1970.subsec_millis()
    )
}

/// Year, month and day, by days since the first of January 1970.
fn date(days: u64) -> (u64, u64, u64) {
    // The calendar repeats every 400 years; the steps below are within one such cycle.
    const DAYS_PER_CYCLE: u64 = 146_097;
    let mut year = 1970 + days / DAYS_PER_CYCLE * 400;
    let mut left = days % DAYS_PER_CYCLE;
    while left >= days_in_year(year) {
        left -= days_in_year(year);
        year += 1;
    }
    let mut month = 1;
    while left >= days_in_month(year, month) {
        left -= days_in_month(year, month);
        month += 1;
    }
    (year, month, left + 1)
}

fn is_leap(year: u64) -> bool {
    year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
}

fn days_in_year(year: u64) -> u64 {
    365 + u64::from(is_leap(year))
}

fn days_in_month(year: u64, month: u64) -> u64 {
    match month {
        2 => 28 + u64::from(is_leap(year)),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}
