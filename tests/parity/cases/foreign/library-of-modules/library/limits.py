#!/usr/bin/python
from ansible.module_utils.basic import AnsibleModule
import resource
AnsibleModule({}).exit_json(limits=resource.getrlimit(resource.RLIMIT_NOFILE))
