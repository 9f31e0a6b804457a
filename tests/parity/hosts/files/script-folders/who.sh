#!/bin/sh
echo "$(pwd) $*"
