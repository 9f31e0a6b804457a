#!/bin/sh
. "$1"
echo "a warning before the result"
printf '{"changed": false, "name": "%s", "spaced": "%s"}' "$name" "$spaced"
