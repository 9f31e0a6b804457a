from ansible.errors import AnsibleError
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

display = Display()


class ActionModule(ActionBase):
    def run(self, tmp=None, task_vars=None):
        result = super().run(tmp, task_vars)
        display.warning("beware of %s" % self._task.args.get("what"))
        display.deprecated("old thing", version="9.9", collection_name="my.coll")
        if self._task.args.get("fail"):
            raise AnsibleError("it went wrong")
        result["given"] = self._task.args.get("what")
        return result
