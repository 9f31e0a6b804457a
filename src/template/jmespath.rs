//! JMESPath over our values, with the words that Python's implementation has for what is wrong.
//!
//! Invariant: an expression is evaluated over plain data; what it finds shares that data.

mod functions;
mod interpreter;
mod lexer;
mod parser;

use crate::value::Value;

/// An expression, parsed.
#[derive(Clone, Debug)]
enum Node {
    Current,
    Field(Value),
    Literal(Value),
    Index(i64),
    Slice([Option<i64>; 3]),
    /// The right side over what the left gives, as in `a.b` and `a[0]`.
    Then(Box<Node>, Box<Node>),
    Pipe(Box<Node>, Box<Node>),
    Projection(Box<Node>, Box<Node>),
    ValueProjection(Box<Node>, Box<Node>),
    FilterProjection(Box<Node>, Box<Node>, Box<Node>),
    Flatten(Box<Node>),
    Or(Box<Node>, Box<Node>),
    And(Box<Node>, Box<Node>),
    Not(Box<Node>),
    Compare(lexer::Comparison, Box<Node>, Box<Node>),
    List(Vec<Node>),
    Dict(Vec<(Value, Node)>),
    Call(String, Vec<Node>),
    /// `&expression`: for functions that evaluate it themselves.
    Reference(Box<Node>),
}

/// Why nothing was found.
pub(crate) enum Error {
    /// The expression is wrong.
    JmesPath(String),
    /// Python stumbled over the data.
    Python(String),
}

/// Returns what an expression finds.
pub(crate) fn search(expression: &str, value: &Value) -> Result<Value, Error> {
    let node = parser::parse(expression).map_err(Error::JmesPath)?;
    interpreter::visit(&node, value)
}

/// Returns whether JMESPath takes a value for true: a zero is.
fn is_true(value: &Value) -> bool {
    match value {
        Value::Int(_) | Value::BigInt(_) | Value::Float(_) => true,
        other => other.is_true(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(expression: &str, expected: &str) {
        let data = serde_json::json!({
            "a": {"b": {"c": 1}}, "l": [3, 1, 2], "s": ["z", "x", "y"], "txt": "hello",
            "ppl": [{"n": "bob", "age": 30, "t": ["a"]}, {"n": "al", "age": 20, "t": []}],
            "nested": [[1, 2], [3, [4]], 5], "mixed": [1, "a", null, true],
        });
        let found = match search(expression, &Value::from(data)) {
            Ok(value) => value.to_repr(),
            Err(Error::JmesPath(message) | Error::Python(message)) => message,
        };
        assert_eq!(found, expected, "{expression}");
    }

    #[test]
    fn expressions_find_what_python_finds() {
        check("a.b.c", "1");
        check("a.b.c.d", "None");
        check("l[-1]", "2");
        check("l[::-1]", "[2, 1, 3]");
        check("nested[]", "[1, 2, 3, [4], 5]");
        check("ppl[?age >= `20` && age < `30`].n", "['al']");
        check("ppl[?!(n=='bob')] | [0].n", "'al'");
        check(
            "ppl[*].{name: n, first: t[0]}",
            "[{'name': 'bob', 'first': 'a'}, {'name': 'al', 'first': None}]",
        );
        check("sort_by(ppl, &age)[*].n", "['al', 'bob']");
        check("join('-', sort(s))", "'x-y-z'");
        check("avg(l)", "2.0");
        check("`true` == `1`", "False");
        check("ppl[*].length(t)", "[1, 0]");
        check("a.*.c", "[1]");
        check("to_string(a)", "'{\"b\":{\"c\":1}}'");
    }

    #[test]
    fn mistakes_have_pythons_words() {
        check("a[", "Invalid jmespath expression: Incomplete expression:\n\"a[\"\n   ^");
        check(
            "a b",
            "Unexpected token: b: Parse error at column 2, token \"b\" (UNQUOTED_IDENTIFIER), for expression:\n\"a b\"\n   ^",
        );
        check("$", "Bad jmespath expression: Unknown token $:\n$\n^");
        check("nope(l)", "Unknown function: nope()");
        check("length(l, l)", "Expected 1 argument for function length(), received 2");
        check(
            "sort(mixed)",
            "In function sort(), invalid type for value: a, expected one of: ['array-string', 'array-number'], received: \"str\"",
        );
        check("txt > `1`", "'>' not supported between instances of 'str' and 'int'");
    }
}
