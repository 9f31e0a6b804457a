//! XPath 1.0, as far as playbooks write it: paths over all axes but `namespace`, predicates, operators, core functions.

mod read;

use std::{cell::Cell, collections::BTreeMap};

use super::tree::{Document, Id, Kind, TOP};
pub(super) use read::read;

/// What a path finds.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Item {
    Node(Id),
    /// An element and the name of one of its attributes.
    Attribute(Id, String),
}

#[derive(Clone, Debug)]
pub(super) enum Value {
    Set(Vec<Item>),
    Text(String),
    Number(f64),
    Truth(bool),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Axis {
    Ancestor,
    AncestorOrSelf,
    Attribute,
    Child,
    Descendant,
    DescendantOrSelf,
    Following,
    FollowingSibling,
    Parent,
    Preceding,
    PrecedingSibling,
    Own,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Test {
    Name(String),
    AnyName,
    Text,
    Comment,
    Instruction,
    Node,
}

#[derive(Clone, Debug)]
pub(super) struct Step {
    pub(super) axis: Axis,
    pub(super) test: Test,
    pub(super) predicates: Vec<Expr>,
}

#[derive(Clone, Debug)]
pub(super) enum Expr {
    Path {
        absolute: bool,
        start: Option<Box<Expr>>,
        steps: Vec<Step>,
    },
    /// An expression whose nodes are filtered.
    Filter(Box<Expr>, Vec<Expr>),
    Binary(&'static str, Box<Expr>, Box<Expr>),
    Negative(Box<Expr>),
    Text(String),
    Number(f64),
    Call(String, Vec<Expr>),
}

pub(super) struct Context<'a> {
    pub(super) document: &'a Document,
    pub(super) namespaces: &'a BTreeMap<String, String>,
    /// Whether a prefix was met that stands for nothing.
    pub(super) undefined: Cell<bool>,
}

/// Where an expression is evaluated: the node, its position and how many there are.
#[derive(Clone)]
struct At {
    item: Item,
    position: usize,
    size: usize,
}

impl Context<'_> {
    /// Evaluates an expression at a node.
    pub(super) fn evaluate(&self, expr: &Expr, at: Id) -> Result<Value, String> {
        self.value(expr, &At { item: Item::Node(at), position: 1, size: 1 })
    }

    fn value(&self, expr: &Expr, at: &At) -> Result<Value, String> {
        Ok(match expr {
            Expr::Text(text) => Value::Text(text.clone()),
            Expr::Number(number) => Value::Number(*number),
            Expr::Negative(inner) => Value::Number(-self.number(&self.value(inner, at)?)),
            Expr::Call(name, args) => self.call(name, args, at)?,
            Expr::Filter(inner, predicates) => {
                let Value::Set(mut items) = self.value(inner, at)? else {
                    return Err("Invalid type".to_owned());
                };
                for predicate in predicates {
                    items = self.filtered(items, predicate)?;
                }
                Value::Set(items)
            }
            Expr::Path { absolute, start, steps } => {
                let mut items = match (start, absolute) {
                    (Some(start), _) => match self.value(start, at)? {
                        Value::Set(items) => items,
                        _ => return Err("Invalid type".to_owned()),
                    },
                    (None, true) => vec![Item::Node(TOP)],
                    (None, false) => vec![at.item.clone()],
                };
                for step in steps {
                    items = self.step(&items, step)?;
                }
                Value::Set(items)
            }
            Expr::Binary(operator, left, right) => self.binary(operator, left, right, at)?,
        })
    }

    fn binary(&self, operator: &str, left: &Expr, right: &Expr, at: &At) -> Result<Value, String> {
        let one = self.value(left, at)?;
        match operator {
            "or" if Self::truth(&one) => return Ok(Value::Truth(true)),
            "and" if !Self::truth(&one) => return Ok(Value::Truth(false)),
            _ => (),
        }
        let other = self.value(right, at)?;
        Ok(match operator {
            "or" | "and" => Value::Truth(Self::truth(&other)),
            "|" => match (one, other) {
                (Value::Set(mut one), Value::Set(other)) => {
                    one.extend(other);
                    Value::Set(self.ordered(one))
                }
                _ => return Err("Invalid type".to_owned()),
            },
            "+" => Value::Number(self.number(&one) + self.number(&other)),
            "-" => Value::Number(self.number(&one) - self.number(&other)),
            "*" => Value::Number(self.number(&one) * self.number(&other)),
            "div" => Value::Number(self.number(&one) / self.number(&other)),
            "mod" => Value::Number(self.number(&one) % self.number(&other)),
            operator => Value::Truth(self.compare(operator, &one, &other)),
        })
    }

    /// Sets are compared by any of their nodes.
    fn compare(&self, operator: &str, one: &Value, other: &Value) -> bool {
        match (one, other) {
            (Value::Set(_), Value::Truth(_)) | (Value::Truth(_), Value::Set(_)) => {
                let (one, other) = (Self::truth(one), Self::truth(other));
                plain_compare(operator, f64::from(u8::from(one)), f64::from(u8::from(other)))
            }
            (Value::Set(items), other) => items
                .iter()
                .any(|item| self.compare(operator, &Value::Text(self.item_text(item)), other)),
            (one, Value::Set(items)) => items
                .iter()
                .any(|item| self.compare(operator, one, &Value::Text(self.item_text(item)))),
            (Value::Text(one), Value::Text(other)) if matches!(operator, "=" | "!=") => {
                (one == other) == (operator == "=")
            }
            (Value::Truth(_), _) | (_, Value::Truth(_)) if matches!(operator, "=" | "!=") => {
                (Self::truth(one) == Self::truth(other)) == (operator == "=")
            }
            _ => plain_compare(operator, self.number(one), self.number(other)),
        }
    }

    /// Sorts into the order of the document, each once.
    fn ordered(&self, items: Vec<Item>) -> Vec<Item> {
        let mut order = Vec::with_capacity(self.document.nodes.len());
        self.walk(TOP, &mut |id| order.push(id));
        let place = |id: &Id| order.iter().position(|one| one == id).unwrap_or(usize::MAX);
        let mut keyed: Vec<(usize, usize, Item)> = items
            .into_iter()
            .map(|item| match &item {
                Item::Node(id) => (place(id), 0, item),
                Item::Attribute(id, name) => {
                    let attributes = self.document.attributes(*id);
                    let at = attributes.iter().position(|(one, _)| one == name).unwrap_or(0);
                    (place(id), at + 1, item)
                }
            })
            .collect();
        keyed.sort_by_key(|(node, attribute, _)| (*node, *attribute));
        keyed.dedup_by(|one, other| one.2 == other.2);
        keyed.into_iter().map(|(_, _, item)| item).collect()
    }

    fn walk(&self, id: Id, visit: &mut dyn FnMut(Id)) {
        visit(id);
        for child in &self.document.nodes[id].children {
            self.walk(*child, visit);
        }
    }

    fn step(&self, items: &[Item], step: &Step) -> Result<Vec<Item>, String> {
        let mut found = Vec::new();
        for item in items {
            let mut here: Vec<Item> = self
                .along(item, step.axis)
                .into_iter()
                .filter(|one| self.fits(one, step))
                .collect();
            for predicate in &step.predicates {
                here = self.filtered(here, predicate)?;
            }
            found.extend(here);
        }
        // One start in the order of the document needs no sorting.
        let backwards = matches!(
            step.axis,
            Axis::Ancestor | Axis::AncestorOrSelf | Axis::Preceding | Axis::PrecedingSibling
        );
        Ok(if items.len() > 1 || backwards { self.ordered(found) } else { found })
    }

    fn filtered(&self, items: Vec<Item>, predicate: &Expr) -> Result<Vec<Item>, String> {
        let size = items.len();
        let mut kept = Vec::new();
        for (index, item) in items.into_iter().enumerate() {
            let at = At { item, position: index + 1, size };
            let holds = match self.value(predicate, &at)? {
                #[expect(
                    clippy::cast_precision_loss,
                    clippy::float_cmp,
                    reason = "positions are small whole numbers"
                )]
                Value::Number(number) => number == at.position as f64,
                other => Self::truth(&other),
            };
            if holds {
                kept.push(at.item);
            }
        }
        Ok(kept)
    }

    /// The nodes along an axis, the nearest first.
    fn along(&self, item: &Item, axis: Axis) -> Vec<Item> {
        let nodes = &self.document.nodes;
        let id = match (item, axis) {
            (Item::Attribute(..), Axis::Own) => return vec![item.clone()],
            (Item::Attribute(id, _), Axis::Parent) => return vec![Item::Node(*id)],
            (Item::Attribute(id, _), Axis::Ancestor | Axis::AncestorOrSelf) => {
                return self.along(&Item::Node(*id), Axis::AncestorOrSelf);
            }
            (Item::Attribute(..), _) => return Vec::new(),
            (Item::Node(id), _) => *id,
        };
        let siblings = || {
            let all = if id == TOP { &[][..] } else { &nodes[nodes[id].parent].children[..] };
            let at = self.document.place(id).unwrap_or(0);
            (all, at)
        };
        let ids: Vec<Id> = match axis {
            Axis::Attribute => {
                let names = self.document.attributes(id).iter().map(|(name, _)| name);
                let real = names.filter(|name| *name != "xmlns" && !name.starts_with("xmlns:"));
                return real.map(|name| Item::Attribute(id, name.clone())).collect();
            }
            Axis::Own => vec![id],
            Axis::Child => nodes[id].children.clone(),
            Axis::Parent if id == TOP => Vec::new(),
            Axis::Parent => vec![nodes[id].parent],
            Axis::Descendant | Axis::DescendantOrSelf => {
                let mut found = Vec::new();
                self.walk(id, &mut |one| found.push(one));
                if axis == Axis::Descendant {
                    found.remove(0);
                }
                found
            }
            Axis::Ancestor | Axis::AncestorOrSelf => {
                let mut found = if axis == Axis::AncestorOrSelf { vec![id] } else { Vec::new() };
                let mut at = id;
                while at != TOP {
                    at = nodes[at].parent;
                    found.push(at);
                }
                found
            }
            Axis::FollowingSibling => {
                let (all, at) = siblings();
                all.iter().skip(at + 1).copied().collect()
            }
            Axis::PrecedingSibling => {
                let (all, at) = siblings();
                all.iter().take(at).rev().copied().collect()
            }
            Axis::Following | Axis::Preceding => {
                let mut order = Vec::new();
                self.walk(TOP, &mut |one| order.push(one));
                let mut own = Vec::new();
                self.walk(id, &mut |one| own.push(one));
                let above = self.along(item, Axis::Ancestor);
                let at = order.iter().position(|one| *one == id).unwrap_or(0);
                let outside = |one: &Id| !own.contains(one) && !above.contains(&Item::Node(*one));
                if axis == Axis::Following {
                    order.iter().skip(at).copied().filter(outside).collect()
                } else {
                    order.iter().take(at).rev().copied().filter(outside).collect()
                }
            }
        };
        ids.into_iter().map(Item::Node).collect()
    }

    fn fits(&self, item: &Item, step: &Step) -> bool {
        let (id, name) = match item {
            Item::Attribute(id, name) => (*id, Some(name.as_str())),
            Item::Node(id) => (*id, self.document.name(*id)),
        };
        let is_attribute = matches!(item, Item::Attribute(..));
        let kind = &self.document.nodes[id].kind;
        match &step.test {
            Test::Node => true,
            Test::AnyName => name.is_some(),
            Test::Text => !is_attribute && matches!(kind, Kind::Text(_) | Kind::Cdata(_)),
            Test::Comment => !is_attribute && matches!(kind, Kind::Comment(_)),
            Test::Instruction => !is_attribute && matches!(kind, Kind::Instruction(_)),
            Test::Name(wanted) => name.is_some_and(|name| {
                let (namespace, local) = self.document.resolved(id, name, is_attribute);
                let (prefix, wanted) = wanted.split_once(':').unwrap_or(("", wanted));
                let meant = match prefix {
                    "" => None,
                    prefix => {
                        let known = self.namespaces.get(prefix);
                        self.undefined.set(self.undefined.get() || known.is_none());
                        Some(known.map_or("", String::as_str))
                    }
                };
                namespace == meant && (wanted == "*" || local == wanted)
            }),
        }
    }

    pub(super) fn item_text(&self, item: &Item) -> String {
        match item {
            Item::Attribute(id, name) => {
                let attributes = self.document.attributes(*id);
                let found = attributes.iter().find(|(one, _)| one == name);
                found.map(|(_, value)| value.clone()).unwrap_or_default()
            }
            Item::Node(id) => match &self.document.nodes[*id].kind {
                Kind::Comment(text) | Kind::Instruction(text) => text.clone(),
                _ => self.document.text(*id),
            },
        }
    }

    fn text(&self, value: &Value) -> String {
        match value {
            Value::Text(text) => text.clone(),
            Value::Set(items) => items.first().map(|item| self.item_text(item)).unwrap_or_default(),
            Value::Truth(truth) => truth.to_string(),
            Value::Number(number) if number.is_nan() => "NaN".to_owned(),
            Value::Number(number) => number.to_string(),
        }
    }

    fn number(&self, value: &Value) -> f64 {
        match value {
            Value::Number(number) => *number,
            Value::Truth(truth) => f64::from(u8::from(*truth)),
            other => self.text(other).trim().parse().unwrap_or(f64::NAN),
        }
    }

    pub(super) fn truth(value: &Value) -> bool {
        match value {
            Value::Truth(truth) => *truth,
            Value::Number(number) => *number != 0.0 && !number.is_nan(),
            Value::Text(text) => !text.is_empty(),
            Value::Set(items) => !items.is_empty(),
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "counts are small")]
    fn call(&self, name: &str, args: &[Expr], at: &At) -> Result<Value, String> {
        let values = args.iter().map(|arg| self.value(arg, at)).collect::<Result<Vec<_>, _>>()?;
        let own = || Value::Set(vec![at.item.clone()]);
        let text = |index: usize| match values.get(index) {
            Some(value) => self.text(value),
            None => self.text(&own()),
        };
        Ok(match (name, values.len()) {
            ("position", 0) => Value::Number(at.position as f64),
            ("last", 0) => Value::Number(at.size as f64),
            ("count", 1) => match &values[0] {
                Value::Set(items) => Value::Number(items.len() as f64),
                _ => return Err("Invalid type".to_owned()),
            },
            ("sum", 1) => match &values[0] {
                Value::Set(items) => {
                    let numbers =
                        items.iter().map(|item| self.number(&Value::Text(self.item_text(item))));
                    Value::Number(numbers.sum())
                }
                _ => return Err("Invalid type".to_owned()),
            },
            ("not", 1) => Value::Truth(!Self::truth(&values[0])),
            ("true", 0) => Value::Truth(true),
            ("false", 0) => Value::Truth(false),
            ("boolean", 1) => Value::Truth(Self::truth(&values[0])),
            ("number", 0 | 1) => Value::Number(self.number(values.first().unwrap_or(&own()))),
            ("floor", 1) => Value::Number(self.number(&values[0]).floor()),
            ("ceiling", 1) => Value::Number(self.number(&values[0]).ceil()),
            ("round", 1) => Value::Number((self.number(&values[0]) + 0.5).floor()),
            ("string", 0 | 1) => Value::Text(text(0)),
            ("string-length", 0 | 1) => Value::Number(text(0).chars().count() as f64),
            ("normalize-space", 0 | 1) => {
                Value::Text(text(0).split_whitespace().collect::<Vec<_>>().join(" "))
            }
            ("contains", 2) => Value::Truth(text(0).contains(&text(1))),
            ("starts-with", 2) => Value::Truth(text(0).starts_with(&text(1))),
            ("substring-before", 2) => Value::Text(
                text(0).split_once(&text(1)).map(|(start, _)| start.to_owned()).unwrap_or_default(),
            ),
            ("substring-after", 2) => Value::Text(
                text(0).split_once(&text(1)).map(|(_, end)| end.to_owned()).unwrap_or_default(),
            ),
            ("substring", 2 | 3) => {
                let start = self.number(&values[1]).round();
                let end = values
                    .get(2)
                    .map_or(f64::INFINITY, |length| start + self.number(length).round());
                let inside = |index: usize| (index as f64) >= start && (index as f64) < end;
                let source = text(0);
                let kept = source.chars().enumerate().filter(|(index, _)| inside(index + 1));
                Value::Text(kept.map(|(_, c)| c).collect())
            }
            ("concat", 2..) => Value::Text(values.iter().map(|value| self.text(value)).collect()),
            ("translate", 3) => {
                let (from, to): (Vec<char>, Vec<char>) =
                    (text(1).chars().collect(), text(2).chars().collect());
                let swap = |c: char| match from.iter().position(|one| *one == c) {
                    Some(at) => to.get(at).copied(),
                    None => Some(c),
                };
                Value::Text(text(0).chars().filter_map(swap).collect())
            }
            ("name" | "local-name" | "namespace-uri", 0 | 1) => {
                let set = values.first().cloned().unwrap_or_else(own);
                let Value::Set(items) = set else { return Err("Invalid type".to_owned()) };
                Value::Text(items.first().map(|item| self.name_of(item, name)).unwrap_or_default())
            }
            (
                "position" | "last" | "count" | "not" | "true" | "false" | "contains"
                | "starts-with" | "concat",
                _,
            ) => {
                return Err("Invalid number of arguments".to_owned());
            }
            _ => return Err("Unregistered function".to_owned()),
        })
    }

    fn name_of(&self, item: &Item, what: &str) -> String {
        let (id, name, is_attribute) = match item {
            Item::Attribute(id, name) => (*id, name.as_str(), true),
            Item::Node(id) => (*id, self.document.name(*id).unwrap_or_default(), false),
        };
        let (namespace, local) = self.document.resolved(id, name, is_attribute);
        match what {
            "name" => name.to_owned(),
            "local-name" => local.to_owned(),
            _ => namespace.unwrap_or_default().to_owned(),
        }
    }
}

#[expect(clippy::float_cmp, reason = "XPath compares numbers as IEEE 754 does")]
fn plain_compare(operator: &str, one: f64, other: f64) -> bool {
    match operator {
        "=" => one == other,
        "!=" => one != other,
        "<" => one < other,
        "<=" => one <= other,
        ">" => one > other,
        _ => one >= other,
    }
}
