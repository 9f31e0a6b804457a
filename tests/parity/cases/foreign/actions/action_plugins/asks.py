import os

from ansible.plugins.action import ActionBase
from ansible.utils.vars import merge_hash


class ActionModule(ActionBase):
    """Asks for everything that an action can ask for."""

    TRANSFERS_FILES = True
    _supports_async = True

    def run(self, tmp=None, task_vars=None):
        result = super().run(tmp, task_vars)
        what = self._task.args.get("what")
        return merge_hash(result, getattr(self, what)(task_vars))

    def module(self, variables):
        done = self._execute_module(module_name="command", module_args={"_raw_params": "echo hi"}, task_vars=variables)
        return {"out": done["stdout"], "lines": done["stdout_lines"], "changed": done["changed"]}

    def failing(self, variables):
        done = self._execute_module("ansible.legacy.command", {"_raw_params": "false"}, task_vars=variables)
        return {key: done[key] for key in ("failed", "rc", "msg", "changed", "_ansible_parsed") if key in done}

    def missing(self, variables):
        return self._execute_module(module_name="nonesuch", module_args={}, task_vars=variables)

    def own(self, variables):
        return self._execute_module(module_name="mine", module_args={"a": "b"}, task_vars=variables)

    def holds(self, variables):
        from ansible.template import trust_as_template

        def holds(condition):
            return self._templar.evaluate_conditional(trust_as_template(condition))

        value = self._templar.evaluate_expression(trust_as_template("[who, 1 + 1]"))
        return {"holds": [holds("who == 'you'"), holds("1 > 2"), self._templar.evaluate_conditional(True)], "value": value}

    def later(self, variables):
        started = self._execute_module("command", {"_raw_params": "echo late"}, task_vars=variables, wrap_async=True)
        holds = [self._templar.evaluate_conditional(one) for one in self._task.args.get("that", [])]
        return {"holds": holds, "async": self._task.async_val, "poll": self._task.poll, "job": "ansible_job_id" in started}

    def low(self, variables):
        return {"low": self._low_level_execute_command("echo out; echo err >&2; exit 3")}

    def copy(self, variables):
        task = self._task.copy()
        task.args = {"content": "hello\n", "dest": self._task.args["dest"]}
        other = self._shared_loader_obj.action_loader.get(
            "ansible.builtin.copy",
            task=task,
            connection=self._connection,
            play_context=self._play_context,
            loader=self._loader,
            templar=self._templar,
            shared_loader_obj=self._shared_loader_obj,
        )
        done = other.run(task_vars=variables)
        return {key: done[key] for key in ("changed", "dest", "size", "checksum")}

    def transfer(self, variables):
        self._make_tmp_path()
        path = self._connection._shell.join_path(self._connection._shell.tmpdir, "x")
        self._transfer_data(path, "data here")
        found = {
            "cat": self._low_level_execute_command("cat " + path)["stdout"],
            "size": self._execute_remote_stat(path, all_vars=variables, follow=False)["size"],
            "is_there": self._remote_file_exists(path),
        }
        self._remove_tmp_path(self._connection._shell.tmpdir)
        return dict(found, is_gone=not self._remote_file_exists(path))

    def names(self, variables):
        return {
            "greeting": self._templar.template(variables.get("greeting")),
            "host": variables["inventory_hostname"],
            "has": ["greeting" in variables, "nothing" in variables],
            "args": dict(self._task.args),
            "name": self._task.get_name(),
            "action": self._task.action,
            "check": [self._task.check_mode, self._play_context.check_mode, self._play_context.diff],
            "transport": self._connection.transport,
        }

    def lookup(self, variables):
        lookup = self._shared_loader_obj.lookup_loader.get("dict", loader=self._loader, templar=self._templar)
        return {"found": lookup.run([{"a": 1}], variables=variables)}

    def needle(self, variables):
        with open(self._find_needle("files", "n.txt")) as file:
            return {"name": os.path.basename(file.name), "content": file.read()}

    def spec(self, variables):
        spec = {"what": {"type": "str"}, "n": {"type": "int", "required": True}, "l": {"type": "list", "default": ["a"]}}
        return {"new": self.validate_argument_spec(argument_spec=spec)[1]}
