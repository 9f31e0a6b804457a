import os

from ansible.inventory.group import Group
from ansible.inventory.host import Host
from ansible.plugins.vars import BaseVarsPlugin


class VarsModule(BaseVarsPlugin):
    def get_vars(self, loader, path, entities, cache=True):
        super().get_vars(loader, path, entities)
        beside = os.path.basename(path)
        found = {}
        for entity in entities:
            if isinstance(entity, Host):
                groups = sorted(group.name for group in entity.get_groups())
                found["host_%s" % beside.replace("-", "_")] = {"name": entity.name, "groups": groups}
            elif isinstance(entity, Group) and entity.name == "web":
                found.update(who="plugin of web", told="plugin of web", kept={"a": ["{{ 1 + 1 }}", 2.5, None, True]})
        return found
