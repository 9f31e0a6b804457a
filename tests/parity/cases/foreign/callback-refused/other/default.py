from ansible.plugins.callback import CallbackBase


class CallbackModule(CallbackBase):
    CALLBACK_TYPE = "stdout"

    def v2_runner_on_ok(self, result):
        print("another default")
