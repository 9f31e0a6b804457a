#!/bin/sh
for f in 0 1 2; do if test -t $f; then echo "fd $f tty"; else echo "fd $f no"; fi; done
echo out1; echo err1 >&2; echo out2; echo "arg:$1:$2:"; echo "F=$FOO P=$(pwd)" ; id -un; [ "$1" = fail ] && exit 3
printf 'no newline'
