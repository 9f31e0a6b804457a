"""Stands in for what callbacks import most of ansible-core, where it is not installed."""
import shutil

COLORS = dict(
    black="0;30", red="0;31", green="0;32", yellow="0;33", blue="0;34", purple="0;35", cyan="0;36", normal="0",
    white="0;37", magenta="0;35",
)
COLORS.update({"bright " + name: "1" + code[1:] for name, code in list(COLORS.items()) if ";" in code})
COLORS.update({"dark gray": "1;30", "bright gray": "0;37"})
# What something is shown in, as the reference's settings have it.
SHOWN_IN = dict(
    OK="green", CHANGED="yellow", SKIP="cyan", ERROR="red", UNREACHABLE="bright red", WARN="bright purple", DEPRECATE="purple",
    VERBOSE="blue", DEBUG="dark gray", HIGHLIGHT="white", DIFF_ADD="green", DIFF_REMOVE="red", DIFF_LINES="cyan", INCLUDED="cyan",
)


def stringc(text, color, wrap_nonvisible_chars=False):
    code = COLORS.get(color) if GIVEN["colored"] and color else None
    return "\n".join("\033[%sm%s\033[0m" % (code, line) for line in str(text).split("\n")) if code else text


def colorize(lead, number, color):
    text = "%s=%-4s" % (lead, number)
    return stringc(text, color) if number and color else text


def hostcolor(host, stats, color=True):
    if not (GIVEN["colored"] and color):
        return "%-26s" % host
    bad = stats["failures"] or stats["unreachable"]
    return "%-37s" % stringc(host, SHOWN_IN["ERROR" if bad else "CHANGED" if stats["changed"] else "OK"])


def show(text, color=None, stderr=False, newline=True):
    """Lets windlass print a text, behind all that was printed before."""
    sys.stdout.flush()
    sys.stderr.flush()
    text = to_text(text)
    if newline and text.endswith("\n"):
        text = text[:-1]
    painted = paint(text, color) if color else None
    ask(ask="display", text=text, painted=None if painted == text else painted, stderr=bool(stderr), newline=bool(newline))


def paint(text, color):
    return sys.modules["ansible.utils.color"].stringc(text, color)


class CallbackDisplay:
    """What callbacks print with."""

    said = set()
    verbosity = property(lambda self: GIVEN["verbosity"])
    columns = property(lambda self: GIVEN["columns"])

    def display(self, msg, color=None, stderr=False, screen_only=False, log_only=False, newline=True, caplevel=None):
        if not log_only:
            show(msg, color, stderr, newline)

    def once(self, text, color, stderr=True):
        if text not in self.said:
            self.said.add(text)
            # Several lines have an empty one behind them.
            self.display(text.rstrip("\n") + "\n\n" if "\n" in text else text, color=color, stderr=stderr)

    def warning(self, msg, formatted=False, **rest):
        self.once("[WARNING]: %s" % msg, SHOWN_IN["WARN"])

    def deprecated(self, msg, version=None, removed=False, date=None, collection_name=None, help_text=None, **rest):
        if not GIVEN["deprecations"]:
            return
        self.once("[WARNING]: Deprecation warnings can be disabled by setting `deprecation_warnings=False` in ansible.cfg.", SHOWN_IN["WARN"])
        when = " in version %s" % version if version else " in a release after %s" % date if date else " in the future"
        text = msg if isinstance(msg, Said) or removed else "%s This feature will be removed%s." % (msg, when)
        self.once("[DEPRECATION WARNING]: %s%s" % (text, " " + help_text if help_text else ""), SHOWN_IN["DEPRECATE"])

    def error(self, msg, wrap_text=True, stderr=True, **rest):
        self.once("[ERROR]: %s" % msg, SHOWN_IN["ERROR"], stderr)

    def verbose(self, msg, host=None, caplevel=2):
        if self.verbosity > caplevel:
            self.display("<%s> %s" % (host, msg) if host else msg, color=SHOWN_IN["VERBOSE"])

    v = lambda self, msg, host=None: self.verbose(msg, host, 0)
    vv = lambda self, msg, host=None: self.verbose(msg, host, 1)
    vvv = lambda self, msg, host=None: self.verbose(msg, host, 2)
    vvvv = lambda self, msg, host=None: self.verbose(msg, host, 3)
    vvvvv = lambda self, msg, host=None: self.verbose(msg, host, 4)
    vvvvvv = lambda self, msg, host=None: self.verbose(msg, host, 5)

    def banner(self, msg, color=None, cows=True):
        self.display("\n%s %s" % (msg, "*" * max(3, self.columns - len(msg))), color=color)

    def debug(self, msg, host=None):
        pass


# By what v2 methods do where a callback has only the older ones: their names and what these get.
OLDER = {
    "v2_runner_on_ok": ("runner_on_ok", lambda result: (result._host.get_name(), result._result)),
    "v2_runner_on_failed": ("runner_on_failed", lambda result, ignore_errors=False: (result._host.get_name(), result._result, ignore_errors)),
    "v2_runner_on_skipped": ("runner_on_skipped", lambda result: (result._host.get_name(), result._result.get("item"))),
    "v2_runner_on_unreachable": ("runner_on_unreachable", lambda result: (result._host.get_name(), result._result)),
    "v2_runner_on_async_poll": ("runner_on_async_poll", lambda result: (result._host.get_name(), result._result, result._result.get("ansible_job_id"), 0)),
    "v2_runner_on_async_ok": ("runner_on_async_ok", lambda result: (result._host.get_name(), result._result, result._result.get("ansible_job_id"))),
    "v2_runner_on_async_failed": ("runner_on_async_failed", lambda result: (result._host.get_name(), result._result, result._result.get("ansible_job_id"))),
    "v2_playbook_on_start": ("playbook_on_start", lambda playbook: ()),
    "v2_playbook_on_notify": ("playbook_on_notify", lambda handler, host: (host, handler)),
    "v2_playbook_on_no_hosts_matched": ("playbook_on_no_hosts_matched", lambda: ()),
    "v2_playbook_on_no_hosts_remaining": ("playbook_on_no_hosts_remaining", lambda: ()),
    "v2_playbook_on_task_start": ("playbook_on_task_start", lambda task, is_conditional: (task.name, is_conditional)),
    "v2_playbook_on_vars_prompt": ("playbook_on_vars_prompt", lambda *given: given),
    "v2_playbook_on_play_start": ("playbook_on_play_start", lambda play: (play.name,)),
    "v2_playbook_on_stats": ("playbook_on_stats", lambda stats: (stats,)),
    "v2_on_file_diff": ("on_file_diff", lambda result: (result._host.get_name(), result._result.get("diff"))),
}
# Those that have no older form.
ALONE = (
    "v2_playbook_on_handler_task_start", "v2_playbook_on_cleanup_task_start", "v2_playbook_on_import_for_host", "v2_playbook_on_not_import_for_host",
    "v2_playbook_on_include", "v2_runner_item_on_ok", "v2_runner_item_on_failed", "v2_runner_item_on_skipped", "v2_runner_retry",
    "v2_runner_on_start", "v2_runner_on_no_hosts",
)
METHODS = (*OLDER, *ALONE, "v2_on_any")


class StandInCallback:
    """Stands in for the class of which all callbacks are."""

    CALLBACK_VERSION, CALLBACK_TYPE, CALLBACK_NAME = 2.0, "notification", None
    disabled = wants_implicit_tasks = False
    plugin_type, _load_name, _current_task_result = "callback", None, None

    def __init__(self, display=None, options=None):
        self._display = display or CallbackDisplay()
        self._plugin_options = {}
        if options is not None:
            self.set_options(options)

    def set_options(self, task_keys=None, var_options=None, direct=None):
        text = getattr(sys.modules[type(self).__module__], "DOCUMENTATION", None)
        for name, about in (options_of(text) if text else {}).items():
            about = about or {}
            given = (direct or {}).get(name, about["given"] if "given" in about else first_option(about))
            if given is None and about.get("required"):
                raise errors().AnsibleOptionsError("Required config %r for %r callback plugin not provided." % (name, self._load_name))
            self._plugin_options[name] = typed_option(given, about.get("type"))

    def set_option(self, name, value):
        self._plugin_options[name] = value

    def get_option(self, name, hostvars=None):
        return self._plugin_options[name]

    def get_options(self, hostvars=None):
        return dict(self._plugin_options)

    def has_option(self, name):
        return name in self._plugin_options

    def set_play_context(self, play_context):
        pass

    def _option(self, name):
        return self._plugin_options.get(name, GIVEN["settings"].get(name))

    def _copy_result(self, result):
        return copy.deepcopy(result)

    def _run_is_verbose(self, result, verbosity=0):
        shown = result._result
        return (self._display.verbosity > verbosity or shown.get("_ansible_verbose_always") is True) and not shown.get("_ansible_verbose_override")

    def _dump_results(self, result, indent=None, sort_keys=True, keep_invocation=False, serialize=True):
        verbosity, pretty = self._display.verbosity, self._plugin_options.get("pretty_results")
        if not indent and (result.get("_ansible_verbose_always") or pretty or verbosity > 2):
            indent = 4
        if pretty is False:
            indent = None
        quiet = ["exception", "warnings", "deprecations"] + (["diff"] if verbosity < 3 else [])
        if verbosity < 3 and not keep_invocation:
            quiet.append("invocation")
        shown = {key: value for key, value in result.items() if key not in quiet and not str(key).startswith("_ansible_")}
        return json.dumps(shown, indent=indent, ensure_ascii=False, sort_keys=sort_keys, default=str) if serialize else shown

    def _handle_warnings(self, result):
        now = self._current_task_result
        if result.pop("warnings", None) and now:
            for text in now.warnings:
                self._display.warning(text)
        if result.pop("deprecations", None) and now:
            for text in now.deprecations:
                self._display.deprecated(text)

    def _handle_exception(self, result, use_stderr=False):
        now = self._current_task_result
        if result.pop("exception", None) and now and now.exception:
            self._display.error(now.exception, stderr=use_stderr)

    def _handle_warnings_and_exception(self, result):
        self._handle_warnings(result._result)
        self._handle_exception(result._result, bool(self._option("display_failed_stderr")))

    def _clean_results(self, result, task_name):
        if task_name.rpartition(".")[2] != "debug":
            return
        kept = ("msg", "exception", "warnings", "deprecations")
        hidden = ("changed", "failed", "skipped", "invocation", "skip_reason", "ansible_loop_var", "ansible_index_var", "ansible_loop")
        for key in list(result):
            if (key not in kept and not key.startswith("_")) if "msg" in result else key in hidden:
                del result[key]

    def _process_items(self, result):
        del result._result["results"]

    def _get_item_label(self, result):
        if result.get("_ansible_no_log"):
            return "(censored due to no_log)"
        return result.get("_ansible_item_label", result.get("item"))

    _get_item = _get_item_label

    def _get_diff(self, found):
        lines = []
        for diff in found if isinstance(found, list) else [found]:
            lines.extend(diff_lines(diff))
        return "".join(lines)

    @staticmethod
    def host_label(result):
        name, delegate = result._host.get_name(), result._task.delegate_to
        if not delegate or delegate == name:
            return name
        address = result._result.get("_ansible_delegated_vars", {}).get("ansible_host", delegate)
        return "%s -> %s%s" % (name, delegate, "(%s)" % address if address != delegate else "")

    def _print_task_path(self, task, color="dark gray"):
        self._display.display("task path: %s" % task.get_path(), color=color)

    def _print_task_banner(self, task):
        kind = "RUNNING HANDLER" if isinstance(task, Handler) else "TASK"
        self._display.banner("%s [%s]" % (kind, task.get_name().strip()))

    def v2_on_any(self, *args, **kwargs):
        self.on_any(args, kwargs)

    def on_any(self, *args, **kwargs):
        pass


def diff_lines(diff):
    import difflib

    said = {"dst_binary": "destination file appears to be binary", "src_binary": "source file appears to be binary"}
    lines = ["diff skipped: %s\n" % text for key, text in said.items() if key in diff]
    for key, which in (("dst_larger", "destination"), ("src_larger", "source")):
        if key in diff:
            lines.append("diff skipped: %s file size is greater than %d\n" % (which, diff[key]))
    if "before" in diff and "after" in diff:
        sides, heads = [], []
        for side in ("before", "after"):
            text = diff[side]
            if isinstance(text, dict):
                text = json.dumps(text, sort_keys=True, indent=4, separators=(",", ": ")) + "\n"
            parts = (text or "").splitlines(True)
            if parts and not parts[-1].endswith("\n"):
                parts[-1] += "\n\\ No newline at end of file\n"
            sides.append(parts)
            head = diff.get(side + "_header")
            heads.append("%s: %s" % (side, head) if head else side)
        shown = list(difflib.unified_diff(*sides, *heads, "", "", 3))
        colors = {"+": SHOWN_IN["DIFF_ADD"], "-": SHOWN_IN["DIFF_REMOVE"], "@": SHOWN_IN["DIFF_LINES"]}
        lines.extend(stringc(line, colors.get(line[0])) for line in shown)
        lines.extend(["\n"] if shown else [])
    return lines + ([diff["prepared"]] if "prepared" in diff else [])


def nothing(self, *args, **kwargs):
    """What a callback does where it says nothing."""


def by_older(name, given):
    def call(self, *args, **kwargs):
        getattr(self, name)(*given(*args, **kwargs))

    return call


for _name, (_older, _given) in OLDER.items():
    setattr(StandInCallback, _older, nothing)
    setattr(StandInCallback, _name, by_older(_older, _given))
for _name in ALONE:
    setattr(StandInCallback, _name, nothing)


def native(own):
    """Returns a callback that does what an output of windlass does."""

    def call(self, *args, **kwargs):
        given = next((one for one in args if isinstance(one, Result)), None)
        ask(ask="native", name=own, result=pack(given._result) if given is not None else None)

    methods = {name: call for name in METHODS if name != "v2_on_any"}
    return type("CallbackModule", (StandInCallback,), dict(methods, CALLBACK_TYPE="stdout", CALLBACK_NAME=own))


def is_overridden(plugin, base, name):
    return getattr(getattr(type(plugin), name, None), "__func__", getattr(type(plugin), name, None)) is not getattr(base, name, None) or name in vars(plugin)


def methods_of(plugin, base):
    """Returns the methods that a callback has, also those of which it has the older form."""
    found, older = set(), []
    for name in METHODS:
        own = OLDER.get(name, ("on_any",) if name == "v2_on_any" else (None,))[0]
        if is_overridden(plugin, base, name):
            found.add(name)
        elif own and is_overridden(plugin, base, own):
            found.add(name)
            if own != "on_any":
                older.append(own)
    return found, older


def stand_in_for_callbacks():
    module("ansible.plugins.callback", CallbackBase=StandInCallback)
    for own in ("default", "minimal", "oneline", "junit", "tree"):
        module("ansible.plugins.callback." + own, CallbackModule=native(own), CallbackBase=StandInCallback)
    colors = {"COLOR_" + name: color for name, color in SHOWN_IN.items()}
    actions = {"_ACTION_DEBUG": ("debug", "ansible.builtin.debug"), "_ACTION_SETUP": ("setup", "gather_facts"), "_ACTION_IMPORT_TASKS": ("import_tasks",)}
    actions["_ACTION_INCLUDE_TASKS"] = actions["_ACTION_ALL_INCLUDES"] = ("include_tasks", "include_role", "ansible.builtin.include_tasks", "ansible.builtin.include_role")
    shown = {"DISPLAY_SKIPPED_HOSTS": True, "DISPLAY_ARGS_TO_STDOUT": False, "DIFF_CONTEXT": 3, "MODULE_NO_JSON": ("command", "shell", "raw"), "ANSIBLE_NOCOLOR": False}
    module("ansible.constants", **colors, **actions, **shown, COLOR_CODES=COLORS, DEFAULT_LOCAL_TMP="/tmp")
    module("ansible.utils.color", stringc=stringc, colorize=colorize, hostcolor=hostcolor, ANSIBLE_COLOR=False)
    module("ansible.utils.display", Display=CallbackDisplay, get_text_width=len)
    module("ansible.context", CLIARGS={})
    module("ansible.playbook.task_include", TaskInclude=TaskInclude)
    module("ansible.playbook.task", Task=Task)
    module("ansible.playbook.handler", Handler=Handler)
    module("ansible.parsing.ajson", AnsibleJSONEncoder=json.JSONEncoder)
    module("ansible.parsing.yaml.dumper")
    plain = lambda result: {key: value for key, value in result.items() if not str(key).startswith("_ansible_")}
    module("ansible.vars.clean", strip_internal_keys=plain, module_response_deepcopy=copy.deepcopy)
    module("ansible.utils.path", makedirs_safe=lambda path, mode=None: os.makedirs(path, exist_ok=True), unfrackpath=os.path.realpath)

    def open_url(url, data=None, headers=None, method=None, timeout=10, **rest):
        import urllib.request

        request = urllib.request.Request(url, data=to_bytes(data) if data is not None else None, headers=headers or {}, method=method)
        return urllib.request.urlopen(request, timeout=timeout)

    module("ansible.module_utils.urls", open_url=open_url)
    module("ansible.module_utils.ansible_release", __version__="2.19.0")
    module("ansible.module_utils.common.json", AnsibleJSONEncoder=json.JSONEncoder)
    module("ansible.module_utils.common.process", get_bin_path=shutil.which)
    module("ansible.inventory.host", Host=Host)
