"""Reads an inventory source by a plugin of the installed ansible-core, and prints what an executable source would."""
import json
import os
import sys

out = os.fdopen(os.dup(1), "w")
# What plugins print is no inventory.
os.dup2(2, 1)
try:
    from ansible.inventory.manager import InventoryManager
    from ansible.parsing.dataloader import DataLoader
    from ansible.plugins.loader import add_all_plugin_dirs, init_plugin_loader
except ImportError:
    sys.exit(3)
try:
    from ansible.template import is_trusted_as_template
except ImportError:

    def is_trusted_as_template(text):
        return True


def plain(value):
    """Returns a value as JSON has it: texts that nobody may evaluate are marked, and so is what a vault holds."""
    if value is None or isinstance(value, (bool, int, float)):
        return value
    secret = getattr(value, "_ciphertext", None)
    if secret is not None:
        return {"__ansible_vault": str(secret)}
    if isinstance(value, str):
        return str(value) if is_trusted_as_template(value) else {"__ansible_unsafe": str(value)}
    if isinstance(value, dict):
        return {str(key): plain(one) for key, one in value.items()}
    if isinstance(value, (list, tuple, set)):
        return [plain(one) for one in value]
    return str(value)


def variables(entity, dropped=()):
    return {name: plain(value) for name, value in entity.vars.items() if name not in dropped}


init_plugin_loader()
add_all_plugin_dirs(os.getcwd())
manager = InventoryManager(loader=DataLoader(), sources=None, parse=False)
if not manager.parse_source(sys.argv[1], cache=True):
    sys.exit(4)
found = {}
for name, group in manager.groups.items():
    of_group = variables(group)
    if getattr(group, "priority", 1) != 1:
        of_group["ansible_group_priority"] = group.priority
    children = [child.name for child in group.child_groups]
    found[name] = {"hosts": [host.name for host in group.hosts], "vars": of_group, "children": children}
known = {host for group in found.values() for host in group["hosts"]}
found["ungrouped"]["hosts"] += [name for name in manager.hosts if name not in known]
hosts = {name: variables(host, ("inventory_file", "inventory_dir")) for name, host in manager.hosts.items()}
json.dump({**found, "_meta": {"hostvars": hosts}}, out)
