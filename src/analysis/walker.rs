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
use oxc_span::GetSpan;
use oxc_syntax::{scope::ScopeFlags, symbol::SymbolId};

use super::class::class_facts;
use super::facts::{Facts, Form, flag};
use super::inert::are_inert;
use super::names::{Mention, MentionKind, Names, usage};
use super::source::{Subject, Wrap};

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
        walk::walk_assignment_target(self, it);
    }

    fn visit_update_expression(&mut self, it: &UpdateExpression<'a>) {
        self.set(flag::SENSITIVE, it.argument.as_member_expression().is_some());
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
            }
            Expression::StaticMemberExpression(inner) => match &inner.object {
                Expression::Identifier(name) => {
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
            walk::walk_call_expression(self, it);
        }
    }

    fn visit_tagged_template_expression(&mut self, it: &TaggedTemplateExpression<'a>) {
        if let Expression::Identifier(tag) = &it.tag {
            self.mention(tag, usage::CALL, None, MentionKind::Callee);
            self.visit_template_literal(&it.quasi);
        } else {
            walk::walk_tagged_template_expression(self, it);
        }
    }

    fn visit_unary_expression(&mut self, it: &UnaryExpression<'a>) {
        self.set(flag::SENSITIVE, it.operator == UnaryOperator::Delete);
        match &it.argument {
            Expression::Identifier(name) if it.operator == UnaryOperator::Typeof => {
                self.mention(name, usage::TYPEOF, None, MentionKind::Plain);
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
