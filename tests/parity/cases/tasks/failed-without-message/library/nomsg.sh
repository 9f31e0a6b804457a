#!/bin/sh
echo '{"failed": true, "changed": false, "x": 1}'
