#!/bin/sh
echo no result; echo an error >&2; exit 3
