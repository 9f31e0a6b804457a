#!/usr/bin/python
from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.datatag import deprecate_value

METADATA = """
schema_version: 1
serialization_profile: modern
"""

def main():
    module = AnsibleModule({'kind': {}})
    module.exit_json(old=deprecate_value('a text', 'This is old.', version='9.9'), deep=[deprecate_value({'a': 1}, 'Old dict.', date='2050-01-01')], plain='x', bytes=b'abc', when=__import__('datetime').date(2020, 1, 2), tup=(1, 2), st={1})
main()
