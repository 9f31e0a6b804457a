//! Options of `galaxy`.

use std::path::PathBuf;

use clap::{ArgAction, Parser, ValueEnum};

/// How installed collections are listed.
#[derive(Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    #[default]
    Human,
    Yaml,
    Json,
}

#[derive(Parser)]
#[command(about = "Makes, installs and lists roles and collections, from git and from archives")]
pub(super) struct GalaxyArgs {
    /// `role` or `collection`, what to do (init, install, list, remove, build, verify), and names or paths
    #[arg(value_name = "WORD")]
    pub(super) words: Vec<String>,
    /// File that lists what to install
    #[arg(
        short = 'r',
        long = "role-file",
        alias = "requirements-file",
        value_name = "REQUIREMENTS"
    )]
    pub(super) file: Option<PathBuf>,
    /// Folder of roles, of collections, or for their archives
    #[arg(
        short = 'p',
        long = "roles-path",
        alias = "collections-path",
        alias = "collection-path",
        alias = "download-path",
        value_name = "PATH"
    )]
    pub(super) path: Option<PathBuf>,
    /// Write over what is there
    #[arg(short = 'f', long = "force")]
    pub(super) force: bool,
    /// Write over dependencies that are there, too
    #[arg(long = "force-with-deps")]
    pub(super) force_with_deps: bool,
    /// Install no dependencies
    #[arg(short = 'n', long = "no-deps")]
    pub(super) no_deps: bool,
    /// Go on with the next role where one cannot be installed
    #[arg(short = 'i', long = "ignore-errors")]
    pub(super) ignore_errors: bool,
    /// Keep the folder `.git` of a role
    #[arg(short = 'g', long = "keep-scm-meta")]
    pub(super) keep_scm_meta: bool,
    /// Folder to make a role or collection in
    #[arg(long = "init-path", value_name = "PATH")]
    pub(super) init_path: Option<PathBuf>,
    /// Folder for the archive of a collection
    #[arg(long = "output-path", value_name = "PATH")]
    pub(super) output_path: Option<PathBuf>,
    /// How collections are listed
    #[arg(long = "format", value_enum, default_value_t, hide_possible_values = true)]
    pub(super) format: Format,
    /// Ask no server
    #[arg(long = "offline")]
    pub(super) offline: bool,
    /// Install again what is older than what is asked for
    #[arg(short = 'U', long = "upgrade")]
    pub(super) upgrade: bool,
    /// Take versions that are not final
    #[arg(long = "pre")]
    pub(super) pre: bool,
    /// Server to ask, by its address or its name in the settings
    #[arg(short = 's', long = "server", value_name = "URL")]
    pub(super) server: Option<String>,
    /// Who asks, where servers want to know
    #[arg(long = "token", alias = "api-key", value_name = "TOKEN")]
    pub(super) token: Option<String>,
    /// Do not check certificates
    #[arg(short = 'c', long = "ignore-certs")]
    pub(super) ignore_certs: bool,
    /// Do not use what servers answered before
    #[arg(long = "no-cache")]
    pub(super) no_cache: bool,
    /// Say more
    #[arg(short = 'v', long = "verbose", action = ArgAction::Count)]
    pub(super) verbose: u8,
}
