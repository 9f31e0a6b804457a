from ansible.plugins.callback import CallbackBase


class CallbackModule(CallbackBase):
    def __init__(self):
        super().__init__()
        self.seen = 0

    def v2_on_any(self, *args, **kwargs):
        self.seen += 1

    def v2_playbook_on_no_hosts_matched(self):
        print("any:", "saw some" if self.seen else "saw nothing")
        self.disabled = True
