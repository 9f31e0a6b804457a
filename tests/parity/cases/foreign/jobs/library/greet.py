#!/usr/bin/python
# Says hello, unless nobody is there.
from ansible.module_utils.basic import AnsibleModule


def main():
    module = AnsibleModule(argument_spec={"name": {"type": "str", "required": True}})
    name = module.params["name"]
    if name == "nobody":
        module.fail_json(msg="nobody is there")
    module.exit_json(changed=False, msg="hello " + name)


if __name__ == "__main__":
    main()
