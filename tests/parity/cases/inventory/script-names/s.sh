#!/bin/sh
cat <<'X'
{"a-b": ["h-1", "h 2", "10.0.0.1", "x:22", "w[1:2]"], "all": ["q"], "ungrouped": ["r"], "_meta": {"hostvars": {"q": {"ansible_host": "1.1.1.1"}}}}
X
