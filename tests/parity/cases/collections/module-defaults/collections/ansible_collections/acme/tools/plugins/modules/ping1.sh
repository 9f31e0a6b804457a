#!/bin/sh
# WANT_JSON
printf "{\"changed\": false, \"got\": %s}" "$(cat $1)"
