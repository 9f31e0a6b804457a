"""Shows a run as the default does, but for two things."""
DOCUMENTATION = """
name: lines
type: stdout
short_description: Lines
description: Lines.
extends_documentation_fragment: [default_callback, result_format_callback]
options:
  mark:
    description: What stands before a line.
    type: str
    default: "-"
    env: [{name: LINES_MARK}]
"""
import os

from ansible.plugins.callback.default import CallbackModule as Default


class CallbackModule(Default):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "stdout"
    CALLBACK_NAME = "lines"

    def v2_playbook_on_play_start(self, play):
        super().v2_playbook_on_play_start(play)
        self._display.display("%s play %s" % (self.get_option("mark"), play.get_name()))

    def v2_runner_on_ok(self, result):
        if result._task.action == "ping":
            self._display.display("%s %s is there" % (self.get_option("mark"), result._host), color="green")
        else:
            super().v2_runner_on_ok(result)
