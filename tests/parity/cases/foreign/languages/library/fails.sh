#!/bin/sh
echo '{"failed": true, "msg": "it cannot", "detail": [1, 2]}'
exit 1
