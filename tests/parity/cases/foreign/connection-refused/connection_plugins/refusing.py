DOCUMENTATION = """
name: refusing
short_description: fails
description: Fails.
author: nobody
options:
  when:
    description: when it fails
    vars: [{name: fails_when}]
    required: true
"""

from ansible.errors import AnsibleConnectionFailure, AnsibleError
from ansible.plugins.connection import ConnectionBase


class Connection(ConnectionBase):
    transport = "refusing"

    def _connect(self):
        if self.get_option("when") == "connect":
            raise AnsibleConnectionFailure("not {{ now }}")
        return self

    def exec_command(self, cmd, in_data=None, sudoable=True):
        super().exec_command(cmd, in_data=in_data, sudoable=sudoable)
        if self.get_option("when") == "run":
            raise AnsibleError("no {{ commands }}")
        return 0, cmd.encode(), b"from nowhere"

    def put_file(self, in_path, out_path):
        pass

    def fetch_file(self, in_path, out_path):
        pass

    def close(self):
        pass
