//! What a text says about a function.

use oxc_span::Span;

use super::class::ClassFacts;
use super::names::{Mention, Names};
use super::source::Wrap;

/// What kind of function a text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    Arrow = 0,
    Function = 1,
    Method = 2,
    Getter = 3,
    Setter = 4,
    Class = 5,
}

/// Bits of [`Facts::flags`].
pub mod flag {
    pub const ASYNC: u32 = 1;
    pub const GENERATOR: u32 = 1 << 1;
    /// Its own body begins with `"use strict"`.
    pub const STRICT: u32 = 1 << 2;
    /// `this` of the code around it (arrows).
    pub const OUTER_THIS: u32 = 1 << 3;
    pub const OUTER_SUPER: u32 = 1 << 4;
    pub const OUTER_NEW_TARGET: u32 = 1 << 5;
    pub const OUTER_ARGUMENTS: u32 = 1 << 6;
    /// `super` of its own, so it needs its home object (methods).
    pub const SUPER: u32 = 1 << 7;
    pub const EVAL: u32 = 1 << 8;
    pub const WITH: u32 = 1 << 9;
    pub const IMPORT: u32 = 1 << 10;
    pub const IMPORT_META: u32 = 1 << 11;
    /// Uses a `#name` that it does not declare.
    pub const OUTER_PRIVATE: u32 = 1 << 12;
    /// Its own `this`.
    pub const THIS: u32 = 1 << 13;
    /// Does something that strict code does differently.
    pub const SENSITIVE: u32 = 1 << 14;
    /// Nothing happens when it is called until its first statement.
    pub const OPEN: u32 = 1 << 15;
}

/// All that one walk finds. Offsets are those of the wrapped text.
#[derive(Debug)]
pub struct Facts {
    pub form: Form,
    pub wrap: Wrap,
    pub flags: u32,
    pub names: Names,
    pub mentions: Vec<Mention>,
    pub import_metas: Vec<Span>,
    /// The name after `function`, and how the body uses it: for a declaration it is a variable of the outer scope.
    pub own_name: Option<String>,
    pub own_usage: u32,
    /// Where V8 says that the function is: at the parameters, or at its first character.
    pub anchor: u32,
    /// The expression in the brackets of a computed member name: it belongs to the code around.
    pub computed_key: Option<Span>,
    pub class: Option<ClassFacts>,
}
