"""Makes connections by plugins in Python, as ansible-core does where it is installed."""
import shlex


class Plain:
    """Properties of a task or play, `None` for those that nobody gave."""

    def __init__(self, **given):
        self.__dict__.update(given)

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return None


class Shell:
    """What a host's `sh` wants to be told."""

    COMMAND_SEP = ";"
    SHELL_FAMILY = "sh"
    tmpdir = None
    executable = "/bin/sh"

    def __init__(self):
        # Folders that are to be removed at the end.
        self.made = []

    def join_path(self, *parts):
        return os.path.join(*parts)

    def path_has_trailing_slash(self, path):
        return path.endswith("/")

    def quote(self, text):
        return shlex.quote(text)

    def exists(self, path):
        return "[ -e %s ] && echo 0 || { echo 1; exit 1; }" % shlex.quote(path)

    def expand_user(self, home, username=""):
        return "echo %s" % home

    def get_option(self, name):
        return {"remote_tmp": "~/.ansible/tmp", "system_tmpdirs": ["/var/tmp", "/tmp"], "environment": []}.get(name)

    def get_remote_filename(self, path):
        return os.path.basename(path.strip())


class StandInConnection:
    """Stands in for the class of which all connections are."""

    has_pipelining = False
    has_tty = True
    become = None
    _load_name = ansible_name = None

    def __init__(self, play_context, *args, **kwargs):
        self._play_context, self._connected, self._options = play_context, False, {}
        self._display, self._shell = Display(), Shell()

    @property
    def connected(self):
        return self._connected

    def set_options(self, task_keys=None, var_options=None, direct=None):
        for name, about in documented(type(self)).items():
            value, origin = first_option(about), "default" if about.get("default") == first_option(about) else "config"
            for keyword in about.get("keyword") or []:
                if (task_keys or {}).get(keyword["name"]) is not None:
                    value, origin = task_keys[keyword["name"]], "keyword"
            for variable in about.get("vars") or []:
                if variable["name"] in (var_options or {}):
                    value, origin = var_options[variable["name"]], "variable"
            self._options[name] = typed_option(value, about.get("type")), origin
        self._options.update({name: (value, "direct") for name, value in (direct or {}).items()})

    def set_option(self, name, value):
        self._options[name] = value, "direct"

    def get_option(self, name, hostvars=None):
        return self.get_option_and_origin(name)[0]

    def get_option_and_origin(self, name, hostvars=None):
        if name not in self._options:
            raise KeyError("Requested entry (%s) was not defined in configuration." % name)
        return self._options[name]

    def get_options(self, hostvars=None):
        return {name: value for name, (value, _) in self._options.items()}

    def has_option(self, name):
        return name in self._options

    def set_become_plugin(self, plugin):
        self.become = plugin

    def _connect(self):
        return self

    def exec_command(self, cmd, in_data=None, sudoable=True):
        self._begin()

    def put_file(self, in_path, out_path):
        self._begin()

    def fetch_file(self, in_path, out_path):
        self._begin()

    def _begin(self):
        if not self._connected:
            self._connect()

    def reset(self):
        self._display.warning("Reset is not implemented for this connection")

    def close(self):
        pass


def ensure_connect(method):
    def begun(self, *args, **kwargs):
        StandInConnection._begin(self)
        return method(self, *args, **kwargs)

    return begun


def stand_in_for_connections():
    module("ansible.plugins.connection", ConnectionBase=StandInConnection, ensure_connect=ensure_connect)


def connection_kind(asked):
    """Returns the class of a connection plugin, or nothing."""
    ROOTS.extend(one for one in asked["collections"] if one not in ROOTS)
    name, folders = asked["name"], asked["folders"]
    if INSTALLED:
        from ansible.plugins.loader import connection_loader

        collections_package()
        for folder in folders:
            if os.path.isdir(folder):
                connection_loader.add_directory(folder)
        return connection_loader.get_with_context(name, class_only=True).object
    path, package = located("connection", name, folders)
    if path is None:
        return None
    try:
        kind = load_file(path, package, None if package else "connection").Connection
    except ImportError as error:
        # What stands in is not all that there is.
        text = "the connection plugin '%s' needs ansible-core, which %s does not have (%s); install it with `pip install ansible-core`"
        raise errors().AnsibleError(text % (name, sys.executable or "python3", error))
    kind._load_name, kind.ansible_name = name.rpartition(".")[2], name
    return kind


def option_variables(kind):
    """Returns the variables that set a plugin's options."""
    if INSTALLED:
        from ansible import constants

        return sorted(constants.config.get_plugin_vars("connection", kind._load_name))
    return sorted(variable["name"] for about in documented(kind).values() for variable in about.get("vars") or [])


def connect(asked):
    """Returns the connection that a task would have, with its options set."""
    GIVEN["config_file"] = asked["config_file"]
    kind = connection_kind(asked)
    if kind is None:
        raise errors().AnsibleError("the connection plugin '%s' was not found" % asked["name"])
    told = {"task_uuid": "", "ansible_playbook_pid": str(os.getppid())}
    if INSTALLED:
        from ansible.playbook.play_context import PlayContext
        from ansible.plugins.loader import connection_loader

        context = PlayContext()
        for name, value in asked["context"].items():
            setattr(context, name, value)
        connection = connection_loader.get(asked["name"], context, new_stdin=None, **told)
        connection._shell.set_options(task_keys=asked["keywords"], var_options={})
    else:
        connection = kind(Plain(**asked["context"]), None, **told)
    connection.set_options(task_keys=asked["keywords"], var_options={"_extras": {}, **unpack(asked["variables"])})
    return connection


def become(connection, method):
    """Lets a connection become another user, or nobody else."""
    plugin = None
    if method and INSTALLED:
        from ansible.plugins.loader import become_loader

        plugin = become_loader.get(method["name"])
        if plugin is None:
            raise errors().AnsibleError("Invalid become method specified, could not find matching plugin: '%s'." % method["name"])
        given = {name: value for name, value in method.items() if name.startswith("become_") and value is not None}
        plugin.set_options(direct=given)
    elif method:
        plugin = Plain(name=method["name"], build_become_command=lambda command, shell: method["line"])
    connection.set_become_plugin(plugin)
