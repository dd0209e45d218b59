//! The factory of a function: an expression that yields `[set, make, restore]`.
//!
//! ```text
//! (function(){"use strict";var a,b;return[(v0,v1)=>{a=v0;b=v1},()=>(TEXT
//! )]})
//! ```
//!
//! - The prefix stays on the first line, so that the script can be compiled at the line and column of the original.
//! - `set` gives the variables their values, after every function of a graph exists: recursion and cycles are plain
//!   assignments. `make` gives the function: a class runs code when it is made, so it is made later.
//! - The factory is called with the `this` and the `arguments` that an arrow function shall see.
//! - Names of our own have a stem that does not occur in the text: minified programs use the short ones.

use serde::Deserialize;

use super::facts::Facts;
use super::json;
use super::names::{Mention, MentionKind};
use super::source::{Wrap, read};
use super::text::{Lines, Units, width};

/// How a factory is wanted.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct Spec {
    /// The code around it is strict.
    pub strict: bool,
    /// Variables of the factory, in the order in which `set` takes their values.
    pub names: Vec<String>,
    /// Those of `names` that are cells: objects with the value in `v`, shared by several functions.
    pub cells: Vec<String>,
    /// The text is a declaration whose name is a variable like any other.
    pub declaration: bool,
    /// A class whose instances are rebuilt with their private state: `restore` is wanted.
    pub restore: bool,
    /// A class whose instances go back with their private state: only the reading half of `restore` is wanted.
    pub reads: bool,
    /// A class whose own private fields are to be as they are now: a function that sets them is wanted.
    pub statics: bool,
    /// For each computed member of a class: whether its name is given instead of evaluated.
    pub keys: Vec<bool>,
    /// A class whose heritage expression is given instead of evaluated.
    pub heritage: bool,
}

/// A replacement in the wrapped text.
pub(super) struct Edit {
    pub(super) start: usize,
    end: usize,
    with: String,
}

impl Edit {
    pub(super) const fn insert(at: usize, with: String) -> Self {
        Self {
            start: at,
            end: at,
            with,
        }
    }
}

/// The factory as compact JSON, or the reason why there is none.
#[must_use]
pub fn build(text: &str, spec: &Spec) -> String {
    match read(text, |wrapped, facts| Builder::new(wrapped, facts, spec).build()) {
        Ok(json) => json,
        Err(reason) => json::failure(&reason),
    }
}

pub(super) struct Builder<'b> {
    wrapped: &'b str,
    facts: &'b Facts,
    pub(super) spec: &'b Spec,
    pub(super) stem: String,
}

impl<'b> Builder<'b> {
    fn new(wrapped: &'b str, facts: &'b Facts, spec: &'b Spec) -> Self {
        Self {
            wrapped,
            facts,
            spec,
            stem: stem(wrapped, &spec.names),
        }
    }

    fn build(&self) -> String {
        let edits = self.edits();
        let declared = self.spec.declaration && self.facts.wrap == Wrap::Expression;
        let (before, after) = if declared { (1, 2) } else { (0, 0) };
        let inner = &self.wrapped[before..self.wrapped.len() - after];
        let body = apply(inner, before, &edits);
        let prefix = self.prefix(declared);
        let suffix = self.suffix(declared);
        let wrap = if declared {
            0
        } else {
            self.facts.wrap.before().len()
        };
        let head = width(&prefix) + wrap;
        let source = [prefix.as_str(), &body, suffix.as_str()].concat();
        json::factory(&source, head, &self.shifts(&edits), &self.added(&edits))
    }

    /// Where something was added to a class, so that its text can be told from what it was.
    fn added(&self, edits: &[Edit]) -> Vec<[usize; 2]> {
        if self.facts.class.is_none() {
            return Vec::new();
        }
        let start_of_text = self.facts.wrap.before().len();
        let units = Units::new(&self.wrapped[start_of_text..]);
        let mut added = Vec::new();
        let (mut grown, mut shrunk) = (0, 0);
        for edit in edits {
            let start = units.at(edit.start - start_of_text) + grown - shrunk;
            let length = width(&edit.with);
            if edit.start == edit.end {
                added.push([start, length]);
            }
            grown += length;
            shrunk += width(&self.wrapped[edit.start..edit.end]);
        }
        added
    }

    fn local(&self, name: &str) -> String {
        if self.spec.cells.iter().any(|cell| cell == name) {
            self.cell(name)
        } else {
            name.to_owned()
        }
    }

    fn cell(&self, name: &str) -> String {
        let index = self
            .spec
            .cells
            .iter()
            .position(|cell| cell == name)
            .unwrap_or_default();
        format!("{}c{index}", self.stem)
    }

    fn prefix(&self, declared: bool) -> String {
        let mut variables: Vec<String> = self.spec.names.iter().map(|name| self.local(name)).collect();
        let mut assignments: Vec<String> = variables.clone();
        let own = self.facts.own_name.as_deref();
        if declared {
            // The declaration itself declares this one.
            variables.retain(|name| Some(name.as_str()) != own);
        }
        if self.spec.heritage {
            variables.push(self.heritage());
            assignments.push(self.heritage());
        }
        if !self.spec.keys.is_empty() {
            variables.push(self.keys());
            assignments.push(self.keys());
        }
        if !self.facts.import_metas.is_empty() {
            variables.push(self.meta());
            assignments.push(self.meta());
        }
        if self.spec.restore {
            variables.push(self.guard());
        }
        if self.spec.restore || self.spec.reads {
            variables.push(self.restorer());
        }
        if self.spec.statics {
            variables.push(self.statics());
        }
        let mut prefix = String::from("(function(){");
        if self.spec.strict {
            prefix.push_str("\"use strict\";");
        }
        if !variables.is_empty() {
            prefix.push_str(&["var ", &variables.join(","), ";"].concat());
        }
        if declared {
            return prefix;
        }
        prefix.push_str("return[");
        prefix.push_str(&self.setter(&assignments));
        prefix.push_str(",()=>");
        prefix
    }

    fn setter(&self, assignments: &[String]) -> String {
        let values: Vec<String> = (0..assignments.len())
            .map(|index| format!("{}{index}", self.stem))
            .collect();
        let lines: Vec<String> = assignments
            .iter()
            .zip(&values)
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        format!("({})=>{{{}}}", values.join(","), lines.join(";"))
    }

    fn suffix(&self, declared: bool) -> String {
        if declared {
            let own = self.facts.own_name.as_deref().unwrap_or_default();
            let assignments: Vec<String> = self.spec.names.iter().map(|name| self.local(name)).collect();
            let made = format!("{}f", self.stem);
            return format!(
                "\nvar {made}={own};return[{},()=>{made}]}})",
                self.setter(&assignments)
            );
        }
        let restore = if self.spec.restore {
            format!(
                ",{g}=>{{{guard}={g}}},(...{g})=>{r}(...{g})",
                g = self.stem,
                guard = self.guard(),
                r = self.restorer()
            )
        } else if self.spec.reads {
            format!(",,(...{g})=>{r}(...{g})", g = self.stem, r = self.restorer())
        } else {
            String::from(",,")
        };
        if self.spec.statics {
            return format!("{restore},{g}=>{s}({g})]}})", g = self.stem, s = self.statics());
        }
        [restore.trim_end_matches(','), "]})"].concat()
    }

    pub(super) fn heritage(&self) -> String {
        format!("{}h", self.stem)
    }

    pub(super) fn keys(&self) -> String {
        format!("{}k", self.stem)
    }

    /// As wide as `import.meta`, so that nothing moves.
    fn meta(&self) -> String {
        let mut name = String::from("import_meta");
        let mut digit = 0;
        while self.wrapped.contains(&name) {
            name = format!("import_me{digit:02}");
            digit += 1;
        }
        name
    }

    pub(super) fn guard(&self) -> String {
        format!("{}g", self.stem)
    }

    pub(super) fn restorer(&self) -> String {
        format!("{}r", self.stem)
    }

    pub(super) fn statics(&self) -> String {
        format!("{}s", self.stem)
    }

    fn edits(&self) -> Vec<Edit> {
        let mut edits: Vec<Edit> = self
            .facts
            .mentions
            .iter()
            .filter_map(|mention| self.cell_edit(mention))
            .collect();
        edits.extend(self.facts.import_metas.iter().map(|span| Edit {
            start: span.start as usize,
            end: span.end as usize,
            with: self.meta(),
        }));
        if let Some(key) = self.facts.computed_key {
            edits.push(self.same_width(key.start as usize, key.end as usize, "0"));
        }
        if let Some(class) = &self.facts.class {
            self.class_edits(class, &mut edits);
        }
        // What is added at a place comes before what takes the place of something.
        edits.sort_by_key(|edit| (edit.start, edit.end));
        edits
    }

    fn cell_edit(&self, mention: &Mention) -> Option<Edit> {
        if !self.spec.cells.contains(&mention.name) {
            return None;
        }
        if !self.spec.declaration && self.facts.own_name.as_deref() == Some(&mention.name) {
            return None;
        }
        let cell = self.cell(&mention.name);
        let with = match mention.kind {
            MentionKind::Plain => format!("{cell}.v"),
            MentionKind::Shorthand => format!("{}:{cell}.v", mention.name),
            MentionKind::Callee => format!("(0,{cell}.v)"),
        };
        Some(Edit {
            start: mention.start as usize,
            end: mention.end as usize,
            with,
        })
    }

    /// Keeps the lines, and the columns if the replacement is not the longer one.
    pub(super) fn same_width(&self, start: usize, end: usize, with: &str) -> Edit {
        let old = &self.wrapped[start..end];
        let ends: String = old
            .chars()
            .filter(|char| matches!(char, '\n' | '\r' | '\u{2028}' | '\u{2029}'))
            .collect();
        let last = old
            .rsplit(['\n', '\r', '\u{2028}', '\u{2029}'])
            .next()
            .unwrap_or_default();
        let used = if ends.is_empty() { width(with) } else { 0 };
        let new = [with, &ends, &" ".repeat(width(last).saturating_sub(used))].concat();
        Edit {
            start,
            end,
            with: new,
        }
    }

    /// For each edit that moves what follows it on its line: line, column where the rest of the line begins now,
    /// and by how much it moved. Columns count from the start of the original text on its first line.
    fn shifts(&self, edits: &[Edit]) -> Vec<[i64; 3]> {
        let text = &self.wrapped[self.facts.wrap.before().len()..];
        let start_of_text = self.facts.wrap.before().len();
        let lines = Lines::new(text);
        let mut shifts = Vec::new();
        let mut line_of_last = usize::MAX;
        let mut moved = 0_i64;
        for edit in edits {
            let (line, column) = lines.position(edit.end - start_of_text);
            if line != line_of_last {
                line_of_last = line;
                moved = 0;
            }
            let by = i64::try_from(width(&edit.with)).unwrap_or(0)
                - i64::try_from(width(&self.wrapped[edit.start..edit.end])).unwrap_or(0);
            if by != 0 {
                moved += by;
                shifts.push([
                    i64::try_from(line).unwrap_or(0),
                    i64::try_from(column).unwrap_or(0) + moved,
                    moved,
                ]);
            }
        }
        shifts
    }
}

/// Replaces, `base` being the offset of `inner` in the text that the edits count in.
fn apply(inner: &str, base: usize, edits: &[Edit]) -> String {
    let mut out = String::with_capacity(inner.len() + 64);
    let mut at = 0;
    for edit in edits {
        out.push_str(&inner[at..edit.start - base]);
        out.push_str(&edit.with);
        at = edit.end - base;
    }
    out.push_str(&inner[at..]);
    out
}

/// A stem for names of our own that occurs neither in the text nor in the names.
fn stem(text: &str, names: &[String]) -> String {
    let mut stem = String::from("tasklets_");
    while text.contains(&stem) || names.iter().any(|name| name.contains(&stem)) {
        stem.push('_');
    }
    stem
}
