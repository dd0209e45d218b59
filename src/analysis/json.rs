//! The results as compact JSON: what the JavaScript side decodes fastest.

use serde::Serialize;

use super::class::{ClassFacts, Entry, Heritage};
use super::facts::Facts;
use super::text::Units;

#[derive(Serialize)]
struct Analysis<'a> {
    form: u32,
    flags: u32,
    /// Where V8 places the function, as an offset in the text.
    anchor: usize,
    /// `[name, usage]` or `[name, usage, members]`
    names: Vec<Use<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    own: Option<(&'a str, u32)>,
    #[serde(skip_serializing_if = "Option::is_none")]
    class: Option<Class<'a>>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Use<'a> {
    Plain(&'a str, u32),
    Members(&'a str, u32, &'a [String]),
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Class<'a> {
    /// 0 none, 1 `null`, 2 an expression, or a name.
    heritage: Parent<'a>,
    private_fields: &'a [String],
    static_private: bool,
    static_fields: &'a [String],
    branded: bool,
    static_code: bool,
    /// Whether the values of its instance fields are.
    inert: bool,
    /// Of the constructor: -2 absent, -1 closed, 0 at its start, or the offset of the end of `super(...)`.
    entry: i64,
    /// What the constructor sets, if that is all it does.
    #[serde(skip_serializing_if = "Option::is_none")]
    sets: Option<&'a [String]>,
    /// `[name, start, end, initial]`, offsets in the text as JavaScript counts.
    arrow_fields: Vec<(&'a str, usize, usize, bool)>,
    /// `[start, end, key start, key end, static, method]`
    computed: Vec<(usize, usize, usize, usize, bool, bool)>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Parent<'a> {
    Kind(u32),
    Name(&'a str),
}

#[derive(Serialize)]
struct Failure<'a> {
    error: &'a str,
}

#[derive(Serialize)]
struct Factory<'a> {
    source: &'a str,
    head: usize,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    shifts: &'a [[i64; 3]],
    /// What was added to the text of a class: `[start, length]`, offsets in the text as it is now.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    added: &'a [[usize; 2]],
}

pub fn analysis(text: &str, facts: &Facts) -> String {
    let units = Units::new(text);
    let before = facts.wrap.before().len();
    let at = |offset: u32| units.at((offset as usize).saturating_sub(before));
    to_json(&Analysis {
        form: facts.form as u32,
        flags: facts.flags,
        anchor: at(facts.anchor),
        names: facts
            .names
            .iter()
            .map(|name| {
                if name.members.is_empty() {
                    Use::Plain(&name.name, name.usage)
                } else {
                    Use::Members(&name.name, name.usage, &name.members)
                }
            })
            .collect(),
        own: facts.own_name.as_deref().map(|name| (name, facts.own_usage)),
        class: facts.class.as_ref().map(|class| class_json(class, &at)),
    })
}

fn class_json<'a>(class: &'a ClassFacts, at: &impl Fn(u32) -> usize) -> Class<'a> {
    Class {
        heritage: match &class.heritage {
            None => Parent::Kind(0),
            Some(Heritage::Null) => Parent::Kind(1),
            Some(Heritage::Expression(_)) => Parent::Kind(2),
            Some(Heritage::Name(name)) => Parent::Name(name),
        },
        private_fields: &class.private_fields,
        static_private: class.static_private,
        static_fields: &class.static_fields,
        branded: class.branded,
        static_code: class.static_code,
        inert: class.inert,
        entry: match class.entry {
            Entry::Absent => -2,
            Entry::Closed => -1,
            Entry::Start => 0,
            Entry::Super(end) => i64::try_from(at(end)).unwrap_or(-1),
        },
        sets: class.sets.as_deref(),
        arrow_fields: class
            .arrow_fields
            .iter()
            .map(|field| {
                let (start, end) = (at(field.value.start), at(field.value.end));
                (field.name.as_str(), start, end, field.initial)
            })
            .collect(),
        computed: class
            .computed
            .iter()
            .map(|it| {
                (
                    at(it.member.start),
                    at(it.member.end),
                    at(it.key.start),
                    at(it.key.end),
                    it.is_static,
                    it.is_method,
                )
            })
            .collect(),
    }
}

pub fn factory(source: &str, head: usize, shifts: &[[i64; 3]], added: &[[usize; 2]]) -> String {
    to_json(&Factory {
        source,
        head,
        shifts,
        added,
    })
}

pub fn failure(reason: &str) -> String {
    to_json(&Failure { error: reason })
}

pub fn to_json(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_else(|error| format!("{{\"error\":{:?}}}", error.to_string()))
}
