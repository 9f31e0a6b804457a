#!/bin/sh
cat <<'X'
{"g": {"children": "x"}, "_meta": {}}
X
