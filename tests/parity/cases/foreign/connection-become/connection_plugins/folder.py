import os
import shutil
import subprocess

DOCUMENTATION = """
name: folder
short_description: commands in a folder of this machine
description: Runs commands in a folder of this machine.
author: nobody
options:
  folder:
    description: where commands run
    type: path
    default: .
    vars: [{name: folder_path}]
    env: [{name: FOLDER_PATH}]
    ini: [{section: folder, key: path}]
  greeting:
    description: what commands find in their environment
    default: hello
    vars: [{name: folder_greeting}]
    env: [{name: FOLDER_GREETING}]
    ini: [{section: folder, key: greeting}]
"""

from ansible.errors import AnsibleConnectionFailure
from ansible.plugins.connection import ConnectionBase


class Connection(ConnectionBase):
    transport = "folder"
    has_pipelining = True

    def _connect(self):
        folder = self.get_option("folder")
        if not os.path.isdir(folder):
            raise AnsibleConnectionFailure("there is no folder %s" % os.path.basename(folder))
        self._connected = True
        return self

    def exec_command(self, cmd, in_data=None, sudoable=True):
        super().exec_command(cmd, in_data=in_data, sudoable=sudoable)
        env = dict(os.environ, GREETING=self.get_option("greeting"))
        done = subprocess.run(
            cmd, shell=True, input=in_data or b"", capture_output=True, cwd=self.get_option("folder"), env=env
        )
        return done.returncode, done.stdout, done.stderr

    def put_file(self, in_path, out_path):
        super().put_file(in_path, out_path)
        shutil.copyfile(in_path, out_path)

    def fetch_file(self, in_path, out_path):
        super().fetch_file(in_path, out_path)
        shutil.copyfile(in_path, out_path)

    def reset(self):
        self.close()

    def close(self):
        self._connected = False
