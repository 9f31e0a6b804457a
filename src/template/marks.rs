//! What the reference marks values with, for the units that show it: where a value stands and whose words it is.
//!
//! Values carry no marks here: what an expression names is followed to what the operator wrote.

use super::{
    evaluator::{Evaluator, Result},
    filters::{Filter, Refusal},
    tests::Test,
    tree::{Apply, Expression},
    trust::DEPTH,
};
use crate::value::Value;

/// What the names of all units begin with that look at marks.
const COLLECTION: &str = "ansible._protomatter.";
/// All marks that the reference knows.
const NAMES: [&str; 6] =
    ["Deprecated", ORIGIN, "SourceWasEncrypted", TRUSTED, VAULTED, "_JinjaConstTemplate"];
const ORIGIN: &str = "Origin";
const TRUSTED: &str = "TrustedAsTemplate";
const VAULTED: &str = "VaultedValue";

/// A value's marks.
struct Marks {
    value: Value,
    /// Where it stands.
    place: Option<String>,
    names: Vec<&'static str>,
}

impl<'e> Evaluator<'e> {
    /// Returns what a filter gives that shows marks; nothing for every other filter.
    pub(super) fn shown_marks(&self, apply: &'e Apply<Filter>) -> Result<Option<Value>> {
        let Some(name) = apply.unit.name.strip_prefix(COLLECTION) else { return Ok(None) };
        if name == "dump_object" {
            return Ok(self.dumped(&apply.input));
        }
        if !matches!(name, "origin" | "tag_names" | "true_type") {
            return Ok(None);
        }
        let marks = self.marks(&apply.input)?;
        Ok(Some(match name {
            "true_type" => Value::str(marks.class().as_str()),
            _ if marks.value.is_undefined() => marks.value,
            "origin" => marks.place.map_or(Value::None, Value::from),
            _ => Value::list(marks.names.into_iter().map(Value::str).collect::<Vec<_>>()),
        }))
    }

    /// Returns what a test says that asks for marks; nothing for every other test.
    pub(super) fn asked_marks(&self, apply: &'e Apply<Test>) -> Result<Option<bool>> {
        let Some(name) = apply.unit.name.strip_prefix(COLLECTION) else { return Ok(None) };
        let marks = self.marks(&apply.input)?;
        if marks.value.is_undefined() {
            return Ok(None);
        }
        if name == "tagged" {
            return Ok(Some(!marks.names.is_empty()));
        }
        let passed = self.passed(&apply.arguments)?;
        let wanted = passed.positional.first().or(passed.named.first().map(|(_, value)| value));
        let wanted = wanted.cloned().unwrap_or_default();
        match wanted.as_str().filter(|wanted| NAMES.contains(wanted)) {
            Some(wanted) => Ok(Some(marks.names.contains(&wanted))),
            None => {
                let refusal = Refusal::from(format!("Unknown tag name {}.", wanted.to_repr()));
                let error = refusal.into_error(("test", apply.unit.name));
                Err(error.of_plugin().at(self.code, apply.place))
            }
        }
    }

    /// What failed becomes data that tells why; nothing where all is well.
    fn dumped(&self, input: &'e Expression) -> Option<Value> {
        let reason = match self.operand(input) {
            Ok(Value::Undefined(undefined)) if undefined.failed => undefined.message.clone(),
            Ok(_) => return None,
            Err(error) => error.into_message(),
        };
        let exception = Value::dict([("message", Value::from(reason))]);
        Some(Value::dict([("exception", exception)]))
    }

    fn marks(&self, input: &'e Expression) -> Result<Marks> {
        let value = self.operand(input)?;
        let mut marks = Marks { value, place: None, names: Vec::new() };
        if matches!(marks.value, Value::Bool(_) | Value::None | Value::Undefined(_)) {
            return Ok(marks);
        }
        let place = self.env.followed_to(self.code, input, DEPTH);
        marks.place = place.map(|place| place.to_string()).or(self.variable_of_environment(input)?);
        if marks.place.is_some() {
            marks.names.push(ORIGIN);
        }
        if matches!(marks.value, Value::Str(_)) && self.env.owns(self.code, input) {
            marks.names.push(TRUSTED);
        }
        if self.is_encrypted(input)? {
            marks.names.push(VAULTED);
        }
        Ok(marks)
    }

    /// Where the value of a variable of the environment stands.
    fn variable_of_environment(&self, input: &'e Expression) -> Result<Option<String>> {
        let Expression::Call(call) = input else { return Ok(None) };
        let Expression::Name(callee, _) = &call.callee else { return Ok(None) };
        let [(false, Expression::Const(kind)), (false, name)] = &call.arguments.positional[..]
        else {
            return Ok(None);
        };
        if &*self.code.names[*callee as usize] != "lookup" || kind.as_str() != Some("env") {
            return Ok(None);
        }
        let name = self.operand(name)?.to_text();
        let is_there = std::env::var_os(&name).is_some();
        Ok(is_there.then(|| format!("<environment variable '{name}'>")))
    }
}

impl Marks {
    /// The reference's name of the class of such a value.
    fn class(&self) -> String {
        let kind = self.value.type_name();
        match &self.value {
            Value::Dict(_) => "_AnsibleLazyTemplateDict".to_owned(),
            Value::List(_) => "_AnsibleLazyTemplateList".to_owned(),
            Value::Tuple(_) => "_AnsibleLazyAccessTuple".to_owned(),
            Value::Str(_) | Value::Int(_) | Value::BigInt(_) | Value::Float(_)
                if !self.names.is_empty() =>
            {
                format!("_AnsibleTagged{}{}", kind[..1].to_uppercase(), &kind[1..])
            }
            _ => kind.to_owned(),
        }
    }
}
