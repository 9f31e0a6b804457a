from ansible.errors import AnsibleActionFail, AnsibleActionSkip, AnsibleError
from ansible.plugins.action import ActionBase


class ActionModule(ActionBase):
    """Ends in every way in which an action can."""

    def run(self, tmp=None, task_vars=None):
        result = super().run(tmp, task_vars)
        way = self._task.args["way"]
        if way == "fail":
            raise AnsibleActionFail("I cannot", result={"extra": 1})
        if way == "error":
            raise AnsibleError("an error")
        if way == "bug":
            return {}["x"]
        if way == "skip":
            raise AnsibleActionSkip("not today")
        if way == "none":
            return None
        if way == "failed":
            result.update(failed=True, msg="it failed")
        if way == "facts":
            result.update(changed=True, ansible_facts={"given": 1})
        return result
