//! Variables and groups whose names are no variables': they are taken today, and told of.

use super::{Inventory, graph::Variable, sources::Loader};
use crate::{diagnostic::Diagnostic, value::is_variable_name};

/// What names of variables are.
const NAMES: &str = "Variable names must be strings starting with a letter or underscore character, and contain only letters, numbers and underscores.";

/// What is said of a group's name that is no variable's.
pub const ODD_NAMES: &str =
    "Invalid characters were found in group names but not replaced, use -vvvv to see details";

/// Whether a group's name is such that a variable could have it.
pub fn is_plain_name(name: &str) -> bool {
    name.chars().all(is_of_word) && !name.starts_with(|c: char| c.is_numeric())
}

pub(super) fn is_of_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

impl Inventory {
    /// Remembers a variable of a file whose name is none.
    pub(super) fn note_misnamed(&mut self, variable: &Variable) {
        if let Some(origin) = &variable.origin
            && !variable.name.as_str().is_some_and(is_variable_name)
        {
            self.misnamed.push((variable.name.clone(), origin.clone()));
        }
    }
}

impl Loader<'_> {
    /// Tells of such variables where the settings want to hear of what will be gone.
    pub(super) fn tell_misnamed(&mut self) {
        let misnamed = std::mem::take(&mut self.inventory.misnamed);
        if !*self.settings.deprecation_warnings {
            return;
        }
        for (name, origin) in misnamed {
            let message =
                format!("Accepting inventory variable with invalid name {}.", name.to_repr());
            let told = Diagnostic::maybe_at(origin.line().as_ref(), message).deprecation();
            self.diagnostics.push(told.note(NAMES));
        }
    }
}
