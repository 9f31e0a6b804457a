"""The lab's hosts, as `bench` hands them over in BENCH_HOSTS."""

import json
import os

hosts = [(host["name"], {key: value for key, value in host.items() if key != "name"})
         for host in json.loads(os.environ["BENCH_HOSTS"])]
