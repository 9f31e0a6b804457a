//! What a template refers to, without evaluating it.

use std::{collections::BTreeSet, sync::Arc};

use super::{
    TemplateError, syntax,
    tree::{Arguments, Code, Expression, Kind, Statement},
};
use crate::{
    diagnostic::{Diagnostic, Span},
    value::{Template, Value},
};

/// What a template refers to.
#[derive(Clone, Debug, Default)]
pub struct Uses {
    /// Variables, with the attributes and literal keys that follow: `ansible_facts.mounts` is `["ansible_facts", "mounts"]`.
    pub paths: BTreeSet<Vec<Arc<str>>>,
    /// Whether some variable's name is only known when the template is evaluated, as in `lookup('vars', x)`.
    pub dynamic: bool,
    /// Lookups by name.
    pub lookups: BTreeSet<Arc<str>>,
}

impl Uses {
    /// Returns whether the variable is used somewhere.
    pub fn names(&self, name: &str) -> bool {
        self.paths.iter().any(|path| path.first().is_some_and(|first| &**first == name))
    }
}

/// Parses a template and returns what it refers to.
pub fn check(template: &Template) -> Result<Uses, Diagnostic> {
    match syntax::compiled(template) {
        Ok(compiled) => Ok(of(&compiled.code)),
        Err(error) => Err((&error).into()),
    }
}

/// Parses a bare expression and returns what it refers to.
pub fn check_expression(text: &str, span: Option<&Span>) -> Result<Uses, Diagnostic> {
    match syntax::compile_expression(text, span.cloned()) {
        Ok(code) => Ok(of(&code)),
        Err(error) => Err(Diagnostic::from(&error)),
    }
}

fn of(code: &Code) -> Uses {
    let mut walk = Walk { code, uses: Uses::default() };
    walk.body(&code.body);
    for block in &code.blocks {
        walk.body(&block.body);
    }
    walk.uses
}

struct Walk<'c> {
    code: &'c Code,
    uses: Uses,
}

impl Walk<'_> {
    fn body(&mut self, body: &[Statement]) {
        for statement in body {
            self.statement(statement);
        }
    }

    fn statement(&mut self, statement: &Statement) {
        match statement {
            Statement::Text(_) | Statement::Block(_) | Statement::Continue | Statement::Break => (),
            Statement::Emit(expression) | Statement::Do(expression) => self.expression(expression),
            Statement::For(node) => {
                self.expression(&node.iterable);
                if let Some(filter) = &node.filter {
                    self.expression(filter);
                }
                self.body(&node.body);
                self.body(&node.otherwise);
            }
            Statement::If { condition, then, otherwise } => {
                self.expression(condition);
                self.body(then);
                self.body(otherwise);
            }
            Statement::Set { value, .. } => self.expression(value),
            Statement::SetBlock { filters, body, .. } => {
                if let Some(filters) = filters {
                    self.expression(filters);
                }
                self.body(body);
            }
            Statement::With { assignments, body } => {
                for (_, value) in assignments {
                    self.expression(value);
                }
                self.body(body);
            }
            Statement::Filter { filters, body } => {
                self.expression(filters);
                self.body(body);
            }
            Statement::AutoEscape { enabled, body } => {
                self.expression(enabled);
                self.body(body);
            }
            Statement::Macro(node) => {
                for default in &node.defaults {
                    self.expression(default);
                }
                self.body(&node.body);
            }
            Statement::Call { call, caller } => {
                self.expression(call);
                self.body(&caller.body);
            }
            Statement::Extends(name)
            | Statement::Include { name, .. }
            | Statement::Import { name, .. }
            | Statement::From { name, .. } => {
                // Another file sees the same variables.
                self.uses.dynamic = true;
                self.expression(name);
            }
        }
    }

    fn path(&self, expression: &Expression) -> Option<Vec<Arc<str>>> {
        match expression {
            Expression::Name(symbol, _) => {
                Some(vec![Arc::clone(&self.code.names[*symbol as usize])])
            }
            Expression::Attribute(node) => {
                let mut path = self.path(&node.of)?;
                path.push(Arc::clone(&node.name));
                Some(path)
            }
            Expression::Item(node) => match &node.key {
                Expression::Const(Value::Str(key)) => {
                    let mut path = self.path(&node.of)?;
                    path.push(Arc::clone(key));
                    Some(path)
                }
                _ => None,
            },
            _ => None,
        }
    }

    #[expect(clippy::too_many_lines, reason = "one arm for each expression")]
    fn expression(&mut self, expression: &Expression) {
        if let Some(path) = self.path(expression) {
            self.uses.paths.insert(path);
            return;
        }
        match expression {
            // What a template in a text asks for is not followed.
            Expression::Const(Value::Str(text))
                if self.code.kind == Kind::Expression && Template::is_in(text) =>
            {
                self.uses.dynamic = true;
            }
            Expression::Const(Value::Template(_)) => self.uses.dynamic = true,
            Expression::Const(_)
            | Expression::Input
            | Expression::Unknown(_)
            | Expression::Name(..) => (),
            Expression::Foreign(node) => {
                // It may ask for any variable.
                self.uses.dynamic = true;
                self.expression(&node.input);
                self.arguments(&node.arguments);
            }
            Expression::Attribute(node) => self.expression(&node.of),
            Expression::Item(node) => {
                self.expression(&node.of);
                self.expression(&node.key);
            }
            Expression::Slice(node) => {
                self.expression(&node.of);
                for bound in [&node.start, &node.stop, &node.step].into_iter().flatten() {
                    self.expression(bound);
                }
            }
            Expression::Not(operand) => self.expression(operand),
            Expression::Negate(node) | Expression::Positive(node) => self.expression(&node.0),
            Expression::Binary(node) => {
                self.expression(&node.left);
                self.expression(&node.right);
            }
            Expression::Concat(items) | Expression::List(items) | Expression::Tuple(items) => {
                for item in items {
                    self.expression(item);
                }
            }
            Expression::Compare(node) => {
                self.expression(&node.first);
                for (_, operand) in &node.rest {
                    self.expression(operand);
                }
            }
            Expression::And(node) | Expression::Or(node) => {
                self.expression(&node.0);
                self.expression(&node.1);
            }
            Expression::If(node) => {
                self.expression(&node.condition);
                self.expression(&node.then);
                if let Some(otherwise) = &node.otherwise {
                    self.expression(otherwise);
                }
            }
            Expression::Filter(node) => {
                self.expression(&node.input);
                self.arguments(&node.arguments);
            }
            Expression::Test(node) => {
                self.expression(&node.input);
                self.arguments(&node.arguments);
            }
            Expression::Call(node) => {
                self.lookup(&node.callee, &node.arguments);
                self.expression(&node.callee);
                self.arguments(&node.arguments);
            }
            Expression::Method(node) => {
                self.expression(&node.of);
                self.arguments(&node.arguments);
            }
            Expression::Dict(entries) => {
                for (key, value) in entries {
                    self.expression(key);
                    self.expression(value);
                }
            }
        }
    }

    fn lookup(&mut self, callee: &Expression, arguments: &Arguments) {
        let Expression::Name(symbol, _) = callee else { return };
        if !matches!(&*self.code.names[*symbol as usize], "lookup" | "query" | "q") {
            return;
        }
        match arguments.positional.first() {
            Some((false, Expression::Const(Value::Str(name)))) => {
                let short = name.rsplit('.').next().unwrap_or(name);
                if matches!(
                    short,
                    "vars" | "varnames" | "template" | "merge_variables" | "dependent"
                ) {
                    match arguments.positional.get(1) {
                        Some((false, Expression::Const(Value::Str(variable))))
                            if short == "vars" =>
                        {
                            self.uses.paths.insert(vec![Arc::clone(variable)]);
                        }
                        _ => self.uses.dynamic = true,
                    }
                }
                self.uses.lookups.insert(Arc::clone(name));
            }
            _ => self.uses.dynamic = true,
        }
    }

    fn arguments(&mut self, arguments: &Arguments) {
        for (_, value) in &arguments.positional {
            self.expression(value);
        }
        for (_, value) in &arguments.named {
            self.expression(value);
        }
        for value in &arguments.splats {
            self.expression(value);
        }
    }
}

impl From<TemplateError> for Diagnostic {
    fn from(error: TemplateError) -> Diagnostic {
        Diagnostic::from(&error)
    }
}

#[cfg(test)]
pub(crate) mod testing {
    //! Templates over given variables, for tests.

    use super::*;
    use crate::{
        template::{Context, Env, Scope},
        value::Dict,
    };

    pub(crate) struct Variables(pub(crate) Dict);

    impl Scope for Variables {
        fn get(&self, name: &str) -> Option<Value> {
            self.0.get(name).cloned()
        }
        fn origin(&self, name: &str) -> Option<crate::value::Origin> {
            self.0.origin(&Value::str(name)).cloned()
        }
        fn names(&self) -> Vec<Arc<str>> {
            self.0.keys().map(|key| key.to_text().into()).collect()
        }
        fn own_words(&self, name: &str) -> Value {
            Value::Bool(self.0.get(name).is_some())
        }
    }

    /// Returns the value of a template over variables.
    pub(crate) fn value(template: &str, variables: Dict) -> Result<Value, TemplateError> {
        let (variables, context) = (Variables(variables), Context::default());
        let env = Env::new(&variables, &context);
        env.eval(&Value::Template(Arc::new(Template::new(template, None))))
    }

    /// Returns a template's text, or its error's; there are a web server and a database.
    pub(crate) fn printed(template: &str) -> String {
        let mut groups = Dict::new();
        for (name, hosts) in [("all", &["web1", "db1"][..]), ("web", &["web1"])] {
            groups.insert(name, Value::list(hosts.iter().map(|host| Value::str(*host))));
        }
        let variables: Dict = [(Value::str("groups"), groups.into())].into_iter().collect();
        match value(template, variables) {
            Ok(value) => value.to_text(),
            Err(error) => error.into_message(),
        }
    }
}
