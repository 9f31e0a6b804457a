from ansible.plugins.action import ActionBase


class ActionModule(ActionBase):
    """Stands before the module of its name."""

    def run(self, tmp=None, task_vars=None):
        result = super().run(tmp, task_vars)
        result.update(self._execute_module(task_vars=task_vars))
        result["before"] = True
        return result
