#!/usr/bin/python
from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.mine import greet


def main():
    module = AnsibleModule(
        argument_spec=dict(name=dict(type="str", required=True), state=dict(choices=["on", "off"], default="on")),
        supports_check_mode=True,
    )
    if module.params["name"] == "bad":
        module.fail_json(msg="bad name", given=module.params)
    module.exit_json(changed=not module.check_mode, text=greet(module.params["name"]), state=module.params["state"])


if __name__ == "__main__":
    main()
