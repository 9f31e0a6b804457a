#!/usr/bin/python
from ansible.module_utils.basic import AnsibleModule
import ansible.module_utils.nowhere2
try:
    from ansible.module_utils.nowhere3 import x
except ImportError:
    x = 1
AnsibleModule({}).exit_json()
