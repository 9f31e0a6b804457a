#!/usr/bin/python
from ..module_utils.answer import answer
from ansible.module_utils.basic import AnsibleModule

def main():
    module = AnsibleModule({})
    module.exit_json(answer=answer(), name=__name__)

main()
