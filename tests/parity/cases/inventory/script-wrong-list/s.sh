#!/bin/sh
cat <<'X'
[1, 2]
X
