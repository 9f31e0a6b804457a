#!/bin/sh
printf "<%s>" "$@"
