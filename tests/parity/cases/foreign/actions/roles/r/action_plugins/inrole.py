from ansible.plugins.action import ActionBase


class ActionModule(ActionBase):
    def run(self, tmp=None, task_vars=None):
        result = super(ActionModule, self).run(tmp, task_vars)
        result["role"] = self._task._role.get_name() if self._task._role else None
        result["path"] = task_vars["role_path"].split("/")[-1]
        return result
