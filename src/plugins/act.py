"""Runs actions that are written in Python: what they do on a host is asked of windlass, over the same pipes."""
import tempfile


class Ended(Exception):
    """The host cannot be reached, or does not let anybody do this: the action is over."""


def perform(what, **question):
    """Asks for a module, another action, ... on the task's host, and returns its result."""
    answer = ask(ask=what, **question)
    if answer.get("over"):
        raise Ended("the task is over")
    return unpack(answer["value"])


def run_module(name, args=None, **options):
    return perform("module", name=name, args=pack(args or {}), **options)


class Connection:
    """The task's connection, as far as actions use it themselves."""

    has_pipelining = True
    has_native_async = False
    always_pipeline_modules = False
    supports_persistence = False
    become = None
    cwd = None
    connected = _connected = True

    def __init__(self, about):
        self.transport = self._load_name = about["connection"]
        self.ansible_name = "ansible.builtin." + self.transport
        self.host = about["host"]
        self._shell = Shell()
        self._options = about["options"]
        self._play_context = None

    def get_option(self, name, hostvars=None):
        return self._options.get(name)

    def get_options(self, hostvars=None):
        return dict(self._options)

    def has_option(self, name):
        return name in self._options

    def set_option(self, name, value):
        self._options[name] = value

    def set_options(self, *args, **kwargs):
        pass

    def exec_command(self, command, in_data=None, sudoable=True):
        done = command_on_host(command, in_data)
        return done["rc"], done["stdout"].encode(), done["stderr"].encode()

    def put_file(self, source, dest):
        perform("put", src=source, dest=dest)

    def fetch_file(self, source, dest):
        perform("fetch", src=source, dest=dest)

    def reset(self):
        pass

    close = _connect = reset


def command_on_host(command, stdin=None, executable=None, chdir=None):
    args = {"_raw_params": command, "strip_empty_ends": False}
    if stdin is not None:
        args.update(stdin=stdin if isinstance(stdin, str) else bytes(stdin).decode("utf-8", "replace"), stdin_add_newline=False)
    args.update({key: value for key, value in (("executable", executable), ("chdir", chdir)) if value})
    done = run_module("ansible.legacy.shell", args, check=False)
    out, err = done.get("stdout", ""), done.get("stderr") or done.get("module_stderr", "")
    if "rc" not in done:
        err = err or done.get("msg", "")
    return dict(
        rc=done.get("rc", 1), stdout=out, stdout_lines=out.splitlines(), stderr=err, stderr_lines=err.splitlines()
    )


class OnHost:
    """The methods of an action that reach its host."""

    def _execute_module(
        self,
        module_name=None,
        module_args=None,
        tmp=None,
        task_vars=None,
        persist_files=False,
        delete_remote_tmp=None,
        wrap_async=False,
        ignore_unknown_opts=False,
    ):
        if module_args is None:
            module_args = self._task.args
        ours = lambda key: not str(key).startswith("_ansible_") and key != "_original_basename"
        given = {key: value for key, value in dict(module_args).items() if ours(key)}
        return run_module(module_name or self._task.action, given, wrap_async=bool(wrap_async))

    def _low_level_execute_command(
        self, cmd, sudoable=True, in_data=None, executable=None, encoding_errors="surrogate_then_replace", chdir=None
    ):
        return command_on_host(cmd, in_data, executable, chdir) if cmd else dict(
            rc=254, stdout="", stdout_lines=[], stderr="", stderr_lines=[]
        )

    def _transfer_file(self, local_path, remote_path):
        self._connection.put_file(local_path, remote_path)
        return remote_path

    def _transfer_data(self, remote_path, data):
        if isinstance(data, dict):
            data = json.dumps(data)
        handle, path = tempfile.mkstemp()
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data if isinstance(data, bytes) else str(data).encode("utf-8", "surrogateescape"))
            return self._transfer_file(path, remote_path)
        finally:
            os.unlink(path)

    def _make_tmp_path(self, remote_user=None):
        made = run_module("ansible.legacy.tempfile", {"state": "directory", "prefix": "ansible-tmp-"}, check=False)
        if "path" not in made:
            raise errors().AnsibleError("Failed to create temporary directory: %s" % made.get("msg"))
        shell = self._connection._shell
        shell.tmpdir = os.path.join(made["path"], "")
        shell.made.append(shell.tmpdir)
        return shell.tmpdir

    def _remove_tmp_path(self, tmp_path, force=False):
        shell = self._connection._shell
        if tmp_path and "ansible-tmp-" in tmp_path:
            run_module("ansible.legacy.file", {"path": tmp_path, "state": "absent"}, check=False)
        if tmp_path in shell.made:
            shell.made.remove(tmp_path)
        if shell.tmpdir == tmp_path:
            shell.tmpdir = None

    def _fixup_perms2(self, remote_paths, remote_user=None, execute=True):
        if execute and remote_paths:
            self._low_level_execute_command("chmod u+x " + " ".join(shlex.quote(path) for path in remote_paths))
        return remote_paths

    _fixup_perms = _fixup_perms2

    def _remote_file_exists(self, path):
        return self._low_level_execute_command(self._connection._shell.exists(path))["rc"] == 0

    def _remote_expand_user(self, path, sudoable=True, pathsep=None):
        if not path.startswith("~"):
            return path
        home, slash, rest = path.partition("/")
        found = self._low_level_execute_command("echo " + home)["stdout"].strip()
        return (found or home) + slash + rest

    def _execute_remote_stat(self, path, all_vars=None, follow=False, tmp=None, checksum=True):
        args = dict(path=path, follow=follow, get_checksum=checksum, checksum_algorithm="sha1")
        found = run_module("ansible.legacy.stat", args, check=False)
        if found.get("failed"):
            raise errors().AnsibleError("Failed to get information on remote file (%s): %s" % (path, found.get("msg")))
        stat = found["stat"]
        if not stat.get("exists"):
            stat["checksum"] = "1"
        return {"checksum": "", **stat}

    def _remote_checksum(self, path, all_vars=None, follow=False):
        return self._execute_remote_stat(path, follow=follow)["checksum"]

    def cleanup(self, force=False):
        for folder in list(self._connection._shell.made):
            self._remove_tmp_path(folder)


class OtherAction:
    """An action of windlass for an action that hands its task on."""

    def __init__(self, name, task):
        self._name, self._task = name, task

    def run(self, tmp=None, task_vars=None):
        given = {key: pack(value) for key, value in dict(self._task.args).items()}
        return perform("action", name=self._name, args=given)

    def cleanup(self, force=False):
        pass


class OtherActions:
    def get(self, name, task=None, **rest):
        return OtherAction(name, task)

    def has_plugin(self, name, **rest):
        return ask(ask="has_action", name=name)["value"]

    __contains__ = has_plugin


class OtherPlugins:
    """Plugins of a kind that an action looks for by name: those of windlass."""

    def __init__(self, kind):
        self.kind = kind

    def get(self, name, *args, **kwargs):
        call = Others(self.kind)[name]
        if self.kind != "lookup":
            return call

        def run(terms, variables=None, **options):
            return call(*(terms if isinstance(terms, list) else [terms]), wantlist=True, **options)

        return types.SimpleNamespace(run=run)

    def has_plugin(self, name, **rest):
        return name in Others(self.kind)


def shared():
    modules = Plain(
        find_plugin=lambda name, *args, **kwargs: ask(ask="find_module", name=name)["value"],
        has_plugin=lambda name, *args, **kwargs: ask(ask="find_module", name=name)["value"] is not None,
    )
    kinds = {kind + "_loader": OtherPlugins(kind) for kind in ("filter", "test", "lookup")}
    return Plain(action_loader=OtherActions(), module_loader=modules, **kinds)


def a_task(about):
    """Returns the task; the reference's own class where it is installed, for its methods."""
    role = None
    if about["role"]:
        role = Plain(_role_path=about["role_path"], _role_name=about["role"], _role_collection=None, get_name=lambda fqcn=True: about["role"])
    args = {key: unpack(one) for key, one in about["args"].items()}
    args.update({key: own(args[key]) for key in about["own"]})
    given = dict(about["task"], args=args, _role=role)
    if INSTALLED:
        from ansible.playbook.task import Task

        task = Task()
    else:
        task = StandInTask()
    for name, value in given.items():
        setattr(task, name, value)
    task.get_search_path = lambda: list(about["search_path"])
    return task


class StandInTask(Plain):
    def __init__(self, **given):
        super().__init__(**{"vars": {}, "environment": [], "collections": [], "async_val": 0, **given})

    def get_name(self, include_role_fqcn=True):
        return self.name or self.action

    def copy(self, *args, **kwargs):
        return type(self)(**dict(self.__dict__, args=dict(self.args)))


def act(message):
    about = message["about"]
    add({"collections": message["collections"], **{kind: [] for kind in FOLDERS}})
    collections_package()
    if INSTALLED:
        from ansible.parsing.dataloader import DataLoader

        loader = DataLoader()
        loader.set_basedir(about["base"])
        from ansible.plugins.action import ActionBase

        for name, method in vars(OnHost).items():
            if not name.startswith("__"):
                setattr(ActionBase, name, method)
        from ansible.plugins import loader as plugins

        plugins.action_loader.get = OtherActions().get
    else:
        loader = sys.modules["ansible.parsing.dataloader"].DataLoader(about["base"])
    path, package = message["path"], None
    folder = os.path.dirname(path)
    if os.path.join("plugins", "action") in folder and "ansible_collections" in folder:
        package = folder[folder.rindex("ansible_collections"):].replace(os.sep, ".")
    variables = Variables(as_written=False)
    task = a_task(about)
    context = Plain(**about["play_context"])
    if about["plugged"]:
        connection = connect(about["plugged"])
        connection._shell.made = []
    else:
        connection = Connection(about)
        connection._play_context = context
    plugin = load_file(path, package).ActionModule(
        task=task,
        connection=connection,
        play_context=context,
        loader=loader,
        templar=Templar(loader, variables),
        shared_loader_obj=shared(),
    )
    plugin._shared_loader_obj = shared()
    by_windlass()
    heard = Overheard()
    try:
        with heard:
            result = plugin.run(task_vars=variables)
        if not isinstance(result, dict):
            # What the reference says of it, in the words of Python.
            "invocation" in result
            result["invocation"]
        return heard.added_to(result)
    finally:
        if not isinstance(sys.exc_info()[1], Ended):
            plugin.cleanup()


def hand_on(self, tmp=None, task_vars=None):
    """Does what windlass' action of this name does."""
    name = type(self).windlass_action
    return OtherAction("ansible.builtin." + name, self._task).run()


def by_windlass():
    """Lets the actions of the reference that others are made of do what those of windlass do."""
    for name, loaded in list(sys.modules.items()):
        own = name.rpartition(".")[2]
        if name == "ansible.plugins.action." + own and own != "normal" and hasattr(loaded, "ActionModule"):
            loaded.ActionModule.run, loaded.ActionModule.windlass_action = hand_on, own


class NamedActions:
    """Imports `ansible.plugins.action.NAME` where there is no ansible-core."""

    @staticmethod
    def find_spec(name, path=None, target=None):
        if name.startswith("ansible.plugins.action."):
            return importlib.machinery.ModuleSpec(name, NamedActions)
        return None

    @staticmethod
    def create_module(spec):
        return None

    @staticmethod
    def exec_module(made):
        own = made.__name__.rpartition(".")[2]
        own_module = lambda self, tmp=None, task_vars=None: self._execute_module()
        run = own_module if own == "normal" else hand_on
        made.ActionModule = type("ActionModule", (StandInAction,), {"run": run, "windlass_action": own})
        made.ActionBase = StandInAction


def ending(error):
    """Returns what an exception of an action says beside its words."""
    names = {one.__name__ for one in type(error).__mro__}
    said = {"kind": type(error).__name__, "over": isinstance(error, Ended)}
    if "AnsibleAction" in names or "AnsibleActionFail" in names:
        result = getattr(error, "result", None)
        said.update(result=pack(result if isinstance(result, dict) else {}), skips="AnsibleActionSkip" in names, done="_AnsibleActionDone" in names)
    return said


class StandInAction(OnHost):
    """Stands in for the class of which all actions are."""

    TRANSFERS_FILES = False
    BYPASS_HOST_LOOP = False
    _supports_check_mode = True
    _supports_async = False
    _requires_connection = True
    _VALID_ARGS = frozenset()

    def __init__(self, task, connection, play_context, loader, templar, shared_loader_obj):
        self._task, self._connection, self._play_context = task, connection, play_context
        self._loader, self._templar, self._shared_loader_obj = loader, templar, shared_loader_obj
        self._display = Display()

    def run(self, tmp=None, task_vars=None):
        if self._task.check_mode and not self._supports_check_mode:
            raise errors().AnsibleActionSkip("This action (%s) does not support check mode." % self._task.action)
        unknown = sorted(set(self._task.args) - set(self._VALID_ARGS)) if self._VALID_ARGS else []
        if unknown:
            raise errors().AnsibleActionFail("Invalid options for %s: %s" % (self._task.action, ",".join(unknown)))
        return {}

    def _find_needle(self, dirname, needle):
        for folder in self._task.get_search_path():
            for path in (os.path.join(folder, dirname, needle), os.path.join(folder, needle)):
                if os.path.exists(path):
                    return path
        raise errors().AnsibleActionFail("Could not find or access '%s' on the Ansible Controller." % needle)

    def validate_argument_spec(self, argument_spec=None, **rest):
        given, kinds = dict(self._task.args), {"int": int, "float": float, "str": str, "bool": boolean}
        for name, about in (argument_spec or {}).items():
            value = next((given.pop(one) for one in [name, *about.get("aliases", [])] if one in given), None)
            if value is None:
                if about.get("required"):
                    raise errors().AnsibleActionFail("missing required arguments: " + name)
                value = about.get("default")
            elif about.get("type") == "list" and not isinstance(value, list):
                value = value.split(",") if isinstance(value, str) else [value]
            else:
                value = kinds.get(about.get("type", "str"), lambda one: one)(value)
            given[name] = value
        return None, given


def stand_in_for_actions():
    class AnsibleAction(errors().AnsibleError):
        def __init__(self, message="", obj=None, result=None, **kwargs):
            super().__init__(message, obj)
            self.result = result or {}

    made = {name: type(name, (AnsibleAction,), {}) for name in ("AnsibleActionFail", "AnsibleActionSkip", "_AnsibleActionDone")}
    vars(errors()).update(made, AnsibleAction=AnsibleAction)
    module("ansible.plugins.action", ActionBase=StandInAction)
    sys.meta_path.append(NamedActions)
    module("ansible.constants", DEFAULT_LOCAL_TMP=tempfile.gettempdir(), MODULE_REQUIRE_ARGS=())
