#!/usr/bin/python
from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.uses import a
AnsibleModule({}).exit_json()
