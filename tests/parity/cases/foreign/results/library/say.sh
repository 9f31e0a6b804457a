#!/bin/bash
# Prints what the file says that is named.
. "$1"
. "$file"
