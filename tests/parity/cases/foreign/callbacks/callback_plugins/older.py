from ansible.plugins.callback import CallbackBase


class CallbackModule(CallbackBase):
    CALLBACK_NEEDS_WHITELIST = False

    def playbook_on_play_start(self, name):
        print("older: play", name)

    def playbook_on_task_start(self, name, is_conditional):
        print("older: task %r %s" % (name, is_conditional))

    def runner_on_failed(self, host, res, ignore_errors=False):
        print("older: failed", host, res.get("rc"), ignore_errors)

    def runner_on_unreachable(self, host, res):
        print("older: unreachable", host, res["msg"])
