//! What settings with a choice may be.

use super::coerce::choices;

choices! {
    /// When facts are gathered.
    Gathering { Implicit = "implicit", Explicit = "explicit", Smart = "smart" }
    /// What happens with a dictionary that is defined twice.
    HashBehaviour { Replace = "replace", Merge = "merge" }
    /// What happens with a key that stands twice in a mapping.
    DuplicateKey { Warn = "warn", Error = "error", Ignore = "ignore" }
    /// What happens when a pattern matches no host.
    PatternMismatch { Warning = "warning", Error = "error", Ignore = "ignore" }
    /// What happens with group names that are no variable names.
    GroupNames { Never = "never", Always = "always", Ignore = "ignore", Silently = "silently" }
    /// When vars plugins are asked.
    VarsOccasion { Demand = "demand", Start = "start" }
    /// How results are shown.
    ResultFormat { Json = "json", Yaml = "yaml" }
    /// How the reference moves files; all of them mean the one channel.
    TransferMethod { Smart = "smart", Sftp = "sftp", Scp = "scp", Piped = "piped" }
}
