DOCUMENTATION = """
name: words
short_description: Says a word.
description: Says a word.
extends_documentation_fragment: [acme.tools.worded]
options:
  times:
    description: How often.
    type: int
    default: "2"
"""
from ansible.plugins.vars import BaseVarsPlugin


class VarsModule(BaseVarsPlugin):
    REQUIRES_ENABLED = True

    def get_vars(self, loader, path, entities, cache=True):
        return {"words": [self.get_option("word")] * self.get_option("times"), "who": "a word"}
