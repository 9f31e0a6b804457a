#!/bin/sh
cat <<'X'
{"_meta": []}
X
