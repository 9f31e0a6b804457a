#!/bin/sh
# WANT_JSON
subset=$(sed -n 's/.*"gather_subset": "\([a-z]*\)".*/\1/p' "$1")
echo "{\"changed\": false, \"ansible_facts\": {\"subset\": \"${subset:-none}\"}}"
