import json

from ansible.plugins.callback import CallbackBase


class CallbackModule(CallbackBase):
    """Keeps what happened in a file."""

    CALLBACK_NEEDS_ENABLED = True

    def v2_playbook_on_start(self, playbook):
        self.events = []

    def v2_runner_on_ok(self, result):
        self.events.append([result._host.name, result.task_name, self._clean(result)])

    def _clean(self, result):
        shown = dict(result._result)
        self._clean_results(shown, result._task.action)
        return self._dump_results({key: shown[key] for key in shown if key in ("msg", "rc", "changed", "censored", "ping")})

    def v2_playbook_on_stats(self, stats):
        with open("scratch/events.json", "w") as file:
            json.dump(self.events, file, indent=1)
            file.write("\n")
