DOCUMENTATION = """
name: broken
short_description: cannot be made
"""
from ansible.plugins.cache import BaseCacheModule


class CacheModule(BaseCacheModule):
    def __init__(self, *args, **kwargs):
        raise Exception("nobody answers")
