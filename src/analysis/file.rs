//! What only the whole file knows about the functions in it.

use oxc_allocator::Allocator;
use oxc_ast::AstKind;
use oxc_ast::ast::{Class, FunctionType};
use oxc_parser::{ParseOptions, Parser};
use oxc_semantic::{Semantic, SemanticBuilder};
use oxc_span::{SourceType, Span};
use oxc_syntax::{scope::ScopeId, symbol::SymbolId};
use serde::Serialize;

use super::class::constructor_params;
use super::json;
use super::text::Lines;

/// Bits of [`Entry`].
mod bit {
    /// The code in it is strict.
    pub const STRICT: u32 = 1;
    /// A declaration: its name is a variable of the code around it.
    pub const DECLARATION: u32 = 2;
    /// Its `this`, if it is an arrow function, is that of the file.
    pub const BARE: u32 = 4;
}

/// One function: the line and column where V8 places it, those where its text begins, bits, the free names that
/// nothing assigns to once they have their value, and those that are names of function expressions around it, which V8
/// does not show. Lines and columns count from 0, in UTF-16 units.
#[derive(Serialize)]
struct Entry<'a>(usize, usize, usize, usize, u32, Vec<&'a str>, Vec<&'a str>);

#[derive(Serialize)]
struct Contents<'a> {
    /// The variables of the outermost scope.
    top: Vec<&'a str>,
    functions: Vec<Entry<'a>>,
}

/// Every function of a file as compact JSON; empty lists if the file cannot be read.
#[must_use]
pub fn file_facts(source: &str, module: bool) -> String {
    let allocator = Allocator::default();
    let source_type = if module {
        SourceType::mjs()
    } else {
        SourceType::cjs()
    };
    let options = ParseOptions {
        allow_return_outside_function: true,
        ..ParseOptions::default()
    };
    let parsed = Parser::new(&allocator, source, source_type)
        .with_options(options)
        .parse();
    if !parsed.diagnostics.is_empty() {
        return json::to_json(&Contents {
            top: Vec::new(),
            functions: Vec::new(),
        });
    }
    let semantic = SemanticBuilder::new()
        .with_build_nodes(true)
        .build(&parsed.program)
        .semantic;
    let uses = constant_uses(&semantic);
    let lines = Lines::new(source);
    let functions: Vec<Entry<'_>> = semantic
        .nodes()
        .iter()
        .filter_map(|node| {
            let place = Place::of(&node.kind())?;
            let (line, column) = lines.position(place.anchor as usize);
            let (first_line, first_column) = lines.position(place.span.start as usize);
            let strict = place
                .scope
                .is_some_and(|scope| semantic.scoping().scope_flags(scope).is_strict_mode());
            let bare = !semantic
                .nodes()
                .ancestor_kinds(node.id())
                .any(|kind| has_this(&kind));
            let bits = [
                (strict, bit::STRICT),
                (place.declaration, bit::DECLARATION),
                (bare, bit::BARE),
            ]
            .into_iter()
            .fold(0, |bits, (on, bit)| if on { bits | bit } else { bits });
            let constants = outer_names(&semantic, &uses, &place, |_| true);
            let hidden = outer_names(&semantic, &uses, &place, |symbol| names_itself(&semantic, symbol));
            Some(Entry(
                line,
                column,
                first_line,
                first_column,
                bits,
                constants,
                hidden,
            ))
        })
        .collect();
    let scoping = semantic.scoping();
    let top = scoping
        .get_bindings(scoping.root_scope_id())
        .keys()
        .map(|name| name.as_str())
        .collect();
    json::to_json(&Contents { top, functions })
}

struct Place {
    span: Span,
    /// Where V8 says that the function is: at the parameters, or at its first character.
    anchor: u32,
    scope: Option<ScopeId>,
    declaration: bool,
}

impl Place {
    fn of(kind: &AstKind<'_>) -> Option<Self> {
        match kind {
            AstKind::Function(function) => Some(Self {
                span: function.span,
                anchor: function.params.span.start,
                scope: function.scope_id.get(),
                declaration: function.r#type == FunctionType::FunctionDeclaration,
            }),
            AstKind::ArrowFunctionExpression(arrow) => Some(Self {
                span: arrow.span,
                anchor: arrow.span.start,
                scope: arrow.scope_id.get(),
                declaration: false,
            }),
            AstKind::Class(class) => Some(Self {
                span: class.span,
                anchor: class_anchor(class),
                scope: class.scope_id.get(),
                declaration: false,
            }),
            _ => None,
        }
    }
}

fn class_anchor(class: &Class<'_>) -> u32 {
    constructor_params(class).unwrap_or(class.span.start)
}

/// Every mention of a variable that keeps its value.
fn constant_uses(semantic: &Semantic<'_>) -> Vec<(Span, SymbolId)> {
    let scoping = semantic.scoping();
    let mut uses = Vec::new();
    for symbol in scoping.symbol_ids().filter(|symbol| stays(semantic, *symbol)) {
        for reference in scoping.get_resolved_references(symbol) {
            uses.push((semantic.reference_span(reference), symbol));
        }
    }
    uses
}

/// Whether it is the name of a function expression, which only the function itself can use.
fn names_itself(semantic: &Semantic<'_>, symbol: SymbolId) -> bool {
    let declaration = semantic.scoping().symbol_declaration(symbol);
    matches!(semantic.nodes().kind(declaration),
        AstKind::Function(function) if function.r#type == FunctionType::FunctionExpression)
}

/// The variables from outside that a function uses and that keep their value.
fn outer_names<'s>(
    semantic: &'s Semantic<'_>,
    uses: &[(Span, SymbolId)],
    place: &Place,
    wanted: impl Fn(SymbolId) -> bool,
) -> Vec<&'s str> {
    let scoping = semantic.scoping();
    let mut names: Vec<&str> = uses
        .iter()
        .filter(|(used, symbol)| {
            let declared = scoping.symbol_span(*symbol);
            let own_name = place.declaration && declared.start < place.anchor;
            within(place.span, *used) && (own_name || !within(place.span, declared)) && wanted(*symbol)
        })
        .map(|(_, symbol)| scoping.symbol_name(*symbol))
        .collect();
    names.sort_unstable();
    names.dedup();
    names
}

/// Code in it has a `this` of its own.
const fn has_this(kind: &AstKind<'_>) -> bool {
    matches!(
        kind,
        AstKind::Function(_) | AstKind::PropertyDefinition(_) | AstKind::StaticBlock(_)
    )
}

const fn within(outer: Span, inner: Span) -> bool {
    outer.start <= inner.start && inner.end <= outer.end
}

/// Whether nothing ever assigns to it but its one declaration. Imports of Node's own modules stay what they are.
fn stays(semantic: &Semantic<'_>, symbol: SymbolId) -> bool {
    let scoping = semantic.scoping();
    if scoping.symbol_is_mutated(symbol) || !scoping.symbol_redeclarations(symbol).is_empty() {
        return false;
    }
    let declaration = scoping.symbol_declaration(symbol);
    match semantic.nodes().kind(declaration) {
        AstKind::Function(_) | AstKind::Class(_) => true,
        AstKind::VariableDeclarator(declarator) => {
            scoping.symbol_flags(symbol).is_const_variable() || declarator.init.is_some()
        }
        AstKind::ImportDefaultSpecifier(_)
        | AstKind::ImportNamespaceSpecifier(_)
        | AstKind::ImportSpecifier(_) => {
            matches!(semantic.nodes().parent_kind(declaration),
                AstKind::ImportDeclaration(import) if import.source.value.starts_with("node:"))
        }
        _ => false,
    }
}
