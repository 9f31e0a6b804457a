from ansible.plugins.callback import CallbackBase


class CallbackModule(CallbackBase):
    def v2_playbook_on_start(self, playbook):
        print("inrole: start")
