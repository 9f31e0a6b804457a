#!/usr/bin/python
from ansible.module_utils.basic import AnsibleModule
try:
    from ansible.module_utils.nowhere3 import x
except ImportError:
    x = 1
AnsibleModule({}).exit_json(x=x)
