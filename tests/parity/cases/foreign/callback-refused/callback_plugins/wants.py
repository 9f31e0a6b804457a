DOCUMENTATION = """
name: wants
type: stdout
short_description: Wants
description: Wants.
options:
  must:
    description: What it must have.
    required: true
    type: int
    env: [{name: MUST}]
"""
from ansible.plugins.callback import CallbackBase


class CallbackModule(CallbackBase):
    CALLBACK_TYPE = "stdout"
    CALLBACK_NAME = "wants"

    def v2_runner_on_ok(self, result):
        self._display.display("%r %s" % (self.get_option("must"), self.has_option("must")))
        self._display.display("in one ", newline=False)
        self._display.display("line")
        self._display.display("on the other side", stderr=True)
