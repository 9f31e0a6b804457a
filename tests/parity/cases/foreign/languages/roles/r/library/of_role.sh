#!/bin/sh
# WANT_JSON
echo '{"changed": true, "from": "the role"}'
