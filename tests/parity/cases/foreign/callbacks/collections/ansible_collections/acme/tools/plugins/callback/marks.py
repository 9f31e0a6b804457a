DOCUMENTATION = """
name: marks
type: notification
short_description: Marks
description: Marks.
extends_documentation_fragment: acme.tools.marked
options:
  times:
    description: How many.
    type: int
    default: 1
    ini: [{section: callback_marks, key: times}]
  shown:
    description: Whether to mark.
    type: bool
    default: "yes"
"""
from ansible.plugins.callback import CallbackBase


class CallbackModule(CallbackBase):
    CALLBACK_NEEDS_ENABLED = True
    CALLBACK_NAME = "acme.tools.marks"

    def v2_runner_on_ok(self, result):
        if self.get_option("shown") is True:
            self._display.display(self.get_option("mark") * self.get_option("times"))
