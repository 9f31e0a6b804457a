#!/bin/sh
# WANT_JSON
sed 's/.*"name": *"\([^"]*\)".*/{"changed": true, "told": "\1"}/' "$1"
