#!/usr/bin/python
from ansible.module_utils.basic import AnsibleModule
def main():
    m = AnsibleModule({'how': {}})
    try:
        try:
            {}['x']
        except KeyError as e:
            if m.params['how'] == 'from':
                raise ValueError('value') from e
            elif m.params['how'] == 'deep':
                raise ValueError('value: other') from ImportError('deeper')
            raise Exception('in while')
    finally:
        pass
main()
