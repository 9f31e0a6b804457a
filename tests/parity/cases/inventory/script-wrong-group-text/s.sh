#!/bin/sh
cat <<'X'
{"g": "a", "_meta": {}}
X
