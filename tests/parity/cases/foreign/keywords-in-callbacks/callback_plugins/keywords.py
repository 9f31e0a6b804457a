from ansible.plugins.callback import CallbackBase

PLAYS = "connection become check_mode diff"
TASKS = "connection become diff any_errors_fatal throttle timeout module_defaults"
LOOPS = "loop_var index_var label extended extended_allitems"


class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "notification"
    CALLBACK_NAME = "keywords"

    def show(self, what, names):
        self._display.display(", ".join("%s=%r" % (name, getattr(what, name)) for name in names.split()))

    def v2_playbook_on_vars_prompt(self, *asked, **named):
        self._display.display("asks %r %r" % (asked, named))

    def v2_playbook_on_play_start(self, play):
        self.show(play, PLAYS)

    def v2_playbook_on_task_start(self, task, is_conditional):
        self.show(task, TASKS)
        self.show(task.loop_control, LOOPS)
