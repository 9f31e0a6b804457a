#!/bin/sh
cat <<'X'
{"a": {"hosts": ["h"], "vars": {"ansible_group_priority": 7, "v": "a"}}, "b": {"hosts": ["h"], "vars": {"v": "b"}}, "_meta": {"hostvars": {}}}
X
