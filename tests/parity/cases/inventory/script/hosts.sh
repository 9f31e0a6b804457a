#!/bin/sh
if [ "$1" = --list ]; then
  echo '{"web": {"hosts": ["w1", "w2"], "vars": {"v": 1}}, "empty": {"children": ["web"]}, "plain": ["p1"],
         "_meta": {"hostvars": {"w1": {"n": 5}, "p1": {"n": "x"}}}}'
fi
