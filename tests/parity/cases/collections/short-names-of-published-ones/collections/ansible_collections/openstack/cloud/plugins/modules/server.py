#!/usr/bin/python3
# WANT_JSON
print('{"changed": true, "said": "a server"}')
