//! YAML 1.2 (its core schema) as the tree of options.
//!
//! Only what a config needs: one document, names that are scalars, no tags but the core ones. What is outside of
//! that is a mistake with its line and column. Aliases are copies; a document that grows too large by them, or
//! that is nested too deeply, is refused.

use std::collections::HashMap;

use saphyr_parser::{Event, Parser, ScalarStyle, Span, Tag};

use super::file::{Parsed, Place, Places, SyntaxError};
use super::input::Input;

/// Far more than there are options; aliases of aliases get there fast.
const MOST_VALUES: usize = 10_000;
const DEEPEST: usize = 64;

pub fn parse(text: &str) -> Result<Parsed, SyntaxError> {
    let mut loader = Loader::default();
    for event in Parser::new_from_str(text) {
        let (event, span) = event.map_err(|error| SyntaxError {
            place: (error.marker().line(), error.marker().col() + 1),
            reason: error.info().to_owned(),
        })?;
        let place = place_of(span);
        loader
            .take(event, place)
            .map_err(|reason| SyntaxError { place, reason })?;
    }
    // A file without any option, or with comments only, says nothing.
    let input = match loader.document {
        None | Some(Input::Null) => Input::Object(Vec::new()),
        Some(input) => input,
    };
    Ok((input, loader.places))
}

fn place_of(span: Span) -> Place {
    (span.start.line(), span.start.col() + 1)
}

/// A collection that has begun and not ended.
enum Open {
    List(Vec<Input>),
    /// With the name whose value comes next.
    Object(Vec<(String, Input)>, Option<String>),
}

#[derive(Default)]
struct Loader {
    open: Vec<(Open, usize)>,
    anchors: HashMap<usize, Input>,
    document: Option<Input>,
    places: Places,
    /// How many there are so far, those kept for aliases included.
    values: usize,
}

impl Loader {
    fn take(&mut self, event: Event, place: Place) -> Result<(), String> {
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                let value = scalar(&text, style, tag.as_deref())?;
                // A name is a text, whatever it looks like.
                if self.expects_name() {
                    return self.name(text.into_owned(), anchor);
                }
                self.add(value, anchor, place)
            }
            Event::SequenceStart(anchor, tag) => {
                check_tag(tag.as_deref(), "seq")?;
                self.begin(Open::List(Vec::new()), anchor, place)
            }
            Event::MappingStart(anchor, tag) => {
                check_tag(tag.as_deref(), "map")?;
                self.begin(Open::Object(Vec::new(), None), anchor, place)
            }
            Event::SequenceEnd | Event::MappingEnd => self.end(),
            Event::Alias(anchor) => self.alias(anchor, place),
            Event::DocumentStart(_) if self.document.is_some() => {
                Err("a second document; a config is one".to_owned())
            }
            Event::Nothing
            | Event::StreamStart
            | Event::StreamEnd
            | Event::DocumentStart(_)
            | Event::DocumentEnd => Ok(()),
        }
    }

    fn expects_name(&self) -> bool {
        matches!(self.open.last(), Some((Open::Object(_, None), _)))
    }

    fn name(&mut self, text: String, anchor: usize) -> Result<(), String> {
        if anchor > 0 {
            self.anchors.insert(anchor, Input::Text(text.clone()));
        }
        let Some((Open::Object(entries, name), _)) = self.open.last_mut() else {
            return Err("a name outside of a mapping".to_owned());
        };
        if entries.iter().any(|(known, _)| *known == text) {
            return Err(format!("`{text}` is given twice"));
        }
        *name = Some(text);
        Ok(())
    }

    fn alias(&mut self, anchor: usize, place: Place) -> Result<(), String> {
        let value = self.anchors.get(&anchor).cloned();
        match value.ok_or("an alias of something that has not ended yet")? {
            Input::Text(text) if self.expects_name() => self.name(text, 0),
            value => {
                self.values = self.values.saturating_add(size(&value));
                self.note_place(place);
                self.put(value)
            }
        }
    }

    fn begin(&mut self, collection: Open, anchor: usize, place: Place) -> Result<(), String> {
        if self.expects_name() {
            return Err("a name that is a collection".to_owned());
        }
        if self.open.len() == DEEPEST {
            return Err("nested too deeply".to_owned());
        }
        self.note_place(place);
        self.open.push((collection, anchor));
        Ok(())
    }

    fn end(&mut self) -> Result<(), String> {
        let (value, anchor) = match self.open.pop() {
            Some((Open::List(items), anchor)) => (Input::List(items), anchor),
            Some((Open::Object(entries, None), anchor)) => (Input::Object(entries), anchor),
            Some((Open::Object(_, Some(name)), _)) => return Err(format!("`{name}` has no value")),
            None => return Err("an end without a beginning".to_owned()),
        };
        self.remember(anchor, &value);
        self.put(value)
    }

    fn add(&mut self, value: Input, anchor: usize, place: Place) -> Result<(), String> {
        self.note_place(place);
        self.remember(anchor, &value);
        self.put(value)
    }

    fn remember(&mut self, anchor: usize, value: &Input) {
        if anchor > 0 {
            self.values = self.values.saturating_add(size(value));
            self.anchors.insert(anchor, value.clone());
        }
    }

    /// Puts a value where it belongs: into the collection around it, or as the document.
    fn put(&mut self, value: Input) -> Result<(), String> {
        self.values = self.values.saturating_add(1);
        if self.values > MOST_VALUES {
            return Err(format!("more than {MOST_VALUES} values"));
        }
        match self.open.last_mut() {
            None => self.document = Some(value),
            Some((Open::List(items), _)) => items.push(value),
            Some((Open::Object(entries, name), _)) => match name.take() {
                Some(name) => entries.push((name, value)),
                None => return Err("a name that is not a text".to_owned()),
            },
        }
        Ok(())
    }

    /// Notes the place of the value that comes now, unless it is inside of a list.
    fn note_place(&mut self, place: Place) {
        let name_of = |(collection, _): &'_ (Open, usize)| match collection {
            Open::Object(_, name) => name.clone(),
            Open::List(_) => None,
        };
        if self.open.len() <= Places::DEEPEST
            && let Some(names) = self.open.iter().map(name_of).collect::<Option<Vec<_>>>()
        {
            self.places.note(&names, place);
        }
    }
}

/// What a copy of a tree costs, in values; long texts count for several. It is nested at most as deeply as collections may be.
fn size(value: &Input) -> usize {
    match value {
        Input::List(items) => 1 + items.iter().map(size).sum::<usize>(),
        Input::Object(entries) => 1 + entries.iter().map(|(_, value)| size(value)).sum::<usize>(),
        Input::Text(text) => 1 + text.len() / 64,
        _ => 1,
    }
}

fn check_tag(tag: Option<&Tag>, expected: &str) -> Result<(), String> {
    match tag {
        Some(tag) if !tag.is_yaml_core_schema() || tag.suffix != expected => Err(unknown_tag(tag)),
        _ => Ok(()),
    }
}

fn unknown_tag(tag: &Tag) -> String {
    format!("the tag `{tag}` means nothing here")
}

fn scalar(text: &str, style: ScalarStyle, tag: Option<&Tag>) -> Result<Input, String> {
    let Some(tag) = tag else {
        return Ok(match style {
            ScalarStyle::Plain => plain(text),
            _ => Input::Text(text.to_owned()),
        });
    };
    let value = plain(text);
    match (tag.suffix.as_str(), &value) {
        _ if !tag.is_yaml_core_schema() => Err(unknown_tag(tag)),
        ("str", _) => Ok(Input::Text(text.to_owned())),
        ("int" | "float", Input::Number(_)) | ("bool", Input::Bool(_)) | ("null", Input::Null) => Ok(value),
        ("int" | "float" | "bool" | "null", _) => Err(format!("`{text}` is not what its tag `{tag}` says")),
        _ => Err(unknown_tag(tag)),
    }
}

/// A scalar without quotes, by the core schema.
fn plain(text: &str) -> Input {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Input::Null,
        "true" | "True" | "TRUE" => return Input::Bool(true),
        "false" | "False" | "FALSE" => return Input::Bool(false),
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => {
            return Input::Number(f64::INFINITY);
        }
        "-.inf" | "-.Inf" | "-.INF" => return Input::Number(f64::NEG_INFINITY),
        ".nan" | ".NaN" | ".NAN" => return Input::Number(f64::NAN),
        _ => {}
    }
    let radix = |prefix, radix| {
        let digits = text.strip_prefix(prefix)?;
        // `from_str_radix` would take a sign too.
        let valid = digits.chars().all(|digit| digit.is_digit(radix));
        u64::from_str_radix(digits, radix).ok().filter(|_| valid)
    };
    if let Some(value) = radix("0x", 16).or_else(|| radix("0o", 8)) {
        return Input::Number(value as f64);
    }
    // Rust takes words such as `inf` for numbers, which YAML spells otherwise.
    let numeric = text
        .bytes()
        .all(|byte| matches!(byte, b'0'..=b'9' | b'.' | b'e' | b'E' | b'+' | b'-'));
    match text.parse::<f64>() {
        Ok(value) if numeric && value.is_finite() => Input::Number(value),
        _ => Input::Text(text.to_owned()),
    }
}
