"""trees.yml as pyinfra would have it."""

import os

from pyinfra.operations import files

trees = os.environ["BENCH_TREES"]
files.sync(name="The folder", src=f"{trees}/tree", dest="/var/tmp/bench-tree", mode="644", dir_mode="755")
files.put(name="The large file", src=f"{trees}/large", dest="/var/tmp/bench-large", mode="644")
