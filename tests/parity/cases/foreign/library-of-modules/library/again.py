#!/usr/bin/python
from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.common.respawn import has_respawned, respawn_module
import sys

def main():
    module = AnsibleModule({'twice': {'type': 'bool'}})
    if module.params['twice'] or not has_respawned():
        respawn_module(sys.executable)
    module.exit_json(respawned=has_respawned())

main()
