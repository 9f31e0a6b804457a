"""What callbacks are given: tasks, plays, hosts and results, with the names that the reference gives them."""
import copy
import signal
import time


def evaluable(value):
    """Returns a variable as the installed ansible-core evaluates it: what the operator wrote may be a template."""
    if not INSTALLED:
        return as_written(value)
    try:
        from ansible.template import trust_as_template
    except ImportError:
        return as_written(value)
    if isinstance(value, list):
        return [evaluable(one) for one in value]
    if isinstance(value, dict):
        return {told_text(key): evaluable(one) for key, one in value.items()}
    return trust_as_template(str(value)) if isinstance(value, Trusted) else value


def data_loader():
    if INSTALLED:
        from ansible.parsing.dataloader import DataLoader

        return DataLoader()
    return Loader(os.getcwd())


class HostVariables(Variables):
    """All variables of a host, or of the run where there is none, each fetched when it is read."""

    def __init__(self, host):
        super().__init__(as_written=True)
        self.host = host

    def __missing__(self, name):
        if name == "vars":
            return self
        answer = ask(ask="variable", name=name, as_written=True, host=self.host)
        if answer.get("missing"):
            # A name that there is, but not here, has nothing in it.
            if name in ask(ask="names", host=self.host)["value"]:
                return None
            raise KeyError(name)
        value = evaluable(unpack(answer["value"]))
        dict.__setitem__(self, name, value)
        return value

    def __contains__(self, name):
        if dict.__contains__(self, name):
            return True
        return not ask(ask="variable", name=name, as_written=True, host=self.host).get("missing")

    def keys(self):
        known = list(ask(ask="names", host=self.host)["value"])
        return known + [name for name in dict.keys(self) if name not in known]

    def copy(self):
        return {name: value for name, value in self.items()}

    def __deepcopy__(self, memo):
        return self.copy()


class Named:
    """Something that is what its name is."""

    name = None

    @classmethod
    def of(cls, name):
        made = cls()
        made.name = name
        return made

    def get_name(self, *args, **kwargs):
        return self.name

    def __str__(self):
        return self.get_name()

    __repr__ = __str__

    def __eq__(self, other):
        return isinstance(other, type(self)) and self.name == other.name

    def __hash__(self):
        return hash(self.name)

    # Copies are the same: nothing changes them.
    def __deepcopy__(self, memo):
        return self


class Group(Named):
    def __init__(self, name):
        self.name = name

    def _about(self):
        if "_known" not in self.__dict__:
            self._known = ask(ask="group", group=self.name)
        return self._known

    vars = property(lambda self: as_written(unpack(self._about()["vars"])))
    hosts = property(lambda self: [host(name) for name in self._about()["hosts"]])

    def get_vars(self):
        return self.vars

    def get_hosts(self):
        return self.hosts


class Host(Named):
    implicit = False

    def __init__(self, name):
        self.name = self.address = name
        self._uuid = "host-" + name

    def _about(self):
        if "_known" not in self.__dict__:
            self._known = ask(ask="host", host=self.name)
            self.address = as_written(unpack(self._known["vars"])).get("ansible_host", self.name)
        return self._known

    vars = property(lambda self: as_written(unpack(self._about()["vars"])))
    groups = property(lambda self: [Group(name) for name in self._about()["groups"]])

    def get_groups(self):
        return self.groups

    def get_vars(self):
        groups = sorted(group.name for group in self.groups if group.name != "all")
        magic = dict(inventory_hostname=self.name, inventory_hostname_short=self.name.split(".")[0], group_names=groups)
        return {**self.vars, **magic}

    get_magic_vars = get_vars


HOSTS = {}


def host(name):
    if name not in HOSTS:
        HOSTS[name] = Host(name)
    return HOSTS[name]


class VariableManager:
    """Where callbacks ask for variables."""

    def get_vars(self, play=None, host=None, task=None, **rest):
        return HostVariables(getattr(host, "name", host))

    extra_vars = property(lambda self: {})
    _extra_vars = extra_vars


class Role(Named):
    def __init__(self, name, path=None):
        self.name = self._role_name = name
        self._role_path = path
        self._role_collection = None

    def get_role_path(self):
        return self._role_path

    def get_name(self, include_role_fqcn=True):
        return self.name


class Keyworded(Named):
    """A play or task: its keywords are attributes, and those that nobody wrote have their defaults."""

    DEFAULTS = {}
    # What options of the command line say where no keyword does.
    BY_OPTIONS = {}

    def __init__(self, keywords):
        keywords = as_written(keywords)
        for name in self.LISTS:
            value = keywords.get(name, [])
            keywords[name] = value if isinstance(value, list) else [value]
        for name in self.TRUTHS:
            # What is written as yes or no is one; the rest stays what it is.
            if str(keywords.get(name, "")).lower() in YES + NO:
                keywords[name] = boolean(keywords[name])
        self._attributes = {**copy.deepcopy(self.DEFAULTS), **keywords}
        for name, otherwise in self.BY_OPTIONS.items():
            if self._attributes[name] is None:
                self._attributes[name] = GIVEN["arguments"].get(name) or otherwise
        self._uuid = "0242ac11-0002-%s-%012x" % (format(id(self) & 0xFFFF, "04x"), next(NUMBERS))

    def __getattr__(self, name):
        if name.startswith("__") or name == "_attributes":
            raise AttributeError(name)
        attributes = self.__dict__.get("_attributes", {})
        if name not in attributes:
            raise AttributeError(name)
        return attributes[name]

    def dump_attrs(self):
        return dict(self._attributes)

    def serialize(self):
        return {**self._attributes, "uuid": self._uuid}

    def get_vars(self):
        return dict(self.vars or {})

    def get_ds(self):
        return self._ds

    def get_path(self):
        return self._path

    def get_variable_manager(self):
        return MANAGER

    def __eq__(self, other):
        return self is other

    def __hash__(self):
        return id(self)

    def __deepcopy__(self, memo):
        return self


NUMBERS = iter(range(1, 2**40))
MANAGER = VariableManager()


class Parent(Keyworded):
    LISTS, TRUTHS, DEFAULTS = (), (), {"vars": {}, "tags": [], "when": []}


class LoopControl(Keyworded):
    LISTS, TRUTHS = ("break_when",), ("extended", "extended_allitems")
    DEFAULTS = {"loop_var": "item", "index_var": None, "label": None, "pause": 0.0, "extended": None, "extended_allitems": True}


# Keywords of tasks and plays alike.
SHARED = {
    **dict.fromkeys((
        "become", "become_exe", "become_flags", "become_user", "check_mode", "connection", "debugger", "diff",
        "ignore_errors", "ignore_unreachable", "no_log", "port", "remote_user", "run_once",
    )),
    "any_errors_fatal": False, "environment": [], "module_defaults": [], "throttle": 0, "timeout": 0,
}


class Task(Keyworded):
    LISTS = ("tags", "when", "until", "changed_when", "failed_when", "collections")
    TRUTHS = ("no_log", "ignore_errors", "ignore_unreachable", "become", "check_mode", "diff", "run_once", "any_errors_fatal", "delegate_facts")
    DEFAULTS = {
        **SHARED, "async_val": 0, "poll": 15, "delay": 5.0, "name": "", "vars": {}, "notify": None, "collections": [], "loop": None,
        "loop_with": None, "become_method": "sudo", "delegate_to": None, "delegate_facts": None, "register": None, "retries": None,
        "loop_control": {}, "async": 0,
    }
    BY_OPTIONS = {"become": False, "connection": "ssh", "diff": False}

    def __init__(self, told):
        made_of = unpack(told["made_of"])
        super().__init__(made_of["keywords"])
        if "async" in self._attributes:
            self.async_val = self._attributes["async_val"] = self._attributes["async"]
        looping = self._attributes["loop_control"]
        self._attributes["loop_control"] = LoopControl(looping if isinstance(looping, dict) else {})
        written = told_text(made_of["written_name"]) or ""
        # With its name evaluated, as far as it has one.
        self.name = told["bare_name"] if written else ""
        self.action = self.resolved_action = made_of["action"]
        self.args = as_written(made_of["args"])
        self.implicit = made_of["implicit"]
        self._path, self._ds = told["path"], as_written(made_of["ds"])
        self._role = Role(made_of["role"], made_of.get("role_path")) if made_of.get("role") else None
        self._shown = told["name"]
        self.check_mode = told["check"]
        self._parent = self._above(made_of["parents"])
        self._attributes.update(name=self.name, action=self.action, args=self.args, _resolved_action=self.resolved_action)
        self._loader = self._variable_manager = None

    def _above(self, parents):
        above = None
        for one in reversed(parents):
            parent = type(one["kind"], (Parent,), {})({"vars": one["vars"]})
            parent.name, parent._parent, parent._role = told_text(one["name"]) or "", above, None
            above = parent
        return above

    def get_name(self, include_role_fqcn=True):
        return self._shown

    def __str__(self):
        return "TASK: " + self._shown

    def __repr__(self):
        return self._shown

    def get_first_parent_include(self):
        above = self._parent
        while above is not None and type(above).__name__ != "TaskInclude":
            above = above._parent
        return above

    def get_dep_chain(self):
        return None

    def get_include_params(self):
        return {}

    def all_parents_static(self):
        return self.get_first_parent_include() is None

    def copy(self, *args, **kwargs):
        return copy.copy(self)


class Handler(Task):
    notified_hosts = ()

    def is_host_notified(self, host):
        return True

    def __str__(self):
        return "HANDLER: " + self._shown


class TaskInclude(Task):
    pass


class Play(Keyworded):
    LISTS = ("tags", "hosts", "serial", "vars_files")
    TRUTHS = ("become", "gather_facts", "force_handlers", "any_errors_fatal")
    DEFAULTS = {
        **SHARED, "strategy": "linear", "vars": {}, "roles": [], "order": None, "become_method": "sudo", "max_fail_percentage": None,
        "gather_facts": None, "gather_subset": None, "gather_timeout": None, "fact_path": None, "force_handlers": None, "vars_prompt": [],
    }
    BY_OPTIONS = {"become": False, "check_mode": False, "connection": "ssh", "diff": False}

    def __init__(self, told):
        play = unpack(told["play"])
        super().__init__(play["keywords"])
        self.name = self._attributes["name"] = told["name"]
        self.roles = [Role(one["name"], one["path"]) for one in play["roles"]]
        self._path, self._basedir = play["place"], play["dir"]
        self._tasks = [[Named.of(name) for name in names] for names in as_written(play["tasks"])]
        self._variable_manager, self._loader, self._ds = MANAGER, data_loader(), {}

    def get_loader(self):
        return self._loader

    def get_roles(self):
        return self.roles

    def get_vars_files(self):
        return self.vars_files

    def get_tasks(self):
        return self._tasks


class Playbook:
    def __init__(self, path):
        self._file_name = path
        self._basedir = os.path.dirname(os.path.abspath(path))
        self._entries, self._loader = [], data_loader()

    def get_loader(self):
        return self._loader

    def get_plays(self):
        return list(self._entries)


class PlayContext(Keyworded):
    LISTS, TRUTHS, DEFAULTS = (), Play.TRUTHS, SHARED

    def __init__(self, play, arguments):
        chosen = {key: play._attributes.get(key) for key in ("become", "become_method", "become_user", "remote_user", "connection")}
        chosen["become_method"] = play.__dict__.get("become_method")
        super().__init__({**chosen, "check_mode": bool(arguments.get("check")), "diff": bool(arguments.get("diff")), "verbosity": arguments.get("verbosity", 0)})


class IncludedFile:
    def __init__(self, told, task):
        self._filename, self._task = told["path"], task
        self._hosts = [host(name) for name in told["hosts"]]
        self._args, self._vars = {}, {}
        self._is_role = bool(task and task.action.rpartition(".")[2] == "include_role")

    def __repr__(self):
        return "%s (args=%s vars=%s): %s" % (self._filename, self._args, self._vars, self._hosts)


class AggregateStats:
    FIELDS = ("ok", "failures", "dark", "changed", "skipped", "rescued", "ignored")

    def __init__(self, told):
        self.processed = {one["host"]: 1 for one in told["stats"]}
        for field in self.FIELDS:
            setattr(self, field, {one["host"]: one[field] for one in told["stats"] if one[field]})
        self.custom = unpack(told["custom"])

    def summarize(self, host):
        found = {field: getattr(self, field).get(host, 0) for field in self.FIELDS}
        return {("unreachable" if field == "dark" else field): count for field, count in found.items()}


class Said(str):
    """Words of a result that are printed as they are."""


class Result:
    """What came of a task on a host."""

    def __init__(self, told, task):
        self._result = unpack(told["result"])
        self._task, self._host = task, host(told["host"])
        self._status = told.get("status")
        self._return_data = self._result
        self.task_name = told["name"]
        self.warnings = [Said(text) for text in told.get("warnings", [])]
        self.deprecations = [Said(text) for text in told.get("deprecations", [])]
        self.exception = Said(told["error"]) if told.get("error") else None
        self._told = told
        self._task_fields = {**task.dump_attrs(), "args": dict(task.args)}

    result = property(lambda self: self._result)
    host = property(lambda self: self._host)
    task = property(lambda self: self._task)
    task_fields = property(lambda self: self._task_fields)

    def is_changed(self):
        return self._status == "changed" or bool(self._result.get("changed"))

    def is_failed(self):
        return False

    def is_skipped(self):
        return False

    def is_unreachable(self):
        return bool(self._result.get("unreachable"))

    def needs_debugger(self, *args, **kwargs):
        return False

    def clean_copy(self):
        return copy.copy(self)


Result.__name__ = Result.__qualname__ = "CallbackTaskResult"
TASKS = {}


def task_of(told):
    """Returns the task that is meant; it is made when it is told of for the first time."""
    number = told["task"]
    if "made_of" in told:
        action = unpack(told["made_of"])["action"].rpartition(".")[2]
        kind = Handler if told["handler"] else TaskInclude if action in ("include_tasks", "import_tasks", "include_role", "import_role") else Task
        TASKS[number] = kind(told)
    return TASKS[number]


def task_of_result(told):
    """Returns the task as its host saw it: with its arguments evaluated, as far as the result tells them."""
    task = copy.copy(task_of(told))
    result = unpack(told["result"])
    called = (result.get("invocation") or {}).get("module_args") or {}
    if isinstance(called, dict) and "results" not in result:
        task.args = {key: called.get(key, value) if "{{" in str(value) or "{%" in str(value) else value for key, value in task.args.items()}
        if task.action.rpartition(".")[2] == "debug" and "msg" in task.args and "msg" in result:
            task.args["msg"] = result["msg"]
    if "no_log" in told:
        task.no_log = task._attributes["no_log"] = told["no_log"]
    task.delegate_to = told.get("delegate") or task.delegate_to
    return task
