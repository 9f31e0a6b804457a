#!/bin/sh
cat <<'END'
{"changed": false, "args": <<INCLUDE_ANSIBLE_MODULE_JSON_ARGS>>}
END
