#!/bin/sh
echo "got $# $1 $2"
test "$1" != fail
