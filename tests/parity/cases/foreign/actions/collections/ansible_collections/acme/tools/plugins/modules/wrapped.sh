#!/bin/sh
# WANT_JSON
grep -q '"added": *"by the action"' "$1" && echo '{"changed": true, "told": true}' || echo '{"failed": true, "msg": "not told"}'
