DOCUMENTATION = """
name: files
short_description: a file a host
options:
  _uri:
    description: the folder
    required: true
    type: path
    env: [{name: ANSIBLE_CACHE_PLUGIN_CONNECTION}]
  _prefix:
    description: what names of files begin with
    default: facts_
    env: [{name: ANSIBLE_FILES_PREFIX}]
  _timeout:
    description: how long facts hold
    default: 3600
    type: integer
"""
import pickle

from ansible.plugins.cache import BaseFileCacheModule


class CacheModule(BaseFileCacheModule):
    def _load(self, filepath):
        with open(filepath, "rb") as file:
            return pickle.load(file)

    def _dump(self, value, filepath):
        with open(filepath, "wb") as file:
            pickle.dump(value, file)
