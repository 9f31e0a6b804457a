//! JSON Schema, with the words of Python's `jsonschema`.

mod forms;

use forms::{has_format, is_type, long, matches_text, same, short, too_few, too_many};

use crate::value::{Dict, Value};

/// What does not fit, and where.
pub(crate) struct Problem {
    pub(crate) message: String,
    pub(crate) path: Vec<Value>,
    schema_path: Vec<Value>,
    schema: Value,
    validator: Value,
    expected: Value,
    found: Value,
}

/// Schemas in schemas; one that refers to itself would never end.
const MAX_DEPTH: usize = 200;

/// Returns what does not fit in a value, in the order of the places; a text says what is wrong with the schema.
pub(crate) fn problems(
    schema: &Value,
    data: &Value,
    draft: Option<&str>,
) -> Result<Vec<Problem>, String> {
    let named = schema.get("$schema").map(Value::to_text);
    let is_old = match (draft, &named) {
        (Some(draft), _) => matches!(draft, "draft3" | "draft4" | "draft6" | "draft7"),
        (None, Some(named)) => named.contains("/draft-0"),
        (None, None) => false,
    };
    let mut walk = Walk {
        is_old,
        root: schema,
        path: Vec::new(),
        schema_path: Vec::new(),
        found: Vec::new(),
        depth: 0,
    };
    walk.check(schema, data)?;
    let mut found = walk.found;
    found.sort_by(|a, b| {
        let order = a
            .path
            .iter()
            .zip(&b.path)
            .find_map(|(a, b)| a.order(b, "<").ok().flatten().filter(|order| order.is_ne()));
        order.unwrap_or_else(|| a.path.len().cmp(&b.path.len()))
    });
    Ok(found)
}

impl Problem {
    /// Returns the problem as the reference's filter does.
    pub(crate) fn into_value(self) -> Value {
        let dotted = |path: &[Value]| path.iter().map(Value::to_text).collect::<Vec<_>>().join(".");
        let mut json_path = "$".to_owned();
        for key in &self.path {
            match key {
                Value::Int(index) => json_path.push_str(&format!("[{index}]")),
                key => json_path.push_str(&format!(".{}", key.to_text())),
            }
        }
        Value::dict([
            ("message", Value::from(self.message)),
            ("data_path", dotted(&self.path).into()),
            ("json_path", json_path.into()),
            ("schema_path", dotted(&self.schema_path).into()),
            ("relative_schema", self.schema),
            ("expected", self.expected),
            ("validator", self.validator),
            ("found", self.found),
        ])
    }
}

struct Walk<'s> {
    /// Whether the rules are those of draft 7 and before.
    is_old: bool,
    root: &'s Value,
    path: Vec<Value>,
    schema_path: Vec<Value>,
    found: Vec<Problem>,
    depth: usize,
}

impl<'s> Walk<'s> {
    fn check(&mut self, schema: &'s Value, data: &Value) -> Result<(), String> {
        if self.depth > MAX_DEPTH {
            return Err("maximum recursion depth exceeded".to_owned());
        }
        self.depth += 1;
        match schema {
            Value::Dict(rules) => {
                for (keyword, rule) in rules.iter() {
                    let Some(keyword) = keyword.as_str() else { continue };
                    let before = self.schema_path.len();
                    // These leave no trace in the path.
                    if !matches!(keyword, "$ref" | "if") {
                        self.schema_path.push(keyword.into());
                    }
                    self.rule(schema, rules, keyword, rule, data)?;
                    self.schema_path.truncate(before);
                }
            }
            Value::Bool(false) => {
                let message = format!("False schema does not allow {}", data.to_repr());
                self.report(schema, Value::None, &Value::None, data, message);
            }
            _ => (),
        }
        self.depth -= 1;
        Ok(())
    }

    fn report(
        &mut self,
        schema: &Value,
        keyword: impl Into<Value>,
        rule: &Value,
        data: &Value,
        message: String,
    ) {
        self.found.push(Problem {
            message,
            path: self.path.clone(),
            schema_path: self.schema_path.clone(),
            schema: schema.clone(),
            validator: keyword.into(),
            expected: rule.clone(),
            found: data.clone(),
        });
    }

    fn fits(&mut self, schema: &'s Value, data: &Value) -> Result<bool, String> {
        let before = self.found.len();
        self.check(schema, data)?;
        let fits = self.found.len() == before;
        self.found.truncate(before);
        Ok(fits)
    }

    fn descend(
        &mut self,
        schema: &'s Value,
        data: &Value,
        key: Option<Value>,
        schema_key: Option<Value>,
    ) -> Result<(), String> {
        // Python's library says of what nothing fits only where it was asked for.
        if matches!(schema, Value::Bool(false)) {
            return self.check(schema, data);
        }
        let (path, schema_path) = (self.path.len(), self.schema_path.len());
        self.path.extend(key);
        self.schema_path.extend(schema_key);
        let result = self.check(schema, data);
        self.path.truncate(path);
        self.schema_path.truncate(schema_path);
        result
    }

    #[expect(clippy::too_many_lines, reason = "one arm for each keyword")]
    fn rule(
        &mut self,
        schema: &'s Value,
        rules: &'s Dict,
        keyword: &str,
        rule: &'s Value,
        data: &Value,
    ) -> Result<(), String> {
        let shown = data.to_repr();
        let is_number = matches!(data, Value::Int(_) | Value::BigInt(_) | Value::Float(_));
        let message = match (keyword, data, rule) {
            ("$ref", _, Value::Str(reference)) => {
                let target = self.resolve(reference)?;
                return self.descend(target, data, None, None);
            }
            ("type", ..) => {
                let names: Vec<Value> = match rule {
                    Value::List(names) => names.to_vec(),
                    one => vec![one.clone()],
                };
                for name in &names {
                    let name = name.to_text();
                    match is_type(data, &name) {
                        Some(true) => return Ok(()),
                        Some(false) => (),
                        None => {
                            return Err(format!(
                                "Unknown type '{name}' for validator with schema:\n    {}\n\nWhile checking instance:\n    {shown}",
                                schema.to_repr()
                            ));
                        }
                    }
                }
                let names = names.iter().map(Value::to_repr).collect::<Vec<_>>().join(", ");
                format!("{shown} is not of type {names}")
            }
            ("enum", _, Value::List(known)) if !known.iter().any(|it| same(it, data)) => {
                format!("{shown} is not one of {}", rule.to_repr())
            }
            ("const", ..) if !same(rule, data) => format!("{} was expected", rule.to_repr()),
            ("required", Value::Dict(dict), Value::List(names)) => {
                for name in names.iter().filter(|name| dict.get_value(name).is_none()) {
                    let message = format!("{} is a required property", name.to_repr());
                    self.report(schema, keyword, rule, data, message);
                }
                return Ok(());
            }
            ("properties", Value::Dict(dict), Value::Dict(known)) => {
                for (name, schema) in known.iter() {
                    if let Some(value) = dict.get_value(name) {
                        self.descend(schema, value, Some(name.clone()), Some(name.clone()))?;
                    }
                }
                return Ok(());
            }
            ("patternProperties", Value::Dict(dict), Value::Dict(patterns)) => {
                for (pattern, schema) in patterns.iter() {
                    for (name, value) in dict.iter() {
                        if matches_text(&pattern.to_text(), &name.to_text())? {
                            let (key, pattern) = (Some(name.clone()), Some(pattern.clone()));
                            self.descend(schema, value, key, pattern)?;
                        }
                    }
                }
                return Ok(());
            }
            ("additionalProperties", Value::Dict(dict), _) => {
                let mut extras = Vec::new();
                let patterns = rules.get("patternProperties").and_then(Value::as_dict);
                for (name, value) in dict.iter() {
                    let known = rules.get("properties").and_then(Value::as_dict);
                    let mut is_known = known.is_some_and(|known| known.get_value(name).is_some());
                    for pattern in patterns.into_iter().flat_map(Dict::keys) {
                        is_known |= matches_text(&pattern.to_text(), &name.to_text())?;
                    }
                    if is_known {
                        continue;
                    }
                    match rule {
                        Value::Dict(_) => self.descend(rule, value, Some(name.clone()), None)?,
                        _ => extras.push(name.to_repr()),
                    }
                }
                if extras.is_empty() || matches!(rule, Value::Bool(true) | Value::Dict(_)) {
                    return Ok(());
                }
                if let Some(patterns) = patterns.filter(|patterns| !patterns.is_empty()) {
                    let verb = if extras.len() == 1 { "does" } else { "do" };
                    extras.sort();
                    let mut patterns: Vec<_> = patterns.keys().map(Value::to_repr).collect();
                    patterns.sort();
                    let (extras, patterns) = (extras.join(", "), patterns.join(", "));
                    format!("{extras} {verb} not match any of the regexes: {patterns}")
                } else {
                    let verb = if extras.len() == 1 { "was" } else { "were" };
                    extras.sort();
                    let extras = extras.join(", ");
                    format!("Additional properties are not allowed ({extras} {verb} unexpected)")
                }
            }
            ("propertyNames", Value::Dict(dict), _) => {
                for name in dict.keys() {
                    self.descend(rule, name, None, None)?;
                }
                return Ok(());
            }
            ("items", Value::List(_), Value::List(_)) if !self.is_old => {
                return Err("'list' object has no attribute 'get'".to_owned());
            }
            ("items" | "prefixItems", Value::List(items), Value::List(schemas)) => {
                for (index, (item, schema)) in items.iter().zip(schemas.iter()).enumerate() {
                    self.descend(schema, item, Some(index.into()), Some(index.into()))?;
                }
                return Ok(());
            }
            ("items", Value::List(items), _) => {
                let before = rules.get("prefixItems").and_then(Value::as_list);
                let before = before.map_or(0, |before| before.len());
                for (index, item) in items.iter().enumerate().skip(before) {
                    self.descend(rule, item, Some(index.into()), None)?;
                }
                return Ok(());
            }
            ("additionalItems", Value::List(items), _) if self.is_old => {
                let Some(Value::List(known)) = rules.get("items") else { return Ok(()) };
                let extras = items.get(known.len()..).unwrap_or_default();
                if let Value::Dict(_) = rule {
                    for (index, item) in extras.iter().enumerate() {
                        let index = index + known.len();
                        self.descend(rule, item, Some(index.into()), None)?;
                    }
                    return Ok(());
                }
                if extras.is_empty() || rule.is_true() {
                    return Ok(());
                }
                let verb = if extras.len() == 1 { "was" } else { "were" };
                let extras = extras.iter().map(Value::to_repr).collect::<Vec<_>>().join(", ");
                format!("Additional items are not allowed ({extras} {verb} unexpected)")
            }
            ("contains", Value::List(items), _) => {
                let mut count = 0_i64;
                for item in items.iter() {
                    count += i64::from(self.fits(rule, item)?);
                }
                let least = rules.get("minContains").and_then(Value::as_int).unwrap_or(1);
                if count >= least {
                    return Ok(());
                }
                format!("{shown} does not contain items matching the given schema")
            }
            ("uniqueItems", Value::List(items), Value::Bool(true)) => {
                let twice = |(at, item): (usize, &Value)| {
                    items[..at].iter().any(|before| same(before, item))
                };
                if !items.iter().enumerate().any(twice) {
                    return Ok(());
                }
                format!("{shown} has non-unique elements")
            }
            ("minItems", Value::List(items), _) if too_few(items.len(), rule) => {
                short(&shown, rule)
            }
            ("maxItems", Value::List(items), _) if too_many(items.len(), rule) => {
                long(&shown, rule)
            }
            ("minLength", Value::Str(text), _) if too_few(text.chars().count(), rule) => {
                short(&shown, rule)
            }
            ("maxLength", Value::Str(text), _) if too_many(text.chars().count(), rule) => {
                long(&shown, rule)
            }
            ("minProperties", Value::Dict(dict), _) if too_few(dict.len(), rule) => {
                match rule.as_int() {
                    Some(1) => short(&shown, rule),
                    _ => format!("{shown} does not have enough properties"),
                }
            }
            ("maxProperties", Value::Dict(dict), _) if too_many(dict.len(), rule) => {
                match rule.as_int() {
                    Some(0) => long(&shown, rule),
                    _ => format!("{shown} has too many properties"),
                }
            }
            ("minimum" | "maximum" | "exclusiveMinimum" | "exclusiveMaximum", ..) if is_number => {
                let Ok(Some(order)) = data.order(rule, "<") else { return Ok(()) };
                let (wrong, words) = match keyword {
                    "minimum" => (order.is_lt(), "less than the minimum"),
                    "maximum" => (order.is_gt(), "greater than the maximum"),
                    "exclusiveMinimum" => (order.is_le(), "less than or equal to the minimum"),
                    _ => (order.is_ge(), "greater than or equal to the maximum"),
                };
                if !wrong {
                    return Ok(());
                }
                format!("{shown} is {words} of {}", rule.to_repr())
            }
            ("multipleOf", ..) if is_number => {
                let rest = crate::value::Operator::Rem.apply(data, rule)?;
                let whole = rest.as_float().is_none_or(|rest| rest == 0.0);
                if whole {
                    return Ok(());
                }
                format!("{shown} is not a multiple of {}", rule.to_repr())
            }
            ("pattern", Value::Str(text), Value::Str(pattern)) => {
                if matches_text(pattern, text)? {
                    return Ok(());
                }
                format!("{shown} does not match {}", rule.to_repr())
            }
            ("format", Value::Str(text), Value::Str(format)) if !has_format(text, format) => {
                format!("{shown} is not a {}", rule.to_repr())
            }
            ("allOf", _, Value::List(schemas)) => {
                for (index, schema) in schemas.iter().enumerate() {
                    self.descend(schema, data, None, Some(index.into()))?;
                }
                return Ok(());
            }
            ("anyOf" | "oneOf", _, Value::List(schemas)) => {
                let mut fitting = Vec::new();
                for schema in schemas.iter() {
                    if self.fits(schema, data)? {
                        fitting.push(schema);
                    }
                }
                match (fitting.len(), keyword) {
                    (0, _) => format!("{shown} is not valid under any of the given schemas"),
                    (1, _) | (_, "anyOf") => return Ok(()),
                    _ => {
                        // The first one that fits is named last.
                        fitting.rotate_left(1);
                        let all: Vec<_> = fitting.into_iter().map(Value::to_repr).collect();
                        format!("{shown} is valid under each of {}", all.join(", "))
                    }
                }
            }
            ("not", ..) => {
                if !self.fits(rule, data)? {
                    return Ok(());
                }
                format!("{shown} should not be valid under {}", rule.to_repr())
            }
            ("if", ..) => {
                let branch = if self.fits(rule, data)? { "then" } else { "else" };
                if let Some(schema) = rules.get(branch) {
                    self.descend(schema, data, None, Some(branch.into()))?;
                }
                return Ok(());
            }
            ("dependencies", ..) if !self.is_old => return Ok(()),
            ("dependentRequired" | "dependencies", Value::Dict(dict), Value::Dict(needs)) => {
                for (name, needed) in needs.iter().filter(|it| dict.get_value(it.0).is_some()) {
                    match needed {
                        Value::List(needed) => {
                            for each in needed.iter().filter(|it| dict.get_value(it).is_none()) {
                                let (each, name) = (each.to_repr(), name.to_repr());
                                let message = format!("{each} is a dependency of {name}");
                                self.report(schema, keyword, rule, data, message);
                            }
                        }
                        needed => self.descend(needed, data, None, Some(name.clone()))?,
                    }
                }
                return Ok(());
            }
            ("dependentSchemas", Value::Dict(dict), Value::Dict(needs)) => {
                for (name, needed) in needs.iter().filter(|it| dict.get_value(it.0).is_some()) {
                    self.descend(needed, data, None, Some(name.clone()))?;
                }
                return Ok(());
            }
            _ => return Ok(()),
        };
        self.report(schema, keyword, rule, data, message);
        Ok(())
    }

    /// Returns the schema that a reference within the document names.
    fn resolve(&self, reference: &str) -> Result<&'s Value, String> {
        let unresolvable = || {
            let pointer = reference.strip_prefix('#').unwrap_or(reference);
            format!("PointerToNowhere: '{pointer}' does not exist within {}", self.root.to_repr())
        };
        let pointer = reference.strip_prefix('#').ok_or_else(unresolvable)?;
        let mut at = self.root;
        for part in pointer.split('/').skip(1) {
            let part = part.replace("~1", "/").replace("~0", "~");
            at = match at {
                Value::Dict(dict) => dict.get(&part),
                Value::List(items) => part.parse().ok().and_then(|at: usize| items.get(at)),
                _ => None,
            }
            .ok_or_else(unresolvable)?;
        }
        Ok(at)
    }
}
