//! What the executor itself does, and what changes the course of a play, as it is documented.

use windlass_modules::spec::{JsonMap, Spec};

/// The names of these actions.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    ALL.iter().map(|(name, _)| *name)
}

/// What `include_role` and `import_role` are given alike.
static ROLE: Spec = manual! {
    /// Which of a role's files, and how it is called
    {
        /// File of its tasks, in `tasks/`
        tasks_from: String = "main",
        /// File of its variables, in `vars/`
        vars_from: String = "main",
        /// File of its defaults, in `defaults/`
        defaults_from: String = "main",
        /// File of its handlers, in `handlers/`
        handlers_from: String = "main",
        /// Whether a role runs again that has run with the same parameters
        allow_duplicates: bool = "true",
        /// Whether what is given is compared with the role's own specification of arguments
        rolespec_validate: bool = "true",
    }
};

/// Each of them with what it is given.
pub(super) static ALL: [(&str, Spec); 6] = [
    (
        "meta",
        Spec {
            free_form: true,
            ..manual! {
                /// Changes the course of the run itself
                ///
                /// The text behind it says what: `clear_facts` forgets the facts of the play's hosts, `clear_host_errors` takes hosts in that had failed,
                /// `end_batch` goes on with the next hosts of `serial`, `end_host` ends the play for the host, `end_play` for all hosts, `end_role` leaves the
                /// role, `flush_handlers` runs now the handlers that were notified, `noop` does nothing, `refresh_inventory` reads the inventory again,
                /// `reset_connection` closes the connection of the host, so that the next task opens a new one.
                ///
                /// # Examples
                /// ```yaml
                /// - name: Restart what was configured before it is tested
                ///   ansible.builtin.meta: flush_handlers
                ///
                /// - name: Leave hosts alone that have the release
                ///   ansible.builtin.meta: end_host
                ///   when: installed_version == app_version
                /// ```
                {}
            }
        },
    ),
    (
        "include_tasks",
        Spec {
            free_form: true,
            ..manual! {
                /// Includes a file of tasks while the play runs
                ///
                /// Its name may be a template and it may stand in a loop. Its tags and conditions are its own: `apply` hands keywords down to the tasks.
                ///
                /// # Examples
                /// ```yaml
                /// - name: Do what the distribution needs
                ///   ansible.builtin.include_tasks: "{{ ansible_facts.os_family | lower }}.yml"
                ///
                /// - name: Set up every site
                ///   ansible.builtin.include_tasks:
                ///     file: site.yml
                ///     apply:
                ///       become: true
                ///   loop: "{{ sites }}"
                ///   loop_control:
                ///     loop_var: site
                /// ```
                {
                    /// The file; also as text behind the name of the action
                    file: Option<String>,
                    /// Keywords that hold for each task of the file, as they would for a block
                    apply: Option<JsonMap>,
                }
            }
        },
    ),
    (
        "include_role",
        manual! {
            /// Includes a role while the play runs
            ///
            /// # Examples
            /// ```yaml
            /// - name: Install what this host needs
            ///   ansible.builtin.include_role:
            ///     name: "{{ item }}"
            ///   loop: "{{ roles_of_host }}"
            ///
            /// - name: Only take a backup
            ///   ansible.builtin.include_role:
            ///     name: database
            ///     tasks_from: backup
            /// ```
            {
                /// The role
                name | role: String,
                /// Keywords that hold for each task of the role, as they would for a block
                apply: Option<JsonMap>,
                /// Whether the role's variables and defaults hold for the rest of the play, too
                public: bool = "false",
                ..&ROLE
            }
        },
    ),
    (
        "import_tasks",
        Spec {
            free_form: true,
            ..manual! {
                /// Takes in a file of tasks before the play runs
                ///
                /// Its name may only have variables that are known before the run; keywords beside it hold for each of the tasks.
                ///
                /// # Examples
                /// ```yaml
                /// - name: Prepare the host
                ///   ansible.builtin.import_tasks: prepare.yml
                ///   tags: [prepare]
                ///
                /// - name: Set up the firewall, where it is wanted
                ///   ansible.builtin.import_tasks:
                ///     file: firewall.yml
                ///   when: use_firewall
                /// ```
                {
                    /// The file; also as text behind the name of the action
                    file: Option<String>,
                }
            }
        },
    ),
    (
        "import_role",
        manual! {
            /// Takes in a role before the play runs
            ///
            /// Keywords beside it hold for each of its tasks.
            ///
            /// # Examples
            /// ```yaml
            /// - name: Set up the web server
            ///   ansible.builtin.import_role:
            ///     name: nginx
            ///
            /// - name: Renew certificates only
            ///   ansible.builtin.import_role:
            ///     name: certificates
            ///     tasks_from: renew
            ///   tags: [renew]
            /// ```
            {
                /// The role
                name | role: String,
                /// Whether the role's variables and defaults hold for the rest of the play, too
                public: bool = "true",
                ..&ROLE
            }
        },
    ),
    (
        "import_playbook",
        Spec {
            free_form: true,
            ..manual! {
                /// Takes in the plays of another playbook; it stands among plays, not among tasks
                ///
                /// # Examples
                /// ```yaml
                /// - name: Set up all databases first
                ///   ansible.builtin.import_playbook: databases.yml
                ///
                /// - name: Check what was set up
                ///   ansible.builtin.import_playbook: checks.yml
                ///   when: run_checks
                ///   vars:
                ///     verbose_checks: true
                /// ```
                {}
            }
        },
    ),
];
