from ansible.module_utils.nowhere4.a import x
