"""Tells every call and what it was given."""
from ansible.plugins.callback import CallbackBase


def task_text(task):
    args = {key: value for key, value in task.args.items() if not key.startswith("_ansible_")}
    role = task._role.get_name() if task._role else None
    return "task %s name=%r action=%s args=%s when=%r tags=%r role=%s line=%s" % (
        task.get_name(), task.name, task.action, args, task.when, task.tags, role, task.get_path().rpartition(":")[2]
    )


def result_text(result):
    task, shown = result._task, result._result
    hidden = ("delta", "start", "end", "invocation", "results", "include", "include_args", "exception", "diff", "src", "_ansible_delegated_vars")
    told = sorted((key, value) for key, value in shown.items() if key not in hidden)
    return "result of %s on %s for %r: no_log=%s delegate=%s ignore=%s register=%s changed=%s %s" % (
        result._host.get_name(), task.get_name(), result.task_name, task.no_log, task.delegate_to, task.ignore_errors, task.register,
        result.is_changed(), told
    )


def text(value):
    if hasattr(value, "task_name"):
        return result_text(value)
    if hasattr(value, "action"):
        return task_text(value)
    if hasattr(value, "strategy"):
        variables = value.get_variable_manager().get_vars(play=value)
        return "play %s hosts=%s strategy=%s vars=%s all=%s" % (value.get_name(), value.hosts, value.strategy, value.vars, variables["ansible_play_hosts_all"])
    if hasattr(value, "_file_name"):
        return "playbook " + value._file_name
    if hasattr(value, "processed"):
        return "stats %s %s" % (value.custom, {host: value.summarize(host) for host in sorted(value.processed)})
    if hasattr(value, "_filename"):
        return "included %s for %s" % (value._filename.rpartition("/")[2], value._hosts)
    if hasattr(value, "get_vars"):
        known = value.get_vars()
        return "host %s %s %s" % (value.get_name(), known["color"], [group.name for group in value.get_groups()])
    return repr(value)


class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "notification"
    CALLBACK_NAME = "tells"

    def set_play_context(self, context):
        self._display.display("tells: set_play_context %s %s" % (context.check_mode, context.diff))


def teller(name):
    def tell(self, *args, **kwargs):
        given = [text(one) for one in args] + ["%s=%r" % pair for pair in kwargs.items()]
        self._display.display("tells: %s %s" % (name, "; ".join(given)))

    return tell


for name in (
    "v2_playbook_on_start", "v2_playbook_on_play_start", "v2_playbook_on_task_start", "v2_playbook_on_handler_task_start", "v2_runner_on_start",
    "v2_runner_on_ok", "v2_runner_on_failed", "v2_runner_on_skipped", "v2_runner_item_on_ok", "v2_runner_item_on_failed", "v2_runner_item_on_skipped",
    "v2_runner_retry", "v2_playbook_on_include", "v2_playbook_on_no_hosts_matched", "v2_playbook_on_stats", "v2_on_file_diff",
):
    setattr(CallbackModule, name, teller(name))
