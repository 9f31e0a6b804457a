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

try:
    from ansible.template import trust_as_template as trusted
except ImportError:
    trusted = str


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


def given(value):
    """Returns a value of what other sources said."""
    if isinstance(value, dict):
        text = value.get("__windlass_template")
        return trusted(text) if text is not None else {name: given(one) for name, one in value.items()}
    return [given(one) for one in value] if isinstance(value, list) else value


def shown(manager):
    """Returns groups, as an executable source prints them, and the variables of hosts."""
    groups = {}
    for name, group in manager.groups.items():
        of_group = variables(group)
        if getattr(group, "priority", 1) != 1:
            of_group["ansible_group_priority"] = group.priority
        children = [child.name for child in group.child_groups]
        groups[name] = {"hosts": [host.name for host in group.hosts], "vars": of_group, "children": children}
    grouped = {host for group in groups.values() for host in group["hosts"]}
    groups["ungrouped"]["hosts"] += [name for name in manager.hosts if name not in grouped]
    hosts = {name: variables(host, ("inventory_file", "inventory_dir")) for name, host in manager.hosts.items()}
    return groups, hosts


def begin(inventory, known):
    """Tells an inventory what other sources said."""
    for name, group in known["groups"].items():
        inventory.add_group(name)
        for host in group["hosts"]:
            inventory.add_host(host, group=name)
        for variable, value in group["vars"].items():
            inventory.set_variable(name, variable, given(value))
    for name, group in known["groups"].items():
        for child in group["children"]:
            inventory.add_child(name, child)
    for name, of_host in known["hosts"].items():
        inventory.add_host(name)
        for variable, value in of_host.items():
            inventory.set_variable(name, variable, given(value))


def added(before, after):
    """Leaves out what other sources said already."""
    (had_groups, had_hosts), (groups, hosts) = before, after

    def new(had, have):
        return {name: value for name, value in have.items() if name not in had or had[name] != value}

    found = {}
    for name, group in groups.items():
        had = had_groups.get(name, {"hosts": [], "children": [], "vars": {}})
        more = {kind: [one for one in group[kind] if one not in had[kind]] for kind in ("hosts", "children")}
        more["vars"] = new(had["vars"], group["vars"])
        if name not in had_groups or any(more.values()):
            found[name] = more
    hosts = {name: new(had_hosts.get(name, {}), of_host) for name, of_host in hosts.items()}
    # Variables count for hosts that a group names.
    named = {host for group in found.values() for host in group["hosts"]}
    for name, group in groups.items():
        for host in group["hosts"]:
            if host not in named and hosts[host]:
                nothing = {"hosts": [], "children": [], "vars": {}}
                found.setdefault(name, nothing)["hosts"].append(host)
                named.add(host)
    return found, hosts


init_plugin_loader()
for folder in [os.getcwd(), *map(os.path.dirname, sys.argv[2:])]:
    add_all_plugin_dirs(folder)
manager = InventoryManager(loader=DataLoader(), sources=None, parse=False)
known = sys.stdin.read()
before = ({}, {})
if known:
    begin(manager._inventory, json.loads(known))
    before = shown(manager)
if not manager.parse_source(sys.argv[1], cache=True):
    sys.exit(4)
found, hosts = added(before, shown(manager))
json.dump({**found, "_meta": {"hostvars": hosts}}, out)
