#!/usr/bin/python
# WANT_JSON
import json
import sys

with open(sys.argv[1]) as args:
    text = json.load(args)['text']
print(json.dumps({'changed': False, 'text': text.upper()}))
