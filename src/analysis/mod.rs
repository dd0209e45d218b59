//! What a function's source text says about it: which names it leaves free and how it uses them, what it needs of the
//! code around it, and how it is made anew elsewhere.
//!
//! Pure: text in, facts or text out. Nothing here knows Node, V8 or a thread; the Node edge caches by text.
//!
//! - [`analyze`] tells what a function needs ([`Analysis`]).
//! - [`build()`] writes the *factory*: an expression that makes such a function again in another isolate, its free names
//!   being variables of the factory, every character of the original on its own line and column as far as possible.
//! - [`file_facts`] tells what only the whole file knows: strictness, and which variables never change.
//!
//! `Function.prototype.toString` gives the exact source range. Methods, getters and setters are not expressions by
//! themselves, so they are read as the only member of an object literal ([`source`]).

mod build;
mod build_class;
mod class;
mod facts;
mod file;
mod inert;
mod json;
mod names;
mod source;
mod text;
mod walker;

#[cfg(test)]
mod tests;

pub use build::{Spec, build};
pub use facts::{Facts, Form};
pub use file::file_facts;

use source::read;

/// Everything the submitting side needs to know about one function, as compact JSON (see `json.rs` for its keys), or
/// the reason why the text cannot be read.
#[must_use]
pub fn analyze(text: &str) -> String {
    match read(text, |_, facts| json::analysis(text, facts)) {
        Ok(json) => json,
        Err(reason) => json::failure(&reason),
    }
}
