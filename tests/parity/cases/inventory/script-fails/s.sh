#!/bin/sh
echo oh no >&2
exit 3
