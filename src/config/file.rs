//! A config file as a layer of options, each with its place in the file.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::error::ConfigError;
use super::input::Input;
use super::{Layer, yaml};

/// A larger file is not a config, and must not fill the memory.
const LARGEST_FILE: u64 = 1 << 20;

/// Line and column, both from 1.
pub type Place = (usize, usize);

/// What is wrong with a text, and where.
pub struct SyntaxError {
    pub place: Place,
    pub reason: String,
}

pub type Parsed = (Input, Places);

type Parse = fn(&str) -> Result<Parsed, SyntaxError>;

/// Options and the place of each, by dotted path.
#[derive(Default)]
pub struct Places(Vec<(String, Place)>);

impl Places {
    /// No option has a longer path: `workers.max`.
    pub const DEEPEST: usize = 2;
    /// Nor one of so many letters. What is not worth noting must not cost memory either.
    const LONGEST: usize = 64;

    pub fn note(&mut self, names: &[String], place: Place) {
        let plausible = names.iter().all(|name| name.len() <= Self::LONGEST);
        if plausible && !names.is_empty() && names.len() <= Self::DEEPEST {
            self.0.push((names.join("."), place));
        }
    }
}

/// Reads a `.json`, `.yaml` or `.yml` file. Mistakes are reported with file, line and column, those that
/// [`Config::merge`](super::Config::merge) finds in the layer too.
pub fn from_file(path: impl AsRef<Path>) -> Result<Layer, ConfigError> {
    let path = path.as_ref();
    let extension = path
        .extension()
        .and_then(|extension| extension.to_str())
        .unwrap_or_default();
    let (language, parse): (_, Parse) = match extension.to_ascii_lowercase().as_str() {
        "json" => ("JSON", parse_json),
        "yaml" | "yml" => ("YAML", yaml::parse),
        _ => {
            return Err(unreadable(
                path,
                "a .json, .yaml or .yml file",
                "the name ends otherwise",
            ));
        }
    };
    let bytes = read(path)?;
    let shown = path.display();
    match decode(&bytes).and_then(parse) {
        Ok((input, places)) => Ok(Layer {
            input,
            origins: places
                .0
                .into_iter()
                .map(|(option, (line, column))| (option, format!("{shown}:{line}:{column}")))
                .collect(),
        }),
        Err(SyntaxError {
            place: (line, column),
            reason,
        }) => Err(ConfigError::new(
            "path",
            format!("a file of valid {language}"),
            format!("a mistake in {shown}:{line}:{column}: {reason}"),
        )),
    }
}

fn unreadable(path: &Path, expected: &str, reason: impl std::fmt::Display) -> ConfigError {
    ConfigError::about_text("path", expected, &path.display().to_string(), reason)
}

fn read(path: &Path) -> Result<Vec<u8>, ConfigError> {
    let fail = |reason: std::io::Error| unreadable(path, "a readable file", reason);
    // Opening a pipe would wait for someone to write to it.
    if !std::fs::metadata(path).map_err(fail)?.is_file() {
        return Err(unreadable(path, "a readable file", "it is no file"));
    }
    let mut bytes = Vec::new();
    let mut file = File::open(path).map_err(fail)?.take(LARGEST_FILE + 1);
    file.read_to_end(&mut bytes).map_err(fail)?;
    if bytes.len() as u64 > LARGEST_FILE {
        return Err(unreadable(path, "a readable file", "it has more than 1 MB"));
    }
    Ok(bytes)
}

/// The text without its byte order mark.
fn decode(bytes: &[u8]) -> Result<&str, SyntaxError> {
    match str::from_utf8(bytes) {
        Ok(text) => Ok(text.strip_prefix('\u{feff}').unwrap_or(text)),
        Err(error) => Err(SyntaxError {
            place: {
                let valid = String::from_utf8_lossy(&bytes[..error.valid_up_to()]);
                Cursor::new(&valid).advance(valid.len())
            },
            reason: "not valid UTF-8".to_owned(),
        }),
    }
}

/// A place in a text that only moves forward.
struct Cursor<'a> {
    text: &'a str,
    offset: usize,
    place: Place,
}

impl<'a> Cursor<'a> {
    fn new(text: &'a str) -> Self {
        Self {
            text,
            offset: 0,
            place: (1, 1),
        }
    }

    fn advance(&mut self, offset: usize) -> Place {
        let (mut line, mut column) = self.place;
        for passed in self.text[self.offset..offset].chars() {
            (line, column) = if passed == '\n' {
                (line + 1, 1)
            } else {
                (line, column + 1)
            };
        }
        self.offset = offset;
        self.place = (line, column);
        self.place
    }
}

pub(super) fn parse_json(text: &str) -> Result<Parsed, SyntaxError> {
    let input = serde_json::from_str(text).map_err(|error| SyntaxError {
        place: (error.line().max(1), error.column().max(1)),
        reason: strip_place(&error.to_string()).to_owned(),
    })?;
    let mut places = Places::default();
    find_places(&mut Cursor::new(text), text, &mut Vec::new(), &mut places);
    Ok((input, places))
}

/// serde_json ends its messages with the place, which we say in our own way.
fn strip_place(message: &str) -> &str {
    message
        .rsplit_once(" at line ")
        .map_or(message, |(reason, _)| reason)
}

/// Notes where the value of each option in `object`, a part of the cursor's text, begins. The text is known to be
/// valid, and what is no object holds no options.
fn find_places(cursor: &mut Cursor, object: &str, path: &mut Vec<String>, places: &mut Places) {
    if path.len() == Places::DEEPEST || !object.trim_start().starts_with('{') {
        return;
    }
    let entries = serde_json::Deserializer::from_str(object).deserialize_map(Entries);
    for (name, value) in entries.unwrap_or_default() {
        // Both are slices of the same text, and entries come in its order.
        let offset = value.as_ptr() as usize - cursor.text.as_ptr() as usize;
        let place = cursor.advance(offset);
        path.push(name);
        places.note(path, place);
        find_places(cursor, value, path, places);
        path.pop();
    }
}

/// Reads an object's names and the text of their values, unparsed.
struct Entries;

impl<'de> Visitor<'de> for Entries {
    type Value = Vec<(String, &'de str)>;

    fn expecting(&self, formatter: &mut std::fmt::Formatter) -> std::fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut entries = Vec::new();
        while let Some((name, value)) = map.next_entry::<String, &'de RawValue>()? {
            entries.push((name, value.get()));
        }
        Ok(entries)
    }
}
