DOCUMENTATION = """
name: short
type: stdout
short_description: Short
description: Short.
"""
from ansible.plugins.callback import CallbackBase


class CallbackModule(CallbackBase):
    CALLBACK_TYPE = "stdout"
    CALLBACK_NAME = "acme.tools.short"

    def v2_runner_on_ok(self, result):
        self._handle_warnings(result._result)
        self._clean_results(result._result, result._task.action)
        print("ok %s %s %s" % (self.host_label(result), result.task_name, self._dump_results({"msg": result._result.get("msg")})))

    def v2_runner_item_on_ok(self, result):
        print("item", self._get_item_label(result._result))

    def v2_runner_on_failed(self, result, ignore_errors=False):
        self._handle_exception(result._result)
        print("failed", result._result["msg"], ignore_errors)

    def v2_on_file_diff(self, result):
        print(self._get_diff(result._result.get("diff", [])))

    def v2_playbook_on_stats(self, stats):
        print("total", sum(stats.ok.values()), sum(stats.skipped.values()))
