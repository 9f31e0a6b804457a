"""Loads callbacks and tells them what happens."""

# What was loaded; windlass knows each by its place.
LOADED = []
PLAYBOOK = PLAY = None


def display():
    return importlib.import_module("ansible.utils.display").Display()


def configure(message):
    GIVEN.update({key: message[key] for key in GIVEN})
    if not INSTALLED:
        for shown, name, code in GIVEN["colors"]:
            SHOWN_IN[shown] = name
            COLORS[name] = code
            setattr(sys.modules["ansible.constants"], "COLOR_" + shown, name)
        sys.modules["ansible.utils.color"].ANSIBLE_COLOR = GIVEN["colored"]
        sys.modules["ansible.context"].CLIARGS = GIVEN["arguments"]
        return
    from ansible import context
    from ansible.module_utils.common.collections import ImmutableDict
    from ansible.utils import color

    context.CLIARGS = ImmutableDict(GIVEN["arguments"])
    color.ANSIBLE_COLOR = GIVEN["colored"]
    patch_display()
    patch_kinds()


def patch_display():
    """Lets the display of the installed ansible-core print by windlass."""
    from ansible.utils.display import Display

    def shown(self, msg, color=None, stderr=False, screen_only=False, log_only=False, newline=True, caplevel=None):
        if not log_only:
            show(msg, color, stderr, newline)

    def as_it_is(kind, color, original):
        def tell(self, said, *args, **kwargs):
            if not isinstance(said, Said):
                return original(self, said, *args, **kwargs)
            stderr = kwargs.get("stderr", True)
            return CallbackDisplay().once("[%s]: %s" % (kind, said), SHOWN_IN[color], stderr)

        return tell

    Display.display = shown
    Display().verbosity = GIVEN["verbosity"]
    for name, kind, color in (("_warning", "WARNING", "WARN"), ("_deprecated", "DEPRECATION WARNING", "DEPRECATE"), ("_error", "ERROR", "ERROR")):
        if hasattr(Display, name):
            setattr(Display, name, as_it_is(kind, color, getattr(Display, name)))


def patch_kinds():
    """Lets callbacks know our tasks and hosts by the names of the installed ansible-core's."""
    for name in ("ansible.playbook", "ansible.playbook.handler_task_include", "ansible.playbook.role_include", "ansible.inventory.manager"):
        try:
            importlib.import_module(name)
        except ImportError:
            pass
    for name, kind in (("playbook.task", Task), ("playbook.handler", Handler), ("playbook.task_include", TaskInclude), ("inventory.host", Host)):
        own = importlib.import_module("ansible." + name)
        # What is imported later may ask for them.
        kind.fattributes = getattr(getattr(own, kind.__name__), "fattributes", {})
        setattr(own, kind.__name__, kind)


class Missing(Exception):
    """There is no such callback."""


class ByCore:
    """Finds callbacks as the installed ansible-core does."""

    def __init__(self, message):
        from ansible.plugins import loader

        loader.init_plugin_loader([os.path.dirname(one) for one in message["collections"]])
        self.loader = loader.callback_loader
        for folder in message["folders"]:
            if os.path.isdir(folder):
                self.loader.add_directory(folder)

    def unnamed(self):
        own = os.path.dirname(importlib.import_module("ansible.plugins.callback").__file__)
        for found in self.loader.all(class_only=True):
            if os.path.dirname(found._original_path) != own:
                yield found

    def named(self, name):
        found = self.loader.get(name, class_only=True)
        if not found:
            raise Missing(name)
        return found

    def make(self, found):
        return found()


class ByHand:
    """Finds callbacks in folders and collections."""

    def __init__(self, message):
        self.folders = message["folders"]
        ROOTS.extend(message["collections"])
        collections_package()
        self.found = {}

    def read(self, path, name, package=None):
        if path not in self.found:
            made = load_file(path, package).CallbackModule
            made._load_name, made._original_path = name, path
            made.ansible_name = name if "." in name else "ansible.legacy." + name
            self.found[path] = made
        return self.found[path]

    def unnamed(self):
        seen = set()
        for folder in self.folders:
            for path in sources(folder):
                stem = os.path.splitext(os.path.basename(path))[0]
                if stem in seen:
                    continue
                seen.add(stem)
                try:
                    yield self.read(path, stem)
                except Exception as error:
                    display().warning("Skipping plugin (%s), cannot load: %s" % (path, error))

    def named(self, name):
        parts = name.split(".")
        if len(parts) >= 3 and parts[:2] != ["ansible", "legacy"]:
            for root in ROOTS:
                path = os.path.join(root, *parts[:2], "plugins", "callback", *parts[2:]) + ".py"
                if os.path.isfile(path):
                    return self.read(path, name, "ansible_collections.%s.%s.plugins.callback" % tuple(parts[:2]))
        for folder in self.folders:
            path = os.path.join(folder, parts[-1] + ".py")
            if os.path.isfile(path):
                return self.read(path, parts[-1])
        raise Missing(name)

    def make(self, found):
        return found()


def begin(plugin, named=None):
    """Takes a callback among those that are told what happens."""
    base = importlib.import_module("ansible.plugins.callback").CallbackBase
    if hasattr(plugin, "_init_callback_methods"):
        plugin._init_callback_methods()
        methods = set(plugin._implemented_callback_methods)
    else:
        methods, older = methods_of(plugin, base)
        complain_of_older(plugin, methods, older)
    plugin.set_options()
    if is_overridden(plugin, base, "set_play_context"):
        methods.add("set_play_context")
    LOADED.append((plugin, methods))
    return {"index": len(LOADED) - 1, "methods": sorted(methods), "named": named}


def complain_of_older(plugin, methods, older):
    if INSTALLED:
        return
    path = sys.modules[type(plugin).__module__].__file__
    removed = "This feature will be removed from the callback plugin API in ansible-core version 2.23."
    if "v2_on_any" in methods:
        name = "v2_on_any" if is_overridden(plugin, StandInCallback, "v2_on_any") else "on_any"
        display().deprecated(Said("The %r callback plugin implements deprecated method %r. %s Use event-specific callback methods instead." % (path, name, removed)))
    if older:
        text = "The %r callback plugin implements the following deprecated method(s): %s. %s Implement the `v2_*` equivalent callback method(s) instead."
        display().deprecated(Said(text % (path, ", ".join(sorted(older)), removed)))


def load(message):
    configure(message)
    finder = (ByCore if INSTALLED else ByHand)(message)
    found, shown_by = [], None
    if message["stdout"]:
        shown_by = finder.named(message["stdout"])
        found.append(begin(finder.make(shown_by)))
    kinds = {one.ansible_name: (one, None) for one in (finder.unnamed() if message["unnamed"] else ())}
    for name in message["named"]:
        try:
            one = finder.named(name)
        except Exception as error:
            if not isinstance(error, Missing):
                display().warning("Skipping plugin (%s), cannot load: %s" % (name, error))
            display().warning("Skipping callback plugin '%s', unable to load" % name)
            continue
        kinds.setdefault(one.ansible_name, (one, name))
    if shown_by is not None:
        kinds.pop(shown_by.ansible_name, None)
    for one, named in kinds.values():
        name = named or os.path.splitext(os.path.basename(one._original_path))[0]
        if not named and name == message["shown_by"]:
            continue
        loaded = optional(finder, one, name, named, message["enabled"])
        if loaded is not None:
            found.append(loaded)
    return found


def optional(finder, kind, name, named, enabled):
    """Loads a callback beside the one that shows the run, unless it is to be enabled and is not."""
    if getattr(kind, "CALLBACK_TYPE", "") == "stdout":
        display().vv("Skipping callback '%s', as we already have a stdout callback." % name)
        return None
    needs = getattr(kind, "CALLBACK_NEEDS_ENABLED", getattr(kind, "CALLBACK_NEEDS_WHITELIST", False))
    if needs and name not in enabled:
        return None
    try:
        return begin(finder.make(kind), named)
    except Exception as error:
        display().warning("Failed to load callback plugin %r: %s" % (name, described(error)))
        return None


def handler_named(name):
    known = next((task for task in TASKS.values() if isinstance(task, Handler) and task.name == name), None)
    if known:
        return known
    made_of = {"keywords": {}, "written_name": name, "action": "", "args": {}, "implicit": False, "ds": {}, "parents": []}
    return Handler({"made_of": made_of, "bare_name": name, "name": name, "path": "", "check": False})


def given(method, about):
    """Returns what a method gets."""
    global PLAYBOOK, PLAY
    if method == "v2_playbook_on_start":
        PLAYBOOK = Playbook(about["path"])
        return (PLAYBOOK,), {}
    if method in ("set_play_context", "v2_playbook_on_play_start"):
        if method == "set_play_context" or PLAY is None or PLAY.name != about["name"]:
            PLAY = Play(about)
            if PLAYBOOK is not None:
                PLAYBOOK._entries.append(PLAY)
        return (PlayContext(PLAY, GIVEN["arguments"]) if method == "set_play_context" else PLAY,), {}
    if method == "v2_playbook_on_vars_prompt":
        return tuple(about["asked"]), {}
    if method == "v2_playbook_on_task_start":
        return (task_of(about),), {"is_conditional": False}
    if method == "v2_playbook_on_handler_task_start":
        return (task_of(about),), {}
    if method == "v2_runner_on_start":
        return (host(about["host"]), task_of(about)), {}
    if method == "v2_playbook_on_notify":
        return (handler_named(about["handler"]), host(about["host"])), {}
    if method == "v2_playbook_on_include":
        return (IncludedFile(about, task_of(about) if "task" in about else None),), {}
    if method == "v2_playbook_on_stats":
        return (AggregateStats(about),), {}
    if "result" not in about:
        return (), {}
    task = task_of_result(about)
    named = {"ignore_errors": True if about["ignored"] else task.ignore_errors} if method == "v2_runner_on_failed" else {}
    return (Result(about, task),), named


def happen(message):
    method, about = message["method"], message["about"]
    if "made_of" in about:
        # Each callback is told of the same task.
        task_of(about)
        del about["made_of"]
    for number in message["to"]:
        plugin, methods = LOADED[number]
        if not getattr(plugin, "disabled", False):
            tell(plugin, methods, method, *given(method, about))
    sys.stdout.flush()
    sys.stderr.flush()


def tell(plugin, methods, method, args, named):
    if not getattr(plugin, "wants_implicit_tasks", False) and any(isinstance(one, Task) and one.implicit for one in args):
        return
    plugin._current_task_result = next((one for one in args if isinstance(one, Result)), None)
    also = ["v2_on_any"] if "v2_on_any" in methods and method != "set_play_context" else []
    for name in ([method] if method in methods else []) + also:
        try:
            getattr(plugin, name)(*args, **named)
        except Exception as error:
            own = getattr(plugin, "_load_name", None) or plugin.CALLBACK_NAME
            display().warning("Callback dispatch %r failed for plugin %r: %s" % (method, own, described(error)))
    plugin._current_task_result = None


def serve(message):
    try:
        if message["do"] == "load":
            send({"value": load(message)})
        else:
            happen(message)
            send({"value": None})
    except Missing:
        send({"error": ""})
    except Exception as error:
        named = {one.__name__ for one in type(error).__mro__}
        bug = "" if "AnsibleError" in named else "Unexpected Exception, this is probably a bug: "
        status = 250 if bug else 5 if "AnsibleOptionsError" in named else 1
        send({"error": bug + described(error), "status": status})


# Who interrupts the run interrupts windlass, which ends this process.
signal.signal(signal.SIGINT, signal.SIG_IGN)
INSTALLED = installed("ansible") and installed("ansible.errors")
if not INSTALLED:
    stand_in()
    stand_in_for_callbacks()
try:
    while True:
        serve(receive())
except SystemExit:
    # Some have a last word.
    LOADED.clear()
    PLAY = PLAYBOOK = None
    sys.stdout.flush()
