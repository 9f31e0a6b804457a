#!/bin/sh
cat <<'X'
"x"
X
