#!/bin/sh
. $1
[ $n = 2 ] && echo '{"failed": true, "msg": "two", "ansible_facts": {"f2": 2}}' || echo "{\"ansible_facts\": {\"f$n\": $n}}"
