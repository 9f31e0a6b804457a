//! What a module's arguments are: data that checks, coerces, documents and completes.

mod check;
mod coerce;
mod literal;
mod mask;
mod part;
mod python;

pub use check::{ArgError, explain, parse, read, read_required};
pub(crate) use coerce::expand_with;
pub use coerce::{ArgPath, Bytes, FromArg, JsonText, Mismatch, boolean_choice};
pub use mask::mask;
pub use part::part;
pub use python::{python_class, python_json, python_repr, python_str};
pub use windlass_protocol::{Json, JsonMap};

/// Documentation, which only the controller carries.
#[cfg(feature = "docs")]
macro_rules! documentation {
    ($text:expr) => {
        $text
    };
}

/// Documentation, which only the controller carries.
#[cfg(not(feature = "docs"))]
macro_rules! documentation {
    ($text:expr) => {
        ""
    };
}

pub(crate) use documentation;

/// Arguments as they were given: names in the order of the playbook, templated.
pub type Given = JsonMap;

/// A struct whose fields are a module's arguments; derived.
pub trait Args: Sized {
    const SPEC: Spec;
    /// Reads the fields from `given`; [`parse`] checks the rest, too.
    fn from_given(given: &Given) -> Result<Self, ArgError>;
}

/// A module's arguments, and the rules over several of them.
#[derive(Debug)]
pub struct Spec {
    pub doc: &'static str,
    pub items: &'static [Item],
    pub mutually_exclusive: &'static [&'static [&'static str]],
    pub required_one_of: &'static [&'static [&'static str]],
    pub required_together: &'static [&'static [&'static str]],
    pub required_if: &'static [RequiredIf],
    /// Arguments, and the one that each of them needs.
    pub required_by: &'static [(&'static str, &'static str)],
    /// Whether text without a key is an argument of its own (`command: uptime`), which arrives as `_raw_params`.
    pub free_form: bool,
    /// Whether other arguments are welcome: they are checked where the module hands them on.
    pub open: bool,
    /// Whether the reference does it on the controller, so that its failures are those of an action.
    pub as_action: bool,
    /// The collection that the module belongs to: `ansible.builtin`, `community.general`.
    pub collection: &'static str,
    /// Its other names: short ones, which hold in its collection, too, and full ones, of where it was before.
    pub also: &'static [&'static str],
}

impl Spec {
    /// Returns every argument, those of flattened structs in their place.
    pub fn args(&'static self) -> Vec<&'static Arg> {
        let mut found = Vec::new();
        for item in self.items {
            match item {
                Item::Arg(arg) => found.push(arg),
                Item::Flatten(spec) => found.extend(spec.args()),
            }
        }
        found
    }

    /// Returns the specification and those of flattened structs: the rules of each hold for the whole.
    fn parts(&'static self) -> Vec<&'static Spec> {
        let mut found = vec![self];
        for item in self.items {
            if let Item::Flatten(spec) = item {
                found.extend(spec.parts());
            }
        }
        found
    }

    /// Returns the argument that `name` (or an alias of it) means.
    pub fn find(&'static self, name: &str) -> Option<&'static Arg> {
        self.items.iter().find_map(|item| match item {
            Item::Arg(arg) => (arg.name == name || arg.aliases.contains(&name)).then_some(arg),
            Item::Flatten(spec) => spec.find(name),
        })
    }
}

/// One line of a specification.
#[derive(Debug)]
pub enum Item {
    Arg(Arg),
    /// The arguments of another struct, here.
    Flatten(&'static Spec),
}

/// One argument.
#[derive(Debug)]
pub struct Arg {
    pub name: &'static str,
    pub aliases: &'static [&'static str],
    pub doc: &'static str,
    pub kind: Kind,
    /// Type of a list's elements.
    pub elements: Option<Kind>,
    pub required: bool,
    pub default: Option<&'static str>,
    pub choices: &'static [&'static str],
    /// Whether its value is masked wherever it might be shown.
    pub secret: bool,
    /// Whether the controller sets it and users do not see it.
    pub hidden: bool,
    /// Whether a result hands a secret back: whoever shows the result masks it, whoever uses it has it.
    pub returned: bool,
    /// Reads a value as the module would, to tell before a run what it would refuse.
    #[cfg(feature = "docs")]
    pub fits: fn(&Json) -> Result<(), Mismatch>,
}

impl Arg {
    /// Returns an argument of type `T`, as derived code completes it.
    pub const fn of<T: FromArg>(name: &'static str, doc: &'static str) -> Self {
        Arg {
            name,
            aliases: &[],
            doc,
            kind: T::KIND,
            elements: T::ELEMENTS,
            required: T::REQUIRED,
            default: None,
            choices: T::CHOICES,
            secret: false,
            hidden: false,
            returned: false,
            #[cfg(feature = "docs")]
            fits: |value| T::from_arg(value).map(drop),
        }
    }

    /// Returns whether a task must give it.
    pub fn is_required(&self) -> bool {
        self.required && self.default.is_none()
    }
}

/// When `key` is `value`, all of `then` are needed.
#[derive(Debug)]
pub struct RequiredIf {
    pub key: &'static str,
    pub value: &'static str,
    pub then: &'static [&'static str],
    /// Whether one of them is enough.
    pub any: bool,
}

/// The types of arguments, as the reference names them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Str,
    Bool,
    Int,
    Float,
    List,
    Dict,
    Path,
    Raw,
    JsonArg,
    Bytes,
}

impl Kind {
    /// Returns the name that documentation and messages use.
    pub fn as_str(self) -> &'static str {
        match self {
            Kind::Str => "str",
            Kind::Bool => "bool",
            Kind::Int => "int",
            Kind::Float => "float",
            Kind::List => "list",
            Kind::Dict => "dict",
            Kind::Path => "path",
            Kind::Raw => "raw",
            Kind::JsonArg => "jsonarg",
            Kind::Bytes => "bytes",
        }
    }
}
