"""loop.yml as pyinfra would have it."""

from io import StringIO

from pyinfra import host
from pyinfra.operations import files

for number in range(100):
    files.put(name=f"Small file {number}", src=StringIO(f"file {number} of {host.name}\n"),
              dest=f"/var/tmp/bench-loop-{number}", mode="644")
