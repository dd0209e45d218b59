//! Reading a function's text: as an expression, as the member of an object literal, as a script or as module code.

use oxc_allocator::Allocator;
use oxc_ast::ast::{Expression, ObjectProperty, ObjectPropertyKind, Program, PropertyKind, Statement};
use oxc_parser::{ParseOptions, Parser};
use oxc_semantic::{Semantic, SemanticBuilder};
use oxc_span::SourceType;

use super::facts::Facts;
use super::walker::collect;

/// How the text becomes an expression. The newline saves texts that end in a line comment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wrap {
    /// `(text\n)`
    Expression,
    /// `({text\n})`
    Member,
    /// In a function of our own: `new.target` of the code around an arrow function is a syntax error elsewhere.
    Inside,
}

impl Wrap {
    pub const fn before(self) -> &'static str {
        match self {
            Self::Expression => "(",
            Self::Member => "({",
            Self::Inside => "(function(){return(",
        }
    }

    pub const fn after(self) -> &'static str {
        match self {
            Self::Expression => "\n)",
            Self::Member => "\n})",
            Self::Inside => "\n)})",
        }
    }
}

/// The function inside the wrapped text.
pub enum Subject<'b, 'a> {
    Expression(&'b Expression<'a>),
    Member(&'b ObjectProperty<'a>),
}

/// Parses `text` and hands the facts about it to `then`, together with the text as it was parsed.
pub fn read<T>(text: &str, then: impl FnOnce(&str, &Facts) -> T) -> Result<T, String> {
    let mut reason = String::from("the text is not a function");
    // A script first: sloppy code is allowed more. Module code only for `import.meta`, which a script refuses.
    for (wrap, source_type) in [
        (Wrap::Expression, SourceType::script()),
        (Wrap::Member, SourceType::script()),
        (Wrap::Expression, SourceType::mjs()),
        (Wrap::Member, SourceType::mjs()),
        (Wrap::Inside, SourceType::script()),
    ] {
        let wrapped = [wrap.before(), text, wrap.after()].concat();
        let allocator = Allocator::default();
        let options = ParseOptions {
            preserve_parens: false,
            ..ParseOptions::default()
        };
        let parsed = Parser::new(&allocator, &wrapped, source_type)
            .with_options(options)
            .parse();
        if let Some(first) = parsed.diagnostics.first() {
            if wrap == Wrap::Expression && source_type.is_script() {
                reason = first.message.to_string();
            }
            continue;
        }
        let semantic = SemanticBuilder::new().build(&parsed.program).semantic;
        if let Some(facts) = facts_of(&parsed.program, &semantic, wrap) {
            return Ok(then(&wrapped, &facts));
        }
    }
    Err(reason)
}

fn facts_of(program: &Program<'_>, semantic: &Semantic<'_>, wrap: Wrap) -> Option<Facts> {
    let [Statement::ExpressionStatement(statement)] = program.body.as_slice() else {
        return None;
    };
    let subject = match (wrap, &statement.expression) {
        (Wrap::Member, Expression::ObjectExpression(object)) => match object.properties.as_slice() {
            [ObjectPropertyKind::ObjectProperty(member)]
                if member.method || member.kind != PropertyKind::Init =>
            {
                Subject::Member(member)
            }
            _ => return None,
        },
        (Wrap::Expression, expression) => Subject::Expression(expression),
        (Wrap::Inside, Expression::FunctionExpression(function)) => {
            match function.body.as_ref()?.statements.as_slice() {
                [Statement::ReturnStatement(statement)] => Subject::Expression(statement.argument.as_ref()?),
                _ => return None,
            }
        }
        (Wrap::Member | Wrap::Inside, _) => return None,
    };
    collect(&subject, semantic.scoping(), wrap)
}
