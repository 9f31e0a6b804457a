#!/bin/sh
echo "args:$*" >&2
case "$2" in dev) echo pw1;; *) exit 2;; esac
