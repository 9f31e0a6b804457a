//! The table of settings: name, type, default, keys of `ansible.cfg`, variables of the environment.

use std::path::PathBuf;

use super::{
    Entry, Reader, Setting, Shown,
    choices::{
        DuplicateKey, Gathering, GroupNames, HashBehaviour, PatternMismatch, ResultFormat,
        TransferMethod, VarsOccasion,
    },
    coerce::{Color, Kind, Sources},
};

macro_rules! settings {
    (@default none) => { None };
    (@default $text:literal) => { Some($text) };
    ($(
        #[doc = $doc:literal]
        $name:ident: $kind:ty = $default:tt, [$($key:expr),*], [$($variable:literal),*];
    )+) => {
        /// All settings, each with where it came from.
        #[derive(Clone, Debug)]
        pub struct Settings {
            /// The `ansible.cfg` that was read.
            pub config_file: Option<PathBuf>,
            /// The folder that relative paths of the command line refer to.
            pub working_dir: PathBuf,
            /// Whether sources are asked anew, whatever is kept of them.
            pub flush_cache: bool,
            /// Whether the inventory itself is what is shown.
            pub shows_inventory: bool,
            /// Variables of the command line, for sources that use them.
            pub extra_vars: std::sync::Arc<crate::value::Dict>,
            $(#[doc = $doc] pub $name: Setting<$kind>,)+
        }

        impl Settings {
            /// The table.
            pub const ENTRIES: &[Entry] = &[$(Entry {
                name: bare(stringify!($name)),
                summary: $doc.trim_ascii(),
                kind: <$kind as Kind>::NAME,
                default: settings!(@default $default),
                keys: &[$($key),*],
                variables: &[$($variable),*],
            }),+];

            /// Returns all settings as data, in the table's order.
            pub fn shown(&self) -> Vec<Shown> {
                let values = [$((self.$name.value.to_value(), self.$name.origin.clone())),+];
                let shown = Self::ENTRIES.iter().zip(values);
                shown.map(|(entry, (value, origin))| Shown { entry, value, origin }).collect()
            }

            pub(super) fn read(reader: &mut Reader<'_>) -> Settings {
                let mut entries = Self::ENTRIES.iter();
                let mut next = || entries.next().expect("the table has an entry for each field");
                Settings {
                    config_file: None,
                    working_dir: PathBuf::new(),
                    flush_cache: false,
                    shows_inventory: false,
                    extra_vars: std::sync::Arc::default(),
                    $($name: reader.setting(next()),)+
                }
            }
        }
    };
}

/// Returns a field's name without the mark of raw identifiers.
const fn bare(name: &'static str) -> &'static str {
    match name.as_bytes() {
        [b'r', b'#', ..] => name.split_at(2).1,
        _ => name,
    }
}

settings! {
    /// Folder of caches, collections and roles of the user
    home: PathBuf = "~/.ansible", [("defaults", "home")], ["ANSIBLE_HOME"];
    // The run.
    /// How many hosts are worked on at once
    forks: i64 = "5", [("defaults", "forks")], ["ANSIBLE_FORKS"];
    /// Strategy of plays that name none
    strategy: String = "linear", [("defaults", "strategy")], ["ANSIBLE_STRATEGY"];
    /// When facts are gathered
    gathering: Gathering = "implicit", [("defaults", "gathering")], ["ANSIBLE_GATHERING"];
    /// Whether a failed task ends the play for all hosts
    any_errors_fatal: bool = "False", [("defaults", "any_errors_fatal")], ["ANSIBLE_ANY_ERRORS_FATAL"];
    /// Whether handlers run on hosts that failed
    force_handlers: bool = "False", [("defaults", "force_handlers")], ["ANSIBLE_FORCE_HANDLERS"];
    /// Whether a notified handler must exist
    error_on_missing_handler: bool = "True", [("defaults", "error_on_missing_handler")], ["ANSIBLE_ERROR_ON_MISSING_HANDLER"];
    /// Seconds that a task may take; 0 for no limit
    task_timeout: i64 = "0", [("defaults", "task_timeout")], ["ANSIBLE_TASK_TIMEOUT"];
    /// Seconds between looks at an asynchronous task
    poll_interval: i64 = "15", [("defaults", "poll_interval")], ["ANSIBLE_POLL_INTERVAL"];
    /// Folder on hosts in which jobs in the background say how they go
    async_dir: String = "~/.ansible_async", [("defaults", "async_dir")], ["ANSIBLE_ASYNC_DIR"];
    /// Modules that gather facts
    facts_modules: Vec<String> = "smart", [("defaults", "facts_modules")], ["ANSIBLE_FACTS_MODULES"];
    /// Whether facts are variables with the prefix `ansible_`
    inject_facts_as_vars: bool = "True", [("defaults", "inject_facts_as_vars")], ["ANSIBLE_INJECT_FACT_VARS"];
    /// What happens with a dictionary that is defined twice
    hash_behaviour: HashBehaviour = "replace", [("defaults", "hash_behaviour")], ["ANSIBLE_HASH_BEHAVIOUR"];
    /// Order of the groups' variables
    precedence: Vec<String> = "all_inventory,groups_inventory,all_plugins_inventory,all_plugins_play,groups_plugins_inventory,groups_plugins_play", [("defaults", "precedence")], ["ANSIBLE_PRECEDENCE"];
    /// Folders of cache plugins
    cache_plugins: Vec<PathBuf> = "{home}/plugins/cache:/usr/share/ansible/plugins/cache", [("defaults", "cache_plugins")], ["ANSIBLE_CACHE_PLUGINS"];
    /// Folders with plugins for strategies
    strategy_plugins: Vec<PathBuf> = "{home}/plugins/strategy:/usr/share/ansible/plugins/strategy", [("defaults", "strategy_plugins")], ["ANSIBLE_STRATEGY_PLUGINS"];
    /// Folders of connection plugins in Python
    connection_plugins: Vec<PathBuf> = "{home}/plugins/connection:/usr/share/ansible/plugins/connection", [("defaults", "connection_plugins")], ["ANSIBLE_CONNECTION_PLUGINS"];
    /// Folders of inventory plugins in Python
    inventory_plugins: Vec<PathBuf> = "{home}/plugins/inventory:/usr/share/ansible/plugins/inventory", [("defaults", "inventory_plugins")], ["ANSIBLE_INVENTORY_PLUGINS"];
    /// Folders of vars plugins
    vars_plugins: Vec<PathBuf> = "{home}/plugins/vars:/usr/share/ansible/plugins/vars", [("defaults", "vars_plugins")], ["ANSIBLE_VARS_PLUGINS"];
    /// Vars plugins that need to be enabled, in their order
    vars_plugins_enabled: Vec<String> = "host_group_vars", [("defaults", "vars_plugins_enabled")], ["ANSIBLE_VARS_ENABLED"];
    /// When vars plugins are asked that do not say it
    run_vars_plugins: VarsOccasion = "demand", [("defaults", "run_vars_plugins")], ["ANSIBLE_RUN_VARS_PLUGINS"];
    /// When `group_vars` and `host_vars` are read: `all`, `inventory` or `task`
    vars_host_group_vars_stage: Option<String> = none, [("vars_host_group_vars", "stage")], ["ANSIBLE_VARS_PLUGIN_STAGE"];
    /// Whether a role's variables are its own
    private_role_vars: bool = "False", [("defaults", "private_role_vars")], ["ANSIBLE_PRIVATE_ROLE_VARS"];
    /// Folder of the playbook for commands without one
    playbook_dir: Option<PathBuf> = none, [("defaults", "playbook_dir")], ["ANSIBLE_PLAYBOOK_DIR"];
    /// Whether all results are hidden
    no_log: bool = "False", [("defaults", "no_log")], ["ANSIBLE_NO_LOG"];
    /// Whether an unknown keyword of a task is an error
    invalid_task_attribute_failed: bool = "True", [("defaults", "invalid_task_attribute_failed")], ["ANSIBLE_INVALID_TASK_ATTRIBUTE_FAILED"];
    /// Whether groups of actions are checked
    validate_action_group_metadata: bool = "True", [("defaults", "validate_action_group_metadata")], ["ANSIBLE_VALIDATE_ACTION_GROUP_METADATA"];
    /// Tags to run
    run_tags: Vec<String> = "", [("tags", "run")], ["ANSIBLE_RUN_TAGS"];
    /// Tags to skip
    skip_tags: Vec<String> = "", [("tags", "skip")], ["ANSIBLE_SKIP_TAGS"];
    /// Size of the largest file whose difference is shown
    max_diff_size: i64 = "104448", [("defaults", "max_diff_size")], ["ANSIBLE_MAX_DIFF_SIZE"];
    /// Whether differences are always shown
    diff_always: bool = "False", [("diff", "always")], ["ANSIBLE_DIFF_ALWAYS"];
    /// Lines around a difference
    diff_context: i64 = "3", [("diff", "context")], ["ANSIBLE_DIFF_CONTEXT"];
    /// Whether a failed task starts the debugger
    enable_task_debugger: bool = "False", [("defaults", "enable_task_debugger")], ["ANSIBLE_ENABLE_TASK_DEBUGGER"];
    /// Whether ignored failures open no debugger
    task_debugger_ignore_errors: bool = "True", [("defaults", "task_debugger_ignore_errors")], ["ANSIBLE_TASK_DEBUGGER_IGNORE_ERRORS"];
    /// Folders of roles
    roles_path: Vec<PathBuf> = "{home}/roles:/usr/share/ansible/roles:/etc/ansible/roles", [("defaults", "roles_path")], ["ANSIBLE_ROLES_PATH"];
    /// Folders of collections
    collections_path: Vec<PathBuf> = "{home}/collections:/usr/share/ansible/collections", [("defaults", "collections_path")], ["ANSIBLE_COLLECTIONS_PATH"];
    /// Galaxy server
    galaxy_server: String = "https://galaxy.ansible.com", [("galaxy", "server")], ["ANSIBLE_GALAXY_SERVER"];
    /// Names of Galaxy servers, in the order in which they are asked
    galaxy_server_list: Vec<String> = "", [("galaxy", "server_list")], ["ANSIBLE_GALAXY_SERVER_LIST"];
    /// Seconds to wait for a Galaxy server
    galaxy_server_timeout: i64 = "60", [("galaxy", "server_timeout")], ["ANSIBLE_GALAXY_SERVER_TIMEOUT"];
    /// Whether certificates of Galaxy servers are not checked
    galaxy_ignore_certs: bool = "False", [("galaxy", "ignore_certs")], ["ANSIBLE_GALAXY_IGNORE"];
    /// File with the token for Galaxy servers
    galaxy_token_path: PathBuf = "{home}/galaxy_token", [("galaxy", "token_path")], ["ANSIBLE_GALAXY_TOKEN_PATH"];
    /// Whether collections are looked for among the packages of Python
    collections_scan_sys_path: bool = "True", [("defaults", "collections_scan_sys_path")], ["ANSIBLE_COLLECTIONS_SCAN_SYS_PATH"];
    /// Folders with code that modules in Python share
    module_utils: Vec<PathBuf> = "{home}/plugins/module_utils:/usr/share/ansible/plugins/module_utils", [("defaults", "module_utils")], ["ANSIBLE_MODULE_UTILS"];
    /// How many files a module in Python may open
    python_module_rlimit_nofile: String = "0", [("defaults", "python_module_rlimit_nofile")], ["ANSIBLE_PYTHON_MODULE_RLIMIT_NOFILE"];
    /// Folders of modules
    library: Vec<PathBuf> = "{home}/plugins/modules:/usr/share/ansible/plugins/modules", [("defaults", "library")], ["ANSIBLE_LIBRARY"];
    /// File with modules that are refused
    plugin_filters_cfg: Option<PathBuf> = none, [("defaults", "plugin_filters_cfg")], [];
    /// Folders of actions in Python
    action_plugins: Vec<PathBuf> = "{home}/plugins/action:/usr/share/ansible/plugins/action", [("defaults", "action_plugins")], ["ANSIBLE_ACTION_PLUGINS"];
    /// Folders of callbacks in Python
    callback_plugins: Vec<PathBuf> = "{home}/plugins/callback:/usr/share/ansible/plugins/callback", [("defaults", "callback_plugins")], ["ANSIBLE_CALLBACK_PLUGINS"];
    /// Folders of filters in Python
    filter_plugins: Vec<PathBuf> = "{home}/plugins/filter:/usr/share/ansible/plugins/filter", [("defaults", "filter_plugins")], ["ANSIBLE_FILTER_PLUGINS"];
    /// Folders of tests in Python
    test_plugins: Vec<PathBuf> = "{home}/plugins/test:/usr/share/ansible/plugins/test", [("defaults", "test_plugins")], ["ANSIBLE_TEST_PLUGINS"];
    /// Folders of lookups in Python
    lookup_plugins: Vec<PathBuf> = "{home}/plugins/lookup:/usr/share/ansible/plugins/lookup", [("defaults", "lookup_plugins")], ["ANSIBLE_LOOKUP_PLUGINS"];
    /// Module of ad hoc commands
    module_name: String = "command", [("defaults", "module_name")], [];
    /// Arguments of ad hoc commands
    module_args: Option<String> = none, [("defaults", "module_args")], ["ANSIBLE_MODULE_ARGS"];
    /// Whether the hosts that failed are written to a file
    retry_files_enabled: bool = "False", [("defaults", "retry_files_enabled")], ["ANSIBLE_RETRY_FILES_ENABLED"];
    /// Folder of that file
    retry_files_save_path: Option<PathBuf> = none, [("defaults", "retry_files_save_path")], ["ANSIBLE_RETRY_FILES_SAVE_PATH"];
    /// Extensions of files with variables
    yaml_valid_extensions: Vec<String> = ".yml,.yaml,.json", [("defaults", "yaml_valid_extensions")], ["ANSIBLE_YAML_FILENAME_EXT"];
    /// What happens with a key that stands twice in a mapping
    duplicate_dict_key: DuplicateKey = "warn", [("defaults", "duplicate_dict_key")], ["ANSIBLE_DUPLICATE_YAML_DICT_KEY"];
    // Facts that are kept.
    /// Where facts are kept
    fact_caching: String = "memory", [("defaults", "fact_caching")], ["ANSIBLE_CACHE_PLUGIN"];
    /// Folder or address of that place
    fact_caching_connection: Option<String> = none, [("defaults", "fact_caching_connection")], ["ANSIBLE_CACHE_PLUGIN_CONNECTION"];
    /// Prefix of the names there
    fact_caching_prefix: String = "ansible_facts", [("defaults", "fact_caching_prefix")], ["ANSIBLE_CACHE_PLUGIN_PREFIX"];
    /// Seconds that facts are kept
    fact_caching_timeout: i64 = "86400", [("defaults", "fact_caching_timeout")], ["ANSIBLE_CACHE_PLUGIN_TIMEOUT"];
    // Templates.
    /// Whether a condition may have a result that is not a boolean
    allow_broken_conditionals: bool = "False", [("defaults", "allow_broken_conditionals")], ["ANSIBLE_ALLOW_BROKEN_CONDITIONALS"];
    /// Whether constants in expressions may be templates
    allow_embedded_templates: bool = "True", [("defaults", "allow_embedded_templates")], ["ANSIBLE_ALLOW_EMBEDDED_TEMPLATES"];
    /// Extensions of the template language
    jinja2_extensions: Vec<String> = "", [("defaults", "jinja2_extensions")], ["ANSIBLE_JINJA2_EXTENSIONS"];
    /// Accepted: templates always give native values
    jinja2_native: bool = "True", [("defaults", "jinja2_native")], ["ANSIBLE_JINJA2_NATIVE"];
    /// Text of the variable `ansible_managed`
    ansible_managed: String = "Ansible managed", [("defaults", "ansible_managed")], [];
    // Connections.
    /// Connection of hosts that name none
    transport: String = "ssh", [("defaults", "transport")], ["ANSIBLE_TRANSPORT"];
    /// User to log in as
    remote_user: Option<String> = none, [("defaults", "remote_user")], ["ANSIBLE_REMOTE_USER"];
    /// Port to connect to
    remote_port: Option<i64> = none, [("defaults", "remote_port")], ["ANSIBLE_REMOTE_PORT"];
    /// Seconds to wait for a connection
    timeout: i64 = "10", [("defaults", "timeout"), ("ssh_connection", "timeout")], ["ANSIBLE_TIMEOUT", "ANSIBLE_SSH_TIMEOUT"];
    /// Private key to log in with
    private_key_file: Option<PathBuf> = none, [("defaults", "private_key_file")], ["ANSIBLE_PRIVATE_KEY_FILE"];
    /// Whether the hosts' keys must be known
    host_key_checking: bool = "True", [("defaults", "host_key_checking"), ("ssh_connection", "host_key_checking")], ["ANSIBLE_HOST_KEY_CHECKING", "ANSIBLE_SSH_HOST_KEY_CHECKING"];
    /// Accepted: modules never need files on the host
    pipelining: bool = "False", [("defaults", "pipelining"), ("connection", "pipelining"), ("ssh_connection", "pipelining")], ["ANSIBLE_PIPELINING", "ANSIBLE_SSH_PIPELINING"];
    /// Whether to ask for the connection's password
    ask_pass: bool = "False", [("defaults", "ask_pass")], ["ANSIBLE_ASK_PASS"];
    /// File with the connection's password
    connection_password_file: Option<PathBuf> = none, [("defaults", "connection_password_file")], ["ANSIBLE_CONNECTION_PASSWORD_FILE"];
    /// Folder of temporary files on the host
    remote_tmp: String = "~/.ansible/tmp", [("defaults", "remote_tmp")], ["ANSIBLE_REMOTE_TEMP", "ANSIBLE_REMOTE_TMP"];
    /// Folder of temporary files on the controller
    local_tmp: PathBuf = "{home}/tmp", [("defaults", "local_tmp")], ["ANSIBLE_LOCAL_TEMP"];
    /// Shell on the host
    executable: String = "/bin/sh", [("defaults", "executable")], ["ANSIBLE_EXECUTABLE"];
    /// The Python of a host that its facts tell of, and that runs modules which need one
    interpreter_python: String = "auto", [("defaults", "interpreter_python")], ["ANSIBLE_PYTHON_INTERPRETER"];
    /// OpenSSH client, where it is used
    ssh_executable: String = "ssh", [("ssh_connection", "ssh_executable")], ["ANSIBLE_SSH_EXECUTABLE"];
    /// Options of all connections, as the OpenSSH client takes them
    ssh_args: String = "-C -o ControlMaster=auto -o ControlPersist=60s", [("ssh_connection", "ssh_args")], ["ANSIBLE_SSH_ARGS"];
    /// Further options of ssh, scp and sftp
    ssh_common_args: String = "", [("ssh_connection", "ssh_common_args")], ["ANSIBLE_SSH_COMMON_ARGS"];
    /// Further options of ssh only
    ssh_extra_args: String = "", [("ssh_connection", "ssh_extra_args")], ["ANSIBLE_SSH_EXTRA_ARGS"];
    /// Further options of scp only
    scp_extra_args: String = "", [("ssh_connection", "scp_extra_args")], ["ANSIBLE_SCP_EXTRA_ARGS"];
    /// Further options of sftp only
    sftp_extra_args: String = "", [("ssh_connection", "sftp_extra_args")], ["ANSIBLE_SFTP_EXTRA_ARGS"];
    /// How often to try a connection again
    ssh_retries: i64 = "0", [("connection", "retries"), ("ssh_connection", "retries")], ["ANSIBLE_SSH_RETRIES"];
    /// Accepted: files travel in the one channel
    ssh_transfer_method: TransferMethod = "smart", [("ssh_connection", "transfer_method")], ["ANSIBLE_SSH_TRANSFER_METHOD"];
    /// Control socket of the OpenSSH client
    ssh_control_path: Option<String> = none, [("ssh_connection", "control_path")], ["ANSIBLE_SSH_CONTROL_PATH"];
    /// Folder of control sockets
    ssh_control_path_dir: PathBuf = "{home}/cp", [("ssh_connection", "control_path_dir")], ["ANSIBLE_SSH_CONTROL_PATH_DIR"];
    /// Whether scripts that run over SSH have a terminal
    ssh_use_tty: bool = "True", [("ssh_connection", "usetty")], ["ANSIBLE_SSH_USETTY"];
    /// Library of a smart card
    ssh_pkcs11_provider: String = "", [], ["ANSIBLE_PKCS11_PROVIDER"];
    // Becoming another user.
    /// Whether tasks run as another user
    r#become: bool = "False", [("privilege_escalation", "become")], ["ANSIBLE_BECOME"];
    /// How to become another user
    become_method: String = "sudo", [("privilege_escalation", "become_method")], ["ANSIBLE_BECOME_METHOD"];
    /// User to become
    become_user: String = "root", [("privilege_escalation", "become_user")], ["ANSIBLE_BECOME_USER"];
    /// Whether to ask for the password
    become_ask_pass: bool = "False", [("privilege_escalation", "become_ask_pass")], ["ANSIBLE_BECOME_ASK_PASS"];
    /// File with the password
    become_password_file: Option<PathBuf> = none, [("defaults", "become_password_file")], ["ANSIBLE_BECOME_PASSWORD_FILE"];
    /// Program to become another user with
    become_exe: Option<String> = none, [("privilege_escalation", "become_exe")], ["ANSIBLE_BECOME_EXE"];
    /// Its flags
    become_flags: Option<String> = none, [("privilege_escalation", "become_flags")], ["ANSIBLE_BECOME_FLAGS"];
    /// Whether to become the user one already is
    become_allow_same_user: bool = "False", [("privilege_escalation", "become_allow_same_user")], ["ANSIBLE_BECOME_ALLOW_SAME_USER"];
    /// Whether the prompt names no method
    agnostic_become_prompt: bool = "True", [("privilege_escalation", "agnostic_become_prompt")], ["ANSIBLE_AGNOSTIC_BECOME_PROMPT"];
    /// User to become by sudo
    sudo_user: Option<String> = none, [("privilege_escalation", "become_user"), ("sudo_become_plugin", "user")], ["ANSIBLE_BECOME_USER", "ANSIBLE_SUDO_USER"];
    /// The program sudo
    sudo_exe: Option<String> = none, [("privilege_escalation", "become_exe"), ("sudo_become_plugin", "executable")], ["ANSIBLE_BECOME_EXE", "ANSIBLE_SUDO_EXE"];
    /// Flags of sudo
    sudo_flags: Option<String> = none, [("privilege_escalation", "become_flags"), ("sudo_become_plugin", "flags")], ["ANSIBLE_BECOME_FLAGS", "ANSIBLE_SUDO_FLAGS"];
    /// Password for sudo
    sudo_password: Option<String> = none, [("sudo_become_plugin", "password")], ["ANSIBLE_BECOME_PASS", "ANSIBLE_SUDO_PASS"];
    /// Folder in which sudo is called
    sudo_chdir: Option<String> = none, [("sudo_become_plugin", "chdir")], ["ANSIBLE_SUDO_CHDIR"];
    /// User to become by su
    su_user: Option<String> = none, [("privilege_escalation", "become_user"), ("su_become_plugin", "user")], ["ANSIBLE_BECOME_USER", "ANSIBLE_SU_USER"];
    /// The program su
    su_exe: Option<String> = none, [("privilege_escalation", "become_exe"), ("su_become_plugin", "executable")], ["ANSIBLE_BECOME_EXE", "ANSIBLE_SU_EXE"];
    /// Flags of su
    su_flags: Option<String> = none, [("privilege_escalation", "become_flags"), ("su_become_plugin", "flags")], ["ANSIBLE_BECOME_FLAGS", "ANSIBLE_SU_FLAGS"];
    /// Password for su
    su_password: Option<String> = none, [("su_become_plugin", "password")], ["ANSIBLE_BECOME_PASS", "ANSIBLE_SU_PASS"];
    /// How su asks for the password
    su_prompt_l10n: Vec<String> = "", [("su_become_plugin", "localized_prompts")], ["ANSIBLE_SU_PROMPT_L10N"];
    /// User to become by doas
    doas_user: Option<String> = none, [("privilege_escalation", "become_user"), ("doas_become_plugin", "user")], ["ANSIBLE_BECOME_USER", "ANSIBLE_DOAS_USER"];
    /// The program doas
    doas_exe: Option<String> = none, [("privilege_escalation", "become_exe"), ("doas_become_plugin", "executable")], ["ANSIBLE_BECOME_EXE", "ANSIBLE_DOAS_EXE"];
    /// Flags of doas
    doas_flags: Option<String> = none, [("privilege_escalation", "become_flags"), ("doas_become_plugin", "flags")], ["ANSIBLE_BECOME_FLAGS", "ANSIBLE_DOAS_FLAGS"];
    /// Password for doas
    doas_password: Option<String> = none, [("doas_become_plugin", "password")], ["ANSIBLE_BECOME_PASS", "ANSIBLE_DOAS_PASS"];
    /// User to become by dzdo
    dzdo_user: Option<String> = none, [("privilege_escalation", "become_user"), ("dzdo_become_plugin", "user")], ["ANSIBLE_BECOME_USER", "ANSIBLE_DZDO_USER"];
    /// The program dzdo
    dzdo_exe: Option<String> = none, [("privilege_escalation", "become_exe"), ("dzdo_become_plugin", "executable")], ["ANSIBLE_BECOME_EXE", "ANSIBLE_DZDO_EXE"];
    /// Flags of dzdo
    dzdo_flags: Option<String> = none, [("privilege_escalation", "become_flags"), ("dzdo_become_plugin", "flags")], ["ANSIBLE_BECOME_FLAGS", "ANSIBLE_DZDO_FLAGS"];
    /// Password for dzdo
    dzdo_password: Option<String> = none, [("dzdo_become_plugin", "password")], ["ANSIBLE_BECOME_PASS", "ANSIBLE_DZDO_PASS"];
    /// User to become by ksu
    ksu_user: Option<String> = none, [("privilege_escalation", "become_user"), ("ksu_become_plugin", "user")], ["ANSIBLE_BECOME_USER", "ANSIBLE_KSU_USER"];
    /// The program ksu
    ksu_exe: Option<String> = none, [("privilege_escalation", "become_exe"), ("ksu_become_plugin", "executable")], ["ANSIBLE_BECOME_EXE", "ANSIBLE_KSU_EXE"];
    /// Flags of ksu
    ksu_flags: Option<String> = none, [("privilege_escalation", "become_flags"), ("ksu_become_plugin", "flags")], ["ANSIBLE_BECOME_FLAGS", "ANSIBLE_KSU_FLAGS"];
    /// Password for ksu
    ksu_password: Option<String> = none, [("ksu_become_plugin", "password")], ["ANSIBLE_BECOME_PASS", "ANSIBLE_KSU_PASS"];
    /// User to become by pbrun
    pbrun_user: Option<String> = none, [("privilege_escalation", "become_user"), ("pbrun_become_plugin", "user")], ["ANSIBLE_BECOME_USER", "ANSIBLE_PBRUN_USER"];
    /// The program pbrun
    pbrun_exe: Option<String> = none, [("privilege_escalation", "become_exe"), ("pbrun_become_plugin", "executable")], ["ANSIBLE_BECOME_EXE", "ANSIBLE_PBRUN_EXE"];
    /// Flags of pbrun
    pbrun_flags: Option<String> = none, [("privilege_escalation", "become_flags"), ("pbrun_become_plugin", "flags")], ["ANSIBLE_BECOME_FLAGS", "ANSIBLE_PBRUN_FLAGS"];
    /// Password for pbrun
    pbrun_password: Option<String> = none, [("pbrun_become_plugin", "password")], ["ANSIBLE_BECOME_PASS", "ANSIBLE_PBRUN_PASS"];
    /// User to become by pmrun
    pmrun_user: Option<String> = none, [("privilege_escalation", "become_user"), ("pmrun_become_plugin", "user")], ["ANSIBLE_BECOME_USER", "ANSIBLE_PMRUN_USER"];
    /// The program pmrun
    pmrun_exe: Option<String> = none, [("privilege_escalation", "become_exe"), ("pmrun_become_plugin", "executable")], ["ANSIBLE_BECOME_EXE", "ANSIBLE_PMRUN_EXE"];
    /// Flags of pmrun
    pmrun_flags: Option<String> = none, [("privilege_escalation", "become_flags"), ("pmrun_become_plugin", "flags")], ["ANSIBLE_BECOME_FLAGS", "ANSIBLE_PMRUN_FLAGS"];
    /// Password for pmrun
    pmrun_password: Option<String> = none, [("pmrun_become_plugin", "password")], ["ANSIBLE_BECOME_PASS", "ANSIBLE_PMRUN_PASS"];
    /// How ksu asks for the password
    ksu_prompt_l10n: Vec<String> = "", [("ksu_become_plugin", "localized_prompts")], ["ANSIBLE_KSU_PROMPT_L10N"];
    /// Whether sudosu hands its command to su's own shell
    sudosu_alt_method: bool = "False", [("community.general.sudosu", "alternative_method")], ["ANSIBLE_SUDOSU_ALT_METHOD"];
    // Vault.
    /// Whether to ask for the vault's password
    ask_vault_pass: bool = "False", [("defaults", "ask_vault_pass")], ["ANSIBLE_ASK_VAULT_PASS"];
    /// File with the vault's password
    vault_password_file: Option<PathBuf> = none, [("defaults", "vault_password_file")], ["ANSIBLE_VAULT_PASSWORD_FILE"];
    /// Name of the vault whose password has no name
    vault_identity: String = "default", [("defaults", "vault_identity")], ["ANSIBLE_VAULT_IDENTITY"];
    /// Names and sources of vault passwords
    vault_identity_list: Vec<String> = "", [("defaults", "vault_identity_list")], ["ANSIBLE_VAULT_IDENTITY_LIST"];
    /// Name of the vault to encrypt with
    vault_encrypt_identity: Option<String> = none, [("defaults", "vault_encrypt_identity")], ["ANSIBLE_VAULT_ENCRYPT_IDENTITY"];
    /// Salt of new vaults
    vault_encrypt_salt: Option<String> = none, [("defaults", "vault_encrypt_salt")], ["ANSIBLE_VAULT_ENCRYPT_SALT"];
    /// Whether only the password of a vault's own name is tried
    vault_id_match: bool = "False", [("defaults", "vault_id_match")], ["ANSIBLE_VAULT_ID_MATCH"];
    // Inventory.
    /// Inventory sources
    inventory: Sources = "/etc/ansible/hosts", [("defaults", "inventory")], ["ANSIBLE_INVENTORY"];
    /// Kinds of inventory sources, in the order in which they are tried
    inventory_enabled: Vec<String> = "host_list,script,auto,yaml,ini,toml", [("inventory", "enable_plugins")], ["ANSIBLE_INVENTORY_ENABLED"];
    /// Ends of names that are passed over in inventory folders
    inventory_ignore_extensions: Vec<String> = ".pyc,.pyo,.swp,.bak,~,.rpm,.md,.txt,.rst,.orig,.cfg,.retry", [("defaults", "inventory_ignore_extensions"), ("inventory", "ignore_extensions")], ["ANSIBLE_INVENTORY_IGNORE"];
    /// Regular expressions of names that are passed over there
    inventory_ignore_patterns: Vec<String> = "", [("defaults", "inventory_ignore_patterns"), ("inventory", "ignore_patterns")], ["ANSIBLE_INVENTORY_IGNORE_REGEX"];
    /// Whether a source that cannot be read is an error
    inventory_any_unparsed_is_failed: bool = "False", [("inventory", "any_unparsed_is_failed")], ["ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED"];
    /// Whether it is an error that no source can be read
    inventory_unparsed_is_failed: bool = "False", [("inventory", "unparsed_is_failed")], ["ANSIBLE_INVENTORY_UNPARSED_FAILED"];
    /// Whether there is a warning that no source can be read
    inventory_unparsed_warning: bool = "True", [("inventory", "inventory_unparsed_warning")], ["ANSIBLE_INVENTORY_UNPARSED_WARNING"];
    /// Whether `inventory --list` keeps variables where they are said
    inventory_export: bool = "False", [("inventory", "export")], ["ANSIBLE_INVENTORY_EXPORT"];
    /// Whether sources use the variables of the command line
    inventory_use_extra_vars: bool = "False", [("inventory_plugins", "use_extra_vars")], ["ANSIBLE_INVENTORY_USE_EXTRA_VARS"];
    /// Whether what sources found is kept
    inventory_cache: bool = "False", [("inventory", "cache")], ["ANSIBLE_INVENTORY_CACHE"];
    /// How it is kept
    inventory_cache_plugin: String = "memory", [("inventory", "cache_plugin")], ["ANSIBLE_INVENTORY_CACHE_PLUGIN"];
    /// Folder in which it is kept
    inventory_cache_connection: Option<String> = none, [("inventory", "cache_connection"), ("defaults", "fact_caching_connection")], ["ANSIBLE_INVENTORY_CACHE_CONNECTION", "ANSIBLE_CACHE_PLUGIN_CONNECTION"];
    /// Seconds that it is kept
    inventory_cache_timeout: i64 = "3600", [("inventory", "cache_timeout"), ("defaults", "fact_caching_timeout")], ["ANSIBLE_INVENTORY_CACHE_TIMEOUT", "ANSIBLE_CACHE_PLUGIN_TIMEOUT"];
    /// Prefix of the files' names
    inventory_cache_prefix: String = "ansible_inventory_", [("inventory", "cache_prefix"), ("defaults", "fact_caching_prefix")], ["ANSIBLE_INVENTORY_CACHE_PLUGIN_PREFIX", "ANSIBLE_CACHE_PLUGIN_PREFIX"];
    /// Whether there is a warning that only localhost is there
    localhost_warning: bool = "True", [("defaults", "localhost_warning")], ["ANSIBLE_LOCALHOST_WARNING"];
    /// What happens when a pattern matches no host
    host_pattern_mismatch: PatternMismatch = "warning", [("inventory", "host_pattern_mismatch")], ["ANSIBLE_HOST_PATTERN_MISMATCH"];
    /// What happens with group names that are no variable names
    force_valid_group_names: GroupNames = "never", [("defaults", "force_valid_group_names")], ["ANSIBLE_TRANSFORM_INVALID_GROUP_CHARS"];
    // Output.
    /// What prints the run
    stdout_callback: String = "default", [("defaults", "stdout_callback")], ["ANSIBLE_STDOUT_CALLBACK"];
    /// What else follows the run
    callbacks_enabled: Vec<String> = "", [("defaults", "callbacks_enabled")], ["ANSIBLE_CALLBACKS_ENABLED"];
    /// Folder of the output `tree`
    callback_tree_dir: Option<PathBuf> = none, [("callback_tree", "directory")], ["ANSIBLE_CALLBACK_TREE_DIR"];
    /// Folder of the reports of the output `junit`
    junit_output_dir: PathBuf = "~/.ansible.log", [], ["JUNIT_OUTPUT_DIR"];
    /// Whether its cases are named after the files of their tasks
    junit_task_class: bool = "False", [], ["JUNIT_TASK_CLASS"];
    /// Folder to which its paths are relative
    junit_task_relative_path: Option<PathBuf> = none, [], ["JUNIT_TASK_RELATIVE_PATH"];
    /// What stands for the path of a task outside of that folder
    junit_replace_out_of_tree_path: Option<String> = none, [], ["JUNIT_REPLACE_OUT_OF_TREE_PATH"];
    /// Whether a change is a failure there
    junit_fail_on_change: bool = "False", [], ["JUNIT_FAIL_ON_CHANGE"];
    /// Whether a failure that the playbook ignores is one there
    junit_fail_on_ignore: bool = "False", [], ["JUNIT_FAIL_ON_IGNORE"];
    /// Whether gathering facts is a case there
    junit_include_setup_tasks: bool = "True", [], ["JUNIT_INCLUDE_SETUP_TASKS_IN_REPORT"];
    /// Whether its cases leave out the tasks' arguments
    junit_hide_task_arguments: bool = "False", [], ["JUNIT_HIDE_TASK_ARGUMENTS"];
    /// How the names of tasks begin that are cases there
    junit_test_case_prefix: String = "", [], ["JUNIT_TEST_CASE_PREFIX"];
    /// How many tasks the output `profile_tasks` shows; 0 for all
    profile_tasks_limit: i64 = "20", [("callback_profile_tasks", "output_limit")], ["PROFILE_TASKS_TASK_OUTPUT_LIMIT"];
    /// In which order it shows them
    profile_tasks_order: String = "descending", [("callback_profile_tasks", "sort_order")], ["PROFILE_TASKS_SORT_ORDER"];
    /// Whether ad hoc commands use them, too
    load_callback_plugins: bool = "False", [("defaults", "bin_ansible_callbacks")], ["ANSIBLE_LOAD_CALLBACK_PLUGINS"];
    /// Whether skipped tasks are shown
    display_skipped_hosts: bool = "True", [("defaults", "display_skipped_hosts")], ["ANSIBLE_DISPLAY_SKIPPED_HOSTS"];
    /// Whether tasks that changed nothing are shown
    display_ok_hosts: bool = "True", [("defaults", "display_ok_hosts")], ["ANSIBLE_DISPLAY_OK_HOSTS"];
    /// Whether failures go to the error output
    display_failed_stderr: bool = "False", [("defaults", "display_failed_stderr")], ["ANSIBLE_DISPLAY_FAILED_STDERR"];
    /// Whether a task's arguments stand in its title
    display_args_to_stdout: bool = "False", [("defaults", "display_args_to_stdout")], ["ANSIBLE_DISPLAY_ARGS_TO_STDOUT"];
    /// Whether the recap shows statistics of `set_stats`
    show_custom_stats: bool = "False", [("defaults", "show_custom_stats")], ["ANSIBLE_SHOW_CUSTOM_STATS"];
    /// Whether each task's start is shown for each host
    show_per_host_start: bool = "False", [("defaults", "show_per_host_start")], ["ANSIBLE_SHOW_PER_HOST_START"];
    /// Whether a failed task's place is shown
    show_task_path_on_failure: bool = "False", [("defaults", "show_task_path_on_failure")], ["ANSIBLE_SHOW_TASK_PATH_ON_FAILURE"];
    /// Whether check mode is shown in titles
    check_mode_markers: bool = "False", [("defaults", "check_mode_markers")], ["ANSIBLE_CHECK_MODE_MARKERS"];
    /// How results are shown
    callback_result_format: ResultFormat = "json", [("defaults", "callback_result_format")], ["ANSIBLE_CALLBACK_RESULT_FORMAT"];
    /// Their indentation
    callback_result_indentation: i64 = "4", [("defaults", "callback_result_indentation")], ["ANSIBLE_CALLBACK_RESULT_INDENTATION"];
    /// Whether they are shown on several lines
    callback_format_pretty: Option<bool> = none, [("defaults", "callback_format_pretty")], ["ANSIBLE_CALLBACK_FORMAT_PRETTY"];
    /// How much is told, as `-v`
    verbosity: i64 = "0", [("defaults", "verbosity")], ["ANSIBLE_VERBOSITY"];
    /// Whether that goes to the error output
    verbose_to_stderr: bool = "False", [("defaults", "verbose_to_stderr")], ["ANSIBLE_VERBOSE_TO_STDERR"];
    /// File that everything printed is written to
    log_path: Option<PathBuf> = none, [("defaults", "log_path")], ["ANSIBLE_LOG_PATH"];
    /// Whether deprecated features warn
    deprecation_warnings: bool = "True", [("defaults", "deprecation_warnings")], ["ANSIBLE_DEPRECATION_WARNINGS"];
    /// Whether results of modules have to be UTF-8
    module_strict_utf8_response: bool = "True", [("defaults", "module_strict_utf8_response")], ["ANSIBLE_MODULE_STRICT_UTF8_RESPONSE"];
    /// Accepted: there are no cows
    nocows: bool = "False", [("defaults", "nocows")], ["ANSIBLE_NOCOWS"];
    /// Whether there are colours off a terminal, too
    force_color: bool = "False", [("defaults", "force_color")], ["ANSIBLE_FORCE_COLOR"];
    /// Whether there are no colours
    nocolor: bool = "False", [("defaults", "nocolor")], ["ANSIBLE_NOCOLOR", "NO_COLOR"];
    /// Colour of `changed`
    color_changed: Color = "yellow", [("colors", "changed")], ["ANSIBLE_COLOR_CHANGED"];
    /// Colour of debug messages
    color_debug: Color = "dark gray", [("colors", "debug")], ["ANSIBLE_COLOR_DEBUG"];
    /// Colour of deprecations
    color_deprecate: Color = "purple", [("colors", "deprecate")], ["ANSIBLE_COLOR_DEPRECATE"];
    /// Colour of added lines
    color_diff_add: Color = "green", [("colors", "diff_add")], ["ANSIBLE_COLOR_DIFF_ADD"];
    /// Colour of line numbers in differences
    color_diff_lines: Color = "cyan", [("colors", "diff_lines")], ["ANSIBLE_COLOR_DIFF_LINES"];
    /// Colour of removed lines
    color_diff_remove: Color = "red", [("colors", "diff_remove")], ["ANSIBLE_COLOR_DIFF_REMOVE"];
    /// Colour of errors
    color_error: Color = "red", [("colors", "error")], ["ANSIBLE_COLOR_ERROR"];
    /// Colour of included files
    color_included: Color = "cyan", [("colors", "included")], ["ANSIBLE_COLOR_INCLUDED"];
    /// Colour of `ok`
    color_ok: Color = "green", [("colors", "ok")], ["ANSIBLE_COLOR_OK"];
    /// Colour of `skipping`
    color_skip: Color = "cyan", [("colors", "skip")], ["ANSIBLE_COLOR_SKIP"];
    /// Colour of `unreachable`
    color_unreachable: Color = "bright red", [("colors", "unreachable")], ["ANSIBLE_COLOR_UNREACHABLE"];
    /// Colour of verbose messages
    color_verbose: Color = "blue", [("colors", "verbose")], ["ANSIBLE_COLOR_VERBOSE"];
    /// Colour of warnings
    color_warn: Color = "bright purple", [("colors", "warn")], ["ANSIBLE_COLOR_WARN"];
    // SELinux.
    /// File systems without contexts of their own
    selinux_special_fs: Vec<String> = "fuse,nfs,vboxsf,ramfs,9p,vfat", [("selinux", "special_context_filesystems")], ["ANSIBLE_SELINUX_SPECIAL_FS"];
}
