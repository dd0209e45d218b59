//! One walk over the tree of a function: what it needs of the code around it.

use oxc_ast::ast::{
    Argument, ArrowFunctionExpression, AssignmentTarget, AssignmentTargetPropertyIdentifier, CallExpression,
    Class, ClassElement, Expression, Function, IdentifierReference, ImportExpression, ImportMeta, NewTarget,
    ObjectProperty, PrivateIdentifier, PropertyDefinition, PropertyKind, StaticBlock, StaticMemberExpression,
    Super, TaggedTemplateExpression, ThisExpression, UnaryExpression, UnaryOperator, UpdateExpression,
    WithStatement,
};
use oxc_ast_visit::{Visit, walk};
use oxc_semantic::{ReferenceFlags, Scoping};
use oxc_span::{GetSpan, Span};
use oxc_syntax::{scope::ScopeFlags, symbol::SymbolId};

use super::class::{ClassFacts, class_facts};
use super::inert::are_inert;
use super::names::{GLOBAL, Mention, MentionKind, Names, usage};
use super::source::{Subject, Wrap};

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

/// Walks the subject. `None` if it is no function at all.
pub fn collect(subject: &Subject<'_, '_>, scoping: &Scoping, wrap: Wrap) -> Option<Facts> {
    let mut walker = Walker::new(scoping, wrap);
    match subject {
        Subject::Expression(Expression::ArrowFunctionExpression(arrow)) => walker.arrow(arrow),
        Subject::Expression(Expression::FunctionExpression(function)) => {
            walker.own_symbol = function.id.as_ref().and_then(|id| id.symbol_id.get());
            walker.facts.own_name = function.id.as_ref().map(|id| id.name.to_string());
            walker.function(function, Form::Function);
        }
        Subject::Expression(Expression::ClassExpression(class)) => {
            walker.facts.form = Form::Class;
            walker.facts.own_name = class.id.as_ref().map(|id| id.name.to_string());
            walker.facts.class = Some(class_facts(class));
            walker.main_class(class);
        }
        Subject::Member(member) => walker.member(member)?,
        Subject::Expression(_) => return None,
    }
    Some(walker.facts)
}

struct Walker<'s> {
    scoping: &'s Scoping,
    facts: Facts,
    own_symbol: Option<SymbolId>,
    /// One entry for each function around the current node that has a `this` of its own: was it used?
    this_used: Vec<bool>,
    /// Whether the function left last used its own `this`.
    left_this_used: bool,
    private_scopes: Vec<Vec<String>>,
    /// The member expression that is assigned to, or called, where the walk is just there.
    target: Option<Span>,
    callee: Option<Span>,
}

impl<'s> Walker<'s> {
    fn new(scoping: &'s Scoping, wrap: Wrap) -> Self {
        let facts = Facts {
            form: Form::Arrow,
            wrap,
            flags: 0,
            names: Names::default(),
            mentions: Vec::new(),
            import_metas: Vec::new(),
            own_name: None,
            own_usage: 0,
            anchor: 0,
            computed_key: None,
            class: None,
        };
        Self {
            scoping,
            facts,
            own_symbol: None,
            this_used: Vec::new(),
            left_this_used: false,
            private_scopes: Vec::new(),
            target: None,
            callee: None,
        }
    }

    fn arrow(&mut self, arrow: &ArrowFunctionExpression<'_>) {
        self.facts.form = Form::Arrow;
        self.facts.anchor = arrow.span.start;
        self.set(flag::ASYNC, arrow.r#async);
        self.set(flag::STRICT, arrow.has_use_strict_directive());
        self.set(flag::OPEN, are_inert(&arrow.params));
        self.visit_arrow_function_expression(arrow);
    }

    fn function(&mut self, function: &Function<'_>, form: Form) {
        self.facts.form = form;
        self.facts.anchor = function.params.span.start;
        self.set(flag::ASYNC, function.r#async);
        self.set(flag::GENERATOR, function.generator);
        self.set(flag::STRICT, function.has_use_strict_directive());
        self.set(flag::OPEN, !function.generator && are_inert(&function.params));
        self.visit_function(function, ScopeFlags::Function);
        self.set(flag::THIS, self.left_this_used);
    }

    fn member(&mut self, member: &ObjectProperty<'_>) -> Option<()> {
        let Expression::FunctionExpression(function) = &member.value else {
            return None;
        };
        self.facts.computed_key = member.computed.then(|| member.key.span());
        let form = match member.kind {
            PropertyKind::Get => Form::Getter,
            PropertyKind::Set => Form::Setter,
            PropertyKind::Init => Form::Method,
        };
        self.function(function, form);
        Some(())
    }

    /// The heritage and computed names of the class itself are code of the outer function: they are not looked at.
    fn main_class(&mut self, class: &Class<'_>) {
        self.facts.anchor = super::class::constructor_params(class).unwrap_or(class.span.start);
        self.private_scopes.push(super::class::private_names(class));
        for element in &class.body.body {
            match element {
                ClassElement::MethodDefinition(method) => {
                    self.visit_function(&method.value, ScopeFlags::Function)
                }
                ClassElement::PropertyDefinition(field) => {
                    if let Some(value) = &field.value {
                        self.in_own_this(|inside| inside.visit_expression(value));
                    }
                }
                other => self.visit_class_element(other),
            }
        }
        self.private_scopes.pop();
    }

    const fn set(&mut self, bit: u32, on: bool) {
        if on {
            self.facts.flags |= bit;
        }
    }

    fn in_own_this(&mut self, inside: impl FnOnce(&mut Self)) {
        self.this_used.push(false);
        inside(self);
        self.left_this_used = self.this_used.pop().unwrap_or(false);
    }

    /// Adds a use of a name if it is free. Whether it was, or is the function's own name.
    fn mention(
        &mut self,
        it: &IdentifierReference<'_>,
        usage: u32,
        member: Option<String>,
        kind: MentionKind,
    ) {
        let reference = it.reference_id.get().map(|id| self.scoping.get_reference(id));
        let symbol = reference.and_then(oxc_semantic::Reference::symbol_id);
        let written = reference.is_some_and(|reference| reference.flags().contains(ReferenceFlags::Write));
        let usage = if written { usage | usage::WRITE } else { usage };
        if it.name == "arguments" && symbol.is_none() {
            let outer = self.this_used.is_empty();
            self.facts.flags |= if outer {
                flag::OUTER_ARGUMENTS
            } else {
                flag::SENSITIVE
            };
            return;
        }
        if symbol.is_some() {
            if symbol == self.own_symbol {
                self.facts.own_usage |= usage;
                self.push_mention(it, kind);
            }
            return;
        }
        self.facts.names.add(it.name.as_str(), usage, member);
        self.push_mention(it, kind);
    }

    /// `globalThis.name` is a variable as much as `name` alone is, under a name that no variable has.
    fn global(&mut self, object: &IdentifierReference<'_>, property: &str, span: Span) {
        let is_free = object
            .reference_id
            .get()
            .is_some_and(|id| self.scoping.get_reference(id).symbol_id().is_none());
        if !is_free || !matches!(object.name.as_str(), "globalThis" | "global") {
            return;
        }
        let name = [GLOBAL, property].concat();
        let (usage, kind) = if self.target == Some(span) {
            (usage::VALUE | usage::WRITE, MentionKind::Plain)
        } else if self.callee == Some(span) {
            (usage::CALL, MentionKind::Callee)
        } else {
            (usage::VALUE, MentionKind::Plain)
        };
        self.facts.names.add(&name, usage, None);
        self.facts.mentions.push(Mention {
            name,
            start: span.start,
            end: span.end,
            kind,
        });
    }

    fn push_mention(&mut self, it: &IdentifierReference<'_>, kind: MentionKind) {
        self.facts.mentions.push(Mention {
            name: it.name.to_string(),
            start: it.span.start,
            end: it.span.end,
            kind,
        });
    }

    /// `this` handed to TypeScript's `__awaiter` counts only if the body that gets it uses it.
    fn awaiter(&mut self, call: &CallExpression<'_>) -> bool {
        let Expression::Identifier(callee) = &call.callee else {
            return false;
        };
        let is_awaiter = callee.name.ends_with("__awaiter");
        let [Argument::ThisExpression(_), rest @ ..] = call.arguments.as_slice() else {
            return false;
        };
        if !is_awaiter {
            return false;
        }
        self.mention(callee, usage::CALL, None, MentionKind::Callee);
        self.left_this_used = false;
        for argument in rest {
            self.visit_argument(argument);
        }
        if self.left_this_used {
            self.outer_this(flag::OUTER_THIS);
        }
        true
    }

    fn outer_this(&mut self, bit: u32) {
        match self.this_used.last_mut() {
            None => self.facts.flags |= bit,
            Some(used) => {
                *used |= bit == flag::OUTER_THIS;
                self.facts.flags |= flag::SENSITIVE;
            }
        }
    }
}

impl<'a> Visit<'a> for Walker<'_> {
    fn visit_assignment_target(&mut self, it: &AssignmentTarget<'a>) {
        self.set(flag::SENSITIVE, it.as_member_expression().is_some());
        self.target = it.as_member_expression().map(GetSpan::span);
        walk::walk_assignment_target(self, it);
    }

    fn visit_update_expression(&mut self, it: &UpdateExpression<'a>) {
        self.set(flag::SENSITIVE, it.argument.as_member_expression().is_some());
        self.target = it.argument.as_member_expression().map(GetSpan::span);
        walk::walk_update_expression(self, it);
    }

    fn visit_function(&mut self, it: &Function<'a>, flags: ScopeFlags) {
        self.in_own_this(|inside| walk::walk_function(inside, it, flags));
    }

    fn visit_static_block(&mut self, it: &StaticBlock<'a>) {
        self.in_own_this(|inside| walk::walk_static_block(inside, it));
    }

    fn visit_property_definition(&mut self, it: &PropertyDefinition<'a>) {
        if it.computed {
            self.visit_property_key(&it.key);
        }
        if let Some(value) = &it.value {
            self.in_own_this(|inside| inside.visit_expression(value));
        }
    }

    fn visit_class(&mut self, it: &Class<'a>) {
        self.private_scopes.push(super::class::private_names(it));
        walk::walk_class(self, it);
        self.private_scopes.pop();
    }

    fn visit_private_identifier(&mut self, it: &PrivateIdentifier<'a>) {
        let known = self
            .private_scopes
            .iter()
            .any(|names| names.iter().any(|name| it.name == name.as_str()));
        self.set(flag::OUTER_PRIVATE, !known);
    }

    fn visit_this_expression(&mut self, _: &ThisExpression) {
        self.outer_this(flag::OUTER_THIS);
    }

    fn visit_super(&mut self, _: &Super) {
        match (
            self.this_used.len(),
            self.facts.form,
            self.private_scopes.is_empty(),
        ) {
            (0, ..) => self.facts.flags |= flag::OUTER_SUPER,
            // The first function around it is the method itself.
            (1, Form::Method | Form::Getter | Form::Setter, true) => self.facts.flags |= flag::SUPER,
            _ => {}
        }
    }

    fn visit_new_target(&mut self, _: &NewTarget) {
        if self.this_used.is_empty() {
            self.facts.flags |= flag::OUTER_NEW_TARGET;
        }
    }

    fn visit_import_meta(&mut self, it: &ImportMeta) {
        self.facts.flags |= flag::IMPORT_META;
        self.facts.import_metas.push(it.span);
    }

    fn visit_import_expression(&mut self, it: &ImportExpression<'a>) {
        self.facts.flags |= flag::IMPORT;
        walk::walk_import_expression(self, it);
    }

    fn visit_with_statement(&mut self, it: &WithStatement<'a>) {
        self.facts.flags |= flag::WITH;
        walk::walk_with_statement(self, it);
    }

    fn visit_identifier_reference(&mut self, it: &IdentifierReference<'a>) {
        let only_written = it.reference_id.get().is_some_and(|id| {
            !self
                .scoping
                .get_reference(id)
                .flags()
                .contains(ReferenceFlags::Read)
        });
        self.mention(
            it,
            if only_written { 0 } else { usage::VALUE },
            None,
            MentionKind::Plain,
        );
    }

    fn visit_static_member_expression(&mut self, it: &StaticMemberExpression<'a>) {
        let property = it.property.name.as_str();
        match &it.object {
            Expression::Identifier(name) => {
                self.mention(name, usage::MEMBER, Some(property.to_owned()), MentionKind::Plain);
                self.global(name, property, it.span);
            }
            Expression::StaticMemberExpression(inner) => match &inner.object {
                Expression::Identifier(name) => {
                    self.global(name, inner.property.name.as_str(), inner.span);
                    let member = format!("{}.{property}", inner.property.name);
                    self.mention(name, usage::MEMBER, Some(member), MentionKind::Plain);
                }
                _ => walk::walk_static_member_expression(self, it),
            },
            _ => walk::walk_static_member_expression(self, it),
        }
    }

    fn visit_call_expression(&mut self, it: &CallExpression<'a>) {
        if self.awaiter(it) {
            return;
        }
        if let Expression::Identifier(callee) = &it.callee {
            let is_eval = callee.name == "eval";
            self.set(flag::EVAL, is_eval);
            self.mention(callee, usage::CALL, None, MentionKind::Callee);
            self.visit_arguments(&it.arguments);
        } else {
            self.callee = Some(it.callee.span());
            walk::walk_call_expression(self, it);
        }
    }

    fn visit_tagged_template_expression(&mut self, it: &TaggedTemplateExpression<'a>) {
        if let Expression::Identifier(tag) = &it.tag {
            self.mention(tag, usage::CALL, None, MentionKind::Callee);
            self.visit_template_literal(&it.quasi);
        } else {
            self.callee = Some(it.tag.span());
            walk::walk_tagged_template_expression(self, it);
        }
    }

    fn visit_unary_expression(&mut self, it: &UnaryExpression<'a>) {
        self.set(flag::SENSITIVE, it.operator == UnaryOperator::Delete);
        match &it.argument {
            Expression::Identifier(name) if it.operator == UnaryOperator::Typeof => {
                self.mention(name, usage::TYPEOF, None, MentionKind::Plain);
            }
            // No variable can be deleted.
            Expression::StaticMemberExpression(member) if it.operator == UnaryOperator::Delete => {
                self.visit_expression(&member.object);
            }
            _ => walk::walk_unary_expression(self, it),
        }
    }

    fn visit_object_property(&mut self, it: &ObjectProperty<'a>) {
        match &it.value {
            Expression::Identifier(name) if it.shorthand => {
                self.mention(name, usage::VALUE, None, MentionKind::Shorthand);
            }
            _ => walk::walk_object_property(self, it),
        }
    }

    fn visit_assignment_target_property_identifier(&mut self, it: &AssignmentTargetPropertyIdentifier<'a>) {
        self.mention(&it.binding, 0, None, MentionKind::Shorthand);
        if let Some(init) = &it.init {
            self.visit_expression(init);
        }
    }
}
