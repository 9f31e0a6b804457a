from ansible.plugins.callback import CallbackBase


class CallbackModule(CallbackBase):
    def v2_runner_on_ok(self, result):
        raise ValueError("cannot say that")

    def v2_playbook_on_stats(self, stats):
        self._display.warning("over, and said once")
        self._display.warning("over, and said once")
        self._display.banner("the end")
        print("printed")
        self._display.v("only with -v")
