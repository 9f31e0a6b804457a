DOCUMENTATION = """
name: once
short_description: Is asked once.
description: Is asked once.
extends_documentation_fragment: [vars_plugin_staging]
options:
  stage:
    default: inventory
    env: [{name: ONCE_STAGE}]
"""
from ansible.plugins.vars import BaseVarsPlugin


class VarsModule(BaseVarsPlugin):
    def get_vars(self, loader, path, entities, cache=True):
        return {"once": entities[0].name, "stage": self.get_option("stage")} if entities[0].name in ("all", "two") else {}
