#!/bin/sh
cat <<'X'
{"list": ["a"], "hostname": {"x": 1}, "novars": {"hosts": []}, "null": null, "_meta": {"hostvars": {}}}
X
