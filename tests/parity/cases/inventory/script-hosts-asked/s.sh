#!/bin/sh
if [ "$1" = --list ]; then echo '{"g": ["a", "b", "c"]}'; elif [ "$2" = a ]; then echo '{"v": 1}'; elif [ "$2" = b ]; then echo; else echo '{}'; fi
