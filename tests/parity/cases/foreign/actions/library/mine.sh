#!/bin/sh
# WANT_JSON
echo '{"changed": true, "mine": "yes"}'
