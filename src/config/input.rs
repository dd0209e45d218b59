//! What a user wrote, before anyone has judged it: JSON, YAML and environment variables all become this tree.
//!
//! JSON cannot say all that JavaScript can, so an object with a single key that starts with `$` is a tag:
//!
//! | JSON | JavaScript |
//! |---|---|
//! | `{"$number":"Infinity"}`, `"-Infinity"`, `"NaN"` | that number |
//! | `{"$undefined":true}` | `undefined`: as good as not given, but the name must be known |
//! | `{"$logger":true}` | an object with logging methods, kept in JavaScript |
//! | ``{"$foreign":"`Symbol(x)` (symbol)"}`` | anything that no option takes, as the text to show |

use std::fmt;

use serde::de::{self, Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::ser::{Serialize, SerializeMap, Serializer};

/// One value that a user gave for an option.
#[derive(Debug, Clone, PartialEq)]
pub enum Input {
    Undefined,
    Null,
    Bool(bool),
    Number(f64),
    Text(String),
    Logger,
    /// No option takes it; the text says what it is.
    Foreign(String),
    List(Vec<Input>),
    /// In the order written; names are unique.
    Object(Vec<(String, Input)>),
}

/// Longer values are cut in messages.
const LONGEST_SHOWN: usize = 80;

impl Input {
    /// The value and its type as messages show them, the same as in JavaScript: `` `"4GB"` (string) ``.
    pub fn describe(&self) -> String {
        match self {
            Input::Undefined => "`undefined`".to_owned(),
            Input::Null => "`null`".to_owned(),
            Input::Bool(value) => format!("`{value}` (boolean)"),
            Input::Number(value) => format!("`{}` (number)", number(*value)),
            Input::Text(text) => format!("`{}` (string)", quote(text)),
            Input::List(items) => format!("an array of {}", items.len()),
            Input::Logger | Input::Object(_) => "an object".to_owned(),
            Input::Foreign(text) => text.clone(),
        }
    }
}

/// A text in quotes. It is cut first: it may be as long as memory allows.
fn quote(text: &str) -> String {
    let start: String = text.chars().take(LONGEST_SHOWN).collect();
    let quoted = serde_json::Value::String(start).to_string();
    if quoted.chars().count() <= LONGEST_SHOWN {
        return quoted;
    }
    quoted.chars().take(LONGEST_SHOWN - 1).chain(['…']).collect()
}

/// A number as JavaScript spells it.
fn number(value: f64) -> String {
    if value.is_infinite() {
        return if value > 0.0 { "Infinity" } else { "-Infinity" }.to_owned();
    }
    if value.abs() >= 1e21 {
        return format!("{value:e}").replace('e', "e+");
    }
    format!("{value}")
}

impl<'de> Deserialize<'de> for Input {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reader)
    }
}

struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = Input;

    fn expecting(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Input, E> {
        Ok(Input::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Input, E> {
        Ok(Input::Bool(value))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Input, E> {
        Ok(Input::Number(value))
    }

    // Integers become the number that JavaScript would have read.
    fn visit_u64<E>(self, value: u64) -> Result<Input, E> {
        Ok(Input::Number(value as f64))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Input, E> {
        Ok(Input::Number(value as f64))
    }

    fn visit_str<E>(self, value: &str) -> Result<Input, E> {
        Ok(Input::Text(value.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Input, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Input::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Input, A::Error> {
        let mut entries = Vec::new();
        let mut seen = std::collections::HashSet::new();
        while let Some((name, value)) = map.next_entry::<String, Input>()? {
            // Two values for one name: one of them would have been ignored without a word.
            if !seen.insert(name.clone()) {
                return Err(de::Error::custom(format_args!("`{name}` is given twice")));
            }
            entries.push((name, value));
        }
        Ok(untag(entries))
    }
}

/// An object, or what it stands for if it is a tag. A tag that is not one of ours stays an object,
/// and is refused later as an unknown option.
fn untag(entries: Vec<(String, Input)>) -> Input {
    if let [(name, value)] = entries.as_slice() {
        match (name.as_str(), value) {
            ("$number", Input::Text(text)) => match text.as_str() {
                "Infinity" => return Input::Number(f64::INFINITY),
                "-Infinity" => return Input::Number(f64::NEG_INFINITY),
                "NaN" => return Input::Number(f64::NAN),
                _ => {}
            },
            ("$undefined", Input::Bool(true)) => return Input::Undefined,
            ("$logger", Input::Bool(true)) => return Input::Logger,
            ("$foreign", Input::Text(text)) => return Input::Foreign(text.clone()),
            _ => {}
        }
    }
    Input::Object(entries)
}

impl Serialize for Input {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Input::Null => serializer.serialize_unit(),
            Input::Bool(value) => serializer.serialize_bool(*value),
            Input::Number(value) => serialize_number(*value, serializer),
            Input::Text(text) => serializer.serialize_str(text),
            Input::Undefined => tag(serializer, "$undefined", &true),
            Input::Logger => tag(serializer, "$logger", &true),
            Input::Foreign(text) => tag(serializer, "$foreign", text),
            Input::List(items) => serializer.collect_seq(items),
            Input::Object(entries) => {
                serializer.collect_map(entries.iter().map(|(name, value)| (name, value)))
            }
        }
    }
}

/// A number, tagged where JSON has none; whole ones without a fraction, as JavaScript would.
pub fn serialize_number<S: Serializer>(value: f64, serializer: S) -> Result<S::Ok, S::Error> {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    if !value.is_finite() {
        tag(serializer, "$number", &number(value))
    } else if value.fract() == 0.0 && value.abs() <= EXACT {
        serializer.serialize_i64(value as i64)
    } else {
        serializer.serialize_f64(value)
    }
}

/// The tagged form, `{"$number":"Infinity"}`.
pub fn tag<S: Serializer, T: Serialize + ?Sized>(
    serializer: S,
    name: &str,
    value: &T,
) -> Result<S::Ok, S::Error> {
    let mut map = serializer.serialize_map(Some(1))?;
    map.serialize_entry(name, value)?;
    map.end()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Input {
        serde_json::from_str(json).expect("valid JSON")
    }

    #[test]
    fn tags_stand_for_what_json_cannot_say() {
        assert_eq!(read(r#"{"$number":"Infinity"}"#), Input::Number(f64::INFINITY));
        assert_eq!(read(r#"{"$undefined":true}"#), Input::Undefined);
        assert_eq!(read(r#"{"$logger":true}"#), Input::Logger);
        assert!(matches!(read(r#"{"$number":"12"}"#), Input::Object(_)));
        assert!(matches!(read(r#"{"$number":"NaN"}"#), Input::Number(n) if n.is_nan()));
    }

    #[test]
    fn what_is_read_is_written_back() {
        let json = r#"{"a":[1,2.5,null,true,"x"],"b":{"$number":"-Infinity"},"c":{"$foreign":"f"}}"#;
        assert_eq!(serde_json::to_string(&read(json)).expect("written"), json);
    }

    #[test]
    fn a_name_given_twice_is_refused() {
        let error = serde_json::from_str::<Input>(r#"{"a":1,"a":2}"#).expect_err("refused");
        assert!(error.to_string().contains("`a` is given twice"), "{error}");
    }

    #[test]
    fn values_are_shown_with_their_type() {
        assert_eq!(read("0").describe(), "`0` (number)");
        assert_eq!(read("1e300").describe(), "`1e+300` (number)");
        assert_eq!(read(r#""4 GB""#).describe(), "`\"4 GB\"` (string)");
        assert_eq!(read("null").describe(), "`null`");
        assert_eq!(read("[1]").describe(), "an array of 1");
        assert!(Input::Text("x".repeat(1 << 20)).describe().len() < 110);
    }
}
