"""commands.yml as pyinfra would have it."""

from pyinfra.operations import server

COMMANDS = ["uptime", "id", "uname -a", "cat /etc/os-release", "ls /etc", "df /", "hostname", "date",
            "stat /etc/passwd", "echo done"]
for number, command in enumerate(COMMANDS, 1):
    server.shell(name=str(number), commands=[command])
