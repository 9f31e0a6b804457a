//! Mistakes on the command line in the reference's words, and the text of `--version`.

use clap::error::{ContextKind, ContextValue, ErrorKind};

use super::Stop;
use crate::settings::Settings;

/// The version of the reference whose behaviour is ours.
const REFERENCE: &str = "2.19.0";

/// Returns a mistake without a usage line.
pub(in crate::cli) fn mistake(program: &str, message: &str) -> Stop {
    Stop { text: format!("{program}: error: {message}\n"), is_error: true, status: 2 }
}

/// Returns what clap found as the reference's parser would say it.
pub(super) fn of_clap(program: &str, command: &mut clap::Command, error: &clap::Error) -> Stop {
    let text_of = |kind| error.get(kind).map(ToString::to_string);
    let argument =
        text_of(ContextKind::InvalidArg).map(|id| in_words(command, &id)).unwrap_or_default();
    let value = text_of(ContextKind::InvalidValue).unwrap_or_default();
    let message = match error.kind() {
        ErrorKind::DisplayHelp => {
            return Stop { text: error.render().to_string(), is_error: false, status: 0 };
        }
        ErrorKind::UnknownArgument => {
            format!(
                "unrecognized arguments: {}",
                text_of(ContextKind::InvalidArg).unwrap_or_default()
            )
        }
        ErrorKind::MissingRequiredArgument => {
            let missing = match error.get(ContextKind::InvalidArg) {
                Some(ContextValue::Strings(names)) => names.join(", "),
                _ => argument,
            };
            let missing = missing.replace(['<', '>'], "").replace("...", "");
            format!("the following arguments are required: {missing}")
        }
        ErrorKind::InvalidValue if value.is_empty() => {
            format!("argument {argument}: expected one argument")
        }
        ErrorKind::InvalidValue | ErrorKind::ValueValidation => {
            format!("argument {argument}: invalid int value: '{value}'")
        }
        ErrorKind::TooManyValues => {
            format!("argument {argument}: ignored explicit argument '{value}'")
        }
        ErrorKind::ArgumentConflict => {
            let other =
                text_of(ContextKind::PriorArg).map(|id| in_words(command, &id)).unwrap_or_default();
            format!("argument {argument}: not allowed with argument {other}")
        }
        _ => error.render().to_string().trim().trim_start_matches("error: ").to_owned(),
    };
    let suggestion = text_of(ContextKind::SuggestedArg);
    let hint =
        suggestion.map(|near| format!("\n  hint: did you mean `{near}`?")).unwrap_or_default();
    let usage = command.render_usage().to_string().replacen("Usage:", "usage:", 1);
    Stop {
        text: format!("{usage}\n{program}: error: {message}{hint}\n"),
        is_error: true,
        status: 2,
    }
}

/// `--forks <FORKS>` becomes `-f/--forks`.
fn in_words(command: &clap::Command, shown: &str) -> String {
    let name = shown.split([' ', '=']).next().unwrap_or(shown);
    let found = command.get_arguments().find(|argument| {
        argument.get_long().is_some_and(|long| name == format!("--{long}"))
            || argument.get_short().is_some_and(|short| name == format!("-{short}"))
    });
    let Some(argument) = found else { return name.to_owned() };
    let mut names: Vec<String> =
        argument.get_short().iter().map(|short| format!("-{short}")).collect();
    let aliases = argument.get_all_aliases().unwrap_or_default();
    let longs = argument.get_long().into_iter().chain(aliases);
    names.extend(longs.map(|long| format!("--{long}")));
    names.join("/")
}

/// Returns what `--version` prints: tools look for the number after `core`.
pub(super) fn version(program: &str, settings: &Settings) -> Stop {
    let config_file = settings.config_file.as_ref();
    let config_file =
        config_file.map_or_else(|| "None".to_owned(), |path| path.display().to_string());
    let executable =
        std::env::current_exe().map(|path| path.display().to_string()).unwrap_or_default();
    let modules: Vec<String> =
        settings.library.iter().map(|path| format!("'{}'", path.display())).collect();
    let text = format!(
        "{program} [core {REFERENCE}]\n  config file = {config_file}\n  configured module search path = [{}]\n  \
         executable location = {executable}\n  windlass version = {}\n",
        modules.join(", "),
        env!("CARGO_PKG_VERSION"),
    );
    Stop { text, is_error: false, status: 0 }
}
