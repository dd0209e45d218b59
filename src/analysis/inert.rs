//! Code that may run once more without anybody noticing: it makes values and reads variables, and that is all.
//!
//! Instances that come back with private state are made by their own class, since nobody else can give an object
//! private fields. What runs then is looked at here; all other code of the class is kept from running.

use oxc_ast::ast::{
    ArrowFunctionExpression, AssignmentExpression, AssignmentOperator, AssignmentTarget, AwaitExpression,
    CallExpression, Class, Expression, FormalParameters, Function, ImportExpression, NewExpression,
    Statement, TaggedTemplateExpression, UnaryExpression, UnaryOperator, UpdateExpression, YieldExpression,
};
use oxc_ast_visit::{Visit, walk};
use oxc_span::GetSpan;
use oxc_syntax::scope::ScopeFlags;

/// Built-in functions that only give a value.
const FUNCTIONS: [&str; 10] = [
    "Symbol",
    "String",
    "Number",
    "Boolean",
    "BigInt",
    "Object",
    "Array",
    "Date",
    "parseInt",
    "parseFloat",
];

/// Built-in objects whose functions, but for those of [`EFFECTS`], only give a value.
const SPACES: [&str; 9] = [
    "Math",
    "Object",
    "Array",
    "Number",
    "Symbol",
    "Date",
    "JSON",
    "performance",
    "crypto",
];

/// What changes the value that it is given.
const EFFECTS: [&str; 9] = [
    "assign",
    "defineProperties",
    "defineProperty",
    "freeze",
    "preventExtensions",
    "seal",
    "setPrototypeOf",
    "fromAsync",
    "mark",
];

/// Built-in classes whose instances are nothing but values.
const CLASSES: [&str; 34] = [
    "Object",
    "Array",
    "Map",
    "Set",
    "WeakMap",
    "WeakSet",
    "Date",
    "RegExp",
    "Error",
    "TypeError",
    "RangeError",
    "SyntaxError",
    "EvalError",
    "ReferenceError",
    "URIError",
    "ArrayBuffer",
    "SharedArrayBuffer",
    "DataView",
    "Int8Array",
    "Uint8Array",
    "Uint8ClampedArray",
    "Int16Array",
    "Uint16Array",
    "Int32Array",
    "Uint32Array",
    "Float32Array",
    "Float64Array",
    "BigInt64Array",
    "BigUint64Array",
    "URL",
    "URLSearchParams",
    "TextEncoder",
    "TextDecoder",
    "AbortController",
];

pub fn is_inert(expression: &Expression<'_>) -> bool {
    judge(|judge| judge.visit_expression(expression))
}

/// Whether default values and computed names of the parameters are.
pub fn are_inert(params: &FormalParameters<'_>) -> bool {
    judge(|judge| judge.visit_formal_parameters(params))
}

/// The end of the statement of a constructor that calls `super`, if all that runs before it is inert.
pub fn end_of_super(statements: &[Statement<'_>]) -> Option<u32> {
    for statement in statements {
        match statement {
            Statement::ExpressionStatement(it) => {
                if let Expression::CallExpression(call) = &it.expression
                    && matches!(call.callee, Expression::Super(_))
                {
                    let inert = judge(|judge| judge.visit_arguments(&call.arguments));
                    return inert.then(|| it.span().end);
                }
                if !is_inert(&it.expression) {
                    return None;
                }
            }
            Statement::VariableDeclaration(it) => {
                if !judge(|judge| judge.visit_variable_declaration(it)) {
                    return None;
                }
            }
            _ => return None,
        }
    }
    None
}

/// The names of the properties that a constructor sets on its instance, if it does nothing else that could be noticed.
pub fn names_set(statements: &[Statement<'_>]) -> Option<Vec<String>> {
    let mut names = Vec::new();
    for statement in statements {
        match statement {
            Statement::ExpressionStatement(it) if sets(&it.expression, &mut names) => {}
            Statement::VariableDeclaration(it) if judge(|judge| judge.visit_variable_declaration(it)) => {}
            Statement::EmptyStatement(_) => {}
            _ => return None,
        }
    }
    Some(names)
}

/// `this.name = value`, `this.#name = value`, `super(value)` or a value.
fn sets(expression: &Expression<'_>, names: &mut Vec<String>) -> bool {
    match expression {
        Expression::AssignmentExpression(it) if it.operator == AssignmentOperator::Assign => {
            match &it.left {
                AssignmentTarget::StaticMemberExpression(member)
                    if matches!(member.object, Expression::ThisExpression(_)) =>
                {
                    names.push(member.property.name.to_string());
                }
                AssignmentTarget::PrivateFieldExpression(member)
                    if matches!(member.object, Expression::ThisExpression(_)) =>
                {
                    names.push(format!("#{}", member.field.name));
                }
                _ => return false,
            }
            is_inert(&it.right)
        }
        Expression::CallExpression(it) if matches!(it.callee, Expression::Super(_)) => {
            judge(|judge| judge.visit_arguments(&it.arguments))
        }
        other => is_inert(other),
    }
}

fn judge(look: impl FnOnce(&mut Judge)) -> bool {
    let mut judge = Judge { has_effect: false };
    look(&mut judge);
    !judge.has_effect
}

struct Judge {
    has_effect: bool,
}

impl<'a> Visit<'a> for Judge {
    // To make a function runs none of it.
    fn visit_function(&mut self, _: &Function<'a>, _: ScopeFlags) {}

    fn visit_arrow_function_expression(&mut self, _: &ArrowFunctionExpression<'a>) {}

    fn visit_class(&mut self, _: &Class<'a>) {
        self.has_effect = true;
    }

    fn visit_call_expression(&mut self, it: &CallExpression<'a>) {
        let is_value = match &it.callee {
            Expression::Identifier(name) => FUNCTIONS.contains(&name.name.as_str()),
            Expression::StaticMemberExpression(member) => {
                matches!(&member.object, Expression::Identifier(space) if SPACES.contains(&space.name.as_str()))
                    && !EFFECTS.contains(&member.property.name.as_str())
            }
            _ => false,
        };
        self.has_effect |= !is_value;
        walk::walk_arguments(self, &it.arguments);
    }

    fn visit_new_expression(&mut self, it: &NewExpression<'a>) {
        let is_value =
            matches!(&it.callee, Expression::Identifier(name) if CLASSES.contains(&name.name.as_str()));
        self.has_effect |= !is_value;
        walk::walk_arguments(self, &it.arguments);
    }

    fn visit_assignment_expression(&mut self, _: &AssignmentExpression<'a>) {
        self.has_effect = true;
    }

    fn visit_update_expression(&mut self, _: &UpdateExpression<'a>) {
        self.has_effect = true;
    }

    fn visit_unary_expression(&mut self, it: &UnaryExpression<'a>) {
        self.has_effect |= it.operator == UnaryOperator::Delete;
        walk::walk_unary_expression(self, it);
    }

    fn visit_await_expression(&mut self, _: &AwaitExpression<'a>) {
        self.has_effect = true;
    }

    fn visit_yield_expression(&mut self, _: &YieldExpression<'a>) {
        self.has_effect = true;
    }

    fn visit_tagged_template_expression(&mut self, _: &TaggedTemplateExpression<'a>) {
        self.has_effect = true;
    }

    fn visit_import_expression(&mut self, _: &ImportExpression<'a>) {
        self.has_effect = true;
    }
}
