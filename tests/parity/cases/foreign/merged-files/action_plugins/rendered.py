# Renders a text of the operator and hands it on to `copy`, whose result it adds to.
from ansible.plugins.action import ActionBase
from ansible.template import trust_as_template


class ActionModule(ActionBase):
    def run(self, tmp=None, task_vars=None):
        result = super().run(tmp, task_vars)
        text = self._templar.copy_with_new_env().template(trust_as_template("name: {{ " + self._task.args["of"] + " }}\n"))
        task = self._task.copy()
        task.args = {"content": text, "dest": self._task.args["dest"]}
        copy = self._shared_loader_obj.action_loader.get(
            "copy", task=task, connection=self._connection, play_context=self._play_context,
            loader=self._loader, templar=self._templar, shared_loader_obj=self._shared_loader_obj)
        copied = copy.run(task_vars=task_vars)
        copied["invocation"]["module_args"].update({"of": self._task.args["of"]})
        result.update(copied)
        return result
