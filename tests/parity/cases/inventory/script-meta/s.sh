#!/bin/sh
cat <<'X'
{"g": {"hosts": ["a", "b"], "vars": {"v": 1, "t": "{{ x }}"}, "children": ["k"]}, "k": ["c"], "_meta": {"hostvars": {"a": {"x": [1, null, true], "u": {"__ansible_unsafe": "{{ y }}"}}, "zzz": {"y": 1}}}, "empty": {}, "all": {"vars": {"w": 2}}}
X
