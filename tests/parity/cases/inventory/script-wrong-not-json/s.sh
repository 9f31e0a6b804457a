#!/bin/sh
cat <<'X'
not json
X
