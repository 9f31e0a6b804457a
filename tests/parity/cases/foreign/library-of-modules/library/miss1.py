#!/usr/bin/python
from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils import nowhere
AnsibleModule({}).exit_json()
