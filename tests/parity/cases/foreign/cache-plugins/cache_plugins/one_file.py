DOCUMENTATION = """
name: one_file
short_description: all hosts in one file
options:
  _uri:
    description: the folder
    required: true
    type: path
    env: [{name: ANSIBLE_CACHE_PLUGIN_CONNECTION}]
"""
import json
import os

from ansible.plugins.cache import BaseCacheModule


class CacheModule(BaseCacheModule):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        os.makedirs(self.get_option("_uri"), exist_ok=True)
        self.path = os.path.join(self.get_option("_uri"), "all.json")

    def everything(self):
        if not os.path.exists(self.path):
            return {}
        with open(self.path) as file:
            return json.load(file)

    def keep(self, everything):
        with open(self.path, "w") as file:
            json.dump(everything, file)

    def get(self, key):
        return self.everything()[key]

    def set(self, key, value):
        self.keep({**self.everything(), key: value})

    def keys(self):
        return list(self.everything())

    def contains(self, key):
        return key in self.everything()

    def delete(self, key):
        everything = self.everything()
        del everything[key]
        self.keep(everything)

    def flush(self):
        self.keep({})
