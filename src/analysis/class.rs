//! What a class text says about its instances and about the code that runs when it is evaluated.

use oxc_ast::ast::{
    Argument, AssignmentTarget, Class, ClassElement, Expression, Function, MethodDefinitionKind,
    ObjectPropertyKind, PropertyKey, Statement,
};
use oxc_span::{GetSpan, Span};

use super::inert::{are_inert, end_of_super, is_inert, names_set};

/// Offsets are those of the wrapped text.
#[derive(Debug)]
pub struct ClassFacts {
    pub heritage: Option<Heritage>,
    /// Private instance fields, in the order in which an instance gets them.
    pub private_fields: Vec<String>,
    /// Has private members of the class itself.
    pub static_private: bool,
    /// Private fields of the class itself, in their order.
    pub static_fields: Vec<String>,
    /// Has private methods or accessors, so its instances are branded.
    pub branded: bool,
    /// Static blocks or static fields: code that runs again with every evaluation.
    pub static_code: bool,
    /// Instance fields that are arrow functions: their `this` is the instance. Compilers, and people, write them into
    /// the constructor.
    pub arrow_fields: Vec<Field>,
    pub computed: Vec<Computed>,
    /// The place after the opening brace of the constructor's body.
    pub constructor_body: Option<u32>,
    /// The values of instance fields.
    pub initialisers: Vec<Span>,
    /// All of these are inert.
    pub inert: bool,
    pub entry: Entry,
    /// What the constructor sets, if that is all it does.
    pub sets: Option<Vec<String>>,
    /// The place before the closing brace.
    pub end: u32,
}

/// How far a constructor gets before anything happens that could be noticed.
#[derive(Clone, Copy, Debug)]
pub enum Entry {
    /// There is none in the text.
    Absent,
    /// To its beginning, when the fields of a class without parent are there.
    Start,
    /// Past the call of `super`, which ends here, when those of a derived class are there.
    Super(u32),
    /// Not so far.
    Closed,
}

#[derive(Debug)]
pub enum Heritage {
    Null,
    Name(String),
    Expression(Span),
}

#[derive(Debug)]
pub struct Field {
    pub name: String,
    pub value: Span,
    /// It is the value of a field, not something in the constructor.
    pub initial: bool,
}

/// A member whose name is computed when the class is evaluated.
#[derive(Debug)]
pub struct Computed {
    /// The expression between the brackets.
    pub key: Span,
    /// From the name (or `get`, `async`, `*` before it) to the end: what `toString` of a method gives.
    pub member: Span,
    pub is_static: bool,
    pub is_method: bool,
}

pub fn class_facts(class: &Class<'_>) -> ClassFacts {
    let mut facts = ClassFacts {
        heritage: class
            .heritage
            .as_ref()
            .map(|heritage| match &heritage.expression {
                Expression::NullLiteral(_) => Heritage::Null,
                Expression::Identifier(name) => Heritage::Name(name.name.to_string()),
                other => Heritage::Expression(other.span()),
            }),
        private_fields: Vec::new(),
        static_private: false,
        static_fields: Vec::new(),
        branded: false,
        static_code: false,
        arrow_fields: Vec::new(),
        computed: Vec::new(),
        constructor_body: None,
        initialisers: Vec::new(),
        inert: true,
        entry: Entry::Absent,
        sets: Some(Vec::new()),
        end: class.body.span.end - 1,
    };
    for element in &class.body.body {
        facts.element(element);
    }
    facts
}

impl ClassFacts {
    fn element(&mut self, element: &ClassElement<'_>) {
        match element {
            ClassElement::MethodDefinition(method) => {
                if method.kind == MethodDefinitionKind::Constructor {
                    self.constructor_body = method.value.body.as_ref().map(|body| body.span.start + 1);
                    self.entry = self.entry_of(&method.value);
                    self.sets = method
                        .value
                        .body
                        .as_ref()
                        .filter(|_| are_inert(&method.value.params))
                        .and_then(|body| names_set(&body.statements));
                    for statement in method.value.body.iter().flat_map(|body| &body.statements) {
                        if let Statement::ExpressionStatement(statement) = statement {
                            self.assigned(&statement.expression);
                        }
                    }
                }
                if matches!(method.key, PropertyKey::PrivateIdentifier(_)) {
                    self.branded |= !method.r#static;
                    self.static_private |= method.r#static;
                }
                if method.computed {
                    self.computed.push(Computed {
                        key: method.key.span(),
                        member: method.span,
                        is_static: method.r#static,
                        is_method: true,
                    });
                }
            }
            ClassElement::PropertyDefinition(field) => {
                let value = field.value.as_ref();
                if let PropertyKey::PrivateIdentifier(name) = &field.key {
                    if field.r#static {
                        self.static_private = true;
                        self.static_fields.push(format!("#{}", name.name));
                    } else {
                        self.private_fields.push(format!("#{}", name.name));
                    }
                }
                if field.computed {
                    self.computed.push(Computed {
                        key: field.key.span(),
                        member: field.span,
                        is_static: field.r#static,
                        is_method: false,
                    });
                }
                if field.r#static {
                    self.static_code = true;
                } else if let Some(value) = value {
                    self.initialisers.push(value.span());
                    self.inert &= is_inert(value);
                    let name = match &field.key {
                        PropertyKey::PrivateIdentifier(name) => Some(format!("#{}", name.name)),
                        key => key.static_name().map(|name| name.to_string()),
                    };
                    if let Some(name) = name {
                        self.arrow_field(&name, value);
                        if let Some(field) = self.arrow_fields.last_mut()
                            && field.value == value.span()
                        {
                            field.initial = true;
                        }
                    }
                }
            }
            ClassElement::StaticBlock(_) => self.static_code = true,
            _ => {}
        }
    }

    fn entry_of(&self, constructor: &Function<'_>) -> Entry {
        if !are_inert(&constructor.params) {
            return Entry::Closed;
        }
        if self.heritage.is_none() {
            return Entry::Start;
        }
        constructor
            .body
            .as_ref()
            .and_then(|body| end_of_super(&body.statements))
            .map_or(Entry::Closed, Entry::Super)
    }

    /// `this.name = () => ...`, `define(this, "name", () => ...)`, and several of them in one expression.
    fn assigned(&mut self, expression: &Expression<'_>) {
        match expression {
            Expression::SequenceExpression(sequence) => {
                for expression in &sequence.expressions {
                    self.assigned(expression);
                }
            }
            Expression::AssignmentExpression(assignment) => {
                if let AssignmentTarget::StaticMemberExpression(member) = &assignment.left
                    && matches!(member.object, Expression::ThisExpression(_))
                {
                    self.arrow_field(&member.property.name, &assignment.right);
                }
            }
            Expression::CallExpression(call) => {
                if let [
                    Argument::ThisExpression(_),
                    Argument::StringLiteral(name),
                    value,
                    ..,
                ] = call.arguments.as_slice()
                    && let Some(value) = value.as_expression()
                {
                    self.arrow_field(&name.value, value);
                }
            }
            _ => {}
        }
    }

    /// The arrow function may be the `value` of a descriptor, or have been given its name by a call.
    fn arrow_field(&mut self, name: &str, value: &Expression<'_>) {
        match value {
            Expression::ArrowFunctionExpression(arrow) => self.arrow_fields.push(Field {
                name: name.to_owned(),
                value: arrow.span,
                initial: false,
            }),
            Expression::ObjectExpression(descriptor) => {
                for property in &descriptor.properties {
                    if let ObjectPropertyKind::ObjectProperty(property) = property
                        && property.key.static_name().as_deref() == Some("value")
                        && matches!(property.value, Expression::ArrowFunctionExpression(_))
                    {
                        self.arrow_field(name, &property.value);
                    }
                }
            }
            Expression::CallExpression(call) => {
                if let [first, Argument::StringLiteral(_)] = call.arguments.as_slice()
                    && let Some(arrow @ Expression::ArrowFunctionExpression(_)) = first.as_expression()
                {
                    self.arrow_field(name, arrow);
                }
            }
            _ => {}
        }
    }
}

/// Every private name that a class declares.
pub fn private_names(class: &Class<'_>) -> Vec<String> {
    class
        .body
        .body
        .iter()
        .filter_map(|element| match element.property_key() {
            Some(PropertyKey::PrivateIdentifier(name)) => Some(name.name.to_string()),
            _ => None,
        })
        .collect()
}

/// Where the parameters of the constructor begin: V8 places a class there if it has one.
pub fn constructor_params(class: &Class<'_>) -> Option<u32> {
    class.body.body.iter().find_map(|element| match element {
        ClassElement::MethodDefinition(method) if method.kind == MethodDefinitionKind::Constructor => {
            Some(method.value.params.span.start)
        }
        _ => None,
    })
}
