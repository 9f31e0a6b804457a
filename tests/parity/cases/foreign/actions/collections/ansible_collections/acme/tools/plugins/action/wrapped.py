from ansible.plugins.action import ActionBase


class ActionModule(ActionBase):
    """Prepares the arguments of the module of its name."""

    def run(self, tmp=None, task_vars=None):
        super().run(tmp, task_vars)
        args = dict(self._task.args, added="by the action")
        return self._execute_module(module_name="acme.tools.wrapped", module_args=args, task_vars=task_vars)
