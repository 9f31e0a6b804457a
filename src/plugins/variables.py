"""Loads vars plugins and asks them for the variables of groups and hosts."""
import enum
import shutil

# What was loaded; windlass knows each by its place.
LOADED = []
# The plugin that reads `group_vars` and `host_vars`: windlass does it.
FILES = ("host_group_vars", "ansible.builtin.host_group_vars", "ansible.legacy.host_group_vars")
SAID = set()


def complain(kind, text):
    if text not in SAID:
        SAID.add(text)
        sys.stderr.write("[%s]: %s\n" % (kind, text))


class VarsDisplay(Display):
    def warning(self, msg, *args, **kwargs):
        complain("WARNING", msg)

    def deprecated(self, msg, version=None, removed=False, date=None, collection_name=None, help_text=None, **rest):
        if GIVEN["deprecations"]:
            complain("WARNING", "Deprecation warnings can be disabled by setting `deprecation_warnings=False` in ansible.cfg.")
            when = "from ansible-core version %s" % version if version else "in the future"
            complain("DEPRECATION WARNING", "%s This feature will be removed %s.%s" % (msg, when, " " + help_text if help_text else ""))


def trusted(value):
    if isinstance(value, dict):
        return {key: trusted(one) for key, one in value.items()}
    if isinstance(value, list):
        return [trusted(one) for one in value]
    return Trusted(value) if isinstance(value, str) else value


class StandInVarsPlugin:
    """Stands in for the class of which vars plugins are."""

    _load_name = _original_path = ansible_name = None

    def __init__(self):
        self._display = VarsDisplay()

    def get_vars(self, loader, path, entities):
        self._basedir = path if os.path.isdir(path) else os.path.dirname(path)

    @property
    def options(self):
        if "_options" not in vars(self):
            text = getattr(sys.modules[type(self).__module__], "DOCUMENTATION", None)
            known = options_of(text) if text else {}
            given = {name: typed_option(first_option(about or {}), (about or {}).get("type")) for name, about in known.items()}
            # The operator's settings and the documentation are trusted.
            self._options = trusted(given)
        return self._options

    def set_options(self, task_keys=None, var_options=None, direct=None):
        self.options.update(direct or {})

    def set_option(self, name, value):
        self.options[name] = value

    def get_option(self, name, hostvars=None):
        return self.options[name]

    def get_options(self, hostvars=None):
        return dict(self.options)

    def has_option(self, name):
        return name in self.options


class InventoryObjectType(enum.Enum):
    HOST = "host"
    GROUP = "group"


class Named:
    def __init__(self, name=None):
        self.name, self.vars = name, {}

    def get_name(self):
        return self.name

    def get_vars(self):
        return dict(self.vars)

    def __str__(self):
        return self.name

    __repr__ = __str__


class Group(Named):
    base_type = InventoryObjectType.GROUP

    def __init__(self, name=None):
        super().__init__(name)
        self.hosts, self.parent_groups, self.child_groups = [], [], []

    def get_hosts(self):
        return self.hosts


class Host(Named):
    base_type = InventoryObjectType.HOST

    def __init__(self, name=None, port=None, gen_uuid=True):
        super().__init__(name)
        self.address, self.groups = name, []

    def get_groups(self):
        return self.groups


class VarsLoader(Loader):
    """Reads files as windlass does."""

    def load(self, data, *args, **kwargs):
        return self.as_asked(document(to_text(data)), kwargs)

    def load_from_file(self, path, *args, **kwargs):
        if not self.path_exists(path):
            raise errors().AnsibleFileNotFound("Could not find or access '%s'" % path)
        return self.as_asked(unpack(ask(ask="file", path=self.path_dwim(path))["value"]) or {}, kwargs)

    @staticmethod
    def as_asked(value, options):
        return value if options.get("trusted_as_template") else as_written(value)

    def find_vars_files(self, path, name, extensions=None, allow_dir=True):
        folder = to_text(path)
        for end in extensions or ["", *GIVEN["settings"]["extensions"]]:
            found = os.path.join(folder, name + (end if not end or end.startswith(".") else "." + end))
            if os.path.isdir(found):
                return self.files_below(found, extensions) if allow_dir else []
            if os.path.exists(found):
                return [found]
        return []

    def files_below(self, folder, extensions):
        found = []
        for name in sorted(os.listdir(folder)):
            path, end = os.path.join(folder, name), os.path.splitext(name)[1]
            if name.startswith(".") or name.endswith("~"):
                continue
            if os.path.isdir(path):
                found.extend(self.files_below(path, extensions) if not end else [])
            elif end in (extensions or ["", *GIVEN["settings"]["extensions"]]):
                found.append(path)
        return found


def stand_in_for_vars():
    module("ansible.plugins.vars", BaseVarsPlugin=StandInVarsPlugin)
    module("ansible.inventory.host", Host=Host)
    module("ansible.inventory.group", Group=Group, InventoryObjectType=InventoryObjectType)
    module("ansible.parsing.dataloader", DataLoader=VarsLoader)
    module("ansible.utils.display", Display=VarsDisplay)
    module("ansible.constants", YAML_FILENAME_EXTENSIONS=GIVEN["settings"].get("extensions", []))
    module("ansible.utils.path", basedir=lambda path: path if os.path.isdir(path) else os.path.dirname(path), unfrackpath=os.path.realpath)
    module("ansible.module_utils.common.process", get_bin_path=shutil.which)


class ByCore:
    """Finds vars plugins as the installed ansible-core does."""

    def __init__(self, message):
        from ansible.plugins import loader

        ROOTS.extend(one for one in message["collections"] if one not in ROOTS)
        collections_package()
        self.loader = loader.vars_loader
        for folder in message["folders"]:
            if os.path.isdir(folder):
                self.loader.add_directory(folder)

    def unnamed(self):
        own = os.path.dirname(importlib.import_module("ansible.plugins.vars").__file__)
        for kind in self.loader.all(class_only=True):
            if os.path.dirname(kind._original_path) != own and not getattr(kind, "REQUIRES_ENABLED", False):
                yield self.loader.get(kind.ansible_name)

    def named(self, name):
        return self.loader.get(name)


class ByHand:
    """Finds vars plugins in folders and collections."""

    def __init__(self, message):
        self.folders = message["folders"]
        ROOTS.extend(one for one in message["collections"] if one not in ROOTS)
        collections_package()

    # What was read of a file, once for the run.
    found = {}

    def read(self, path, name, load_name, package=None):
        if path not in self.found:
            self.found[path] = None
            try:
                loaded = load_file(path, package)
            except Exception as error:
                complain("WARNING", "Skipping plugin (%s), cannot load: %s" % (path, error))
                return None
            kind = getattr(loaded, "VarsModule", None)
            if kind is None:
                text = "Skipping plugin (%s) as it seems to be invalid: module 'ansible.plugins.vars.%s' has no attribute 'VarsModule'"
                complain("WARNING", text % (path, name))
                return None
            kind._load_name, kind._original_path, kind.ansible_name = load_name, path, name
            self.found[path] = kind
        return self.found[path]

    def unnamed(self):
        seen = set()
        for folder in self.folders:
            for path in sources(folder):
                stem = os.path.splitext(os.path.basename(path))[0]
                if stem not in seen:
                    seen.add(stem)
                    kind = self.read(path, stem, stem)
                    if kind is not None and not getattr(kind, "REQUIRES_ENABLED", False):
                        yield kind()

    def named(self, name):
        parts = name.split(".")
        kind = None
        if len(parts) >= 3 and parts[:2] not in (["ansible", "legacy"], ["ansible", "builtin"]):
            for root in ROOTS:
                path = os.path.join(root, *parts[:2], "plugins", "vars", *parts[2:]) + ".py"
                if os.path.isfile(path):
                    package = "ansible_collections.%s.%s.plugins.vars" % tuple(parts[:2])
                    kind = self.read(path, name, package + "." + parts[-1], package)
                    break
        else:
            paths = [os.path.join(folder, parts[-1] + ".py") for folder in self.folders]
            path = next((path for path in paths if os.path.isfile(path)), None)
            kind = self.read(path, parts[-1], parts[-1]) if path else None
        return kind() if kind is not None else None


def stage_of(plugin):
    try:
        return plugin.get_option("stage")
    except (AttributeError, KeyError):
        return None


def load(message):
    """Returns the plugins in their order, each with its stage; nothing stands for the files."""
    GIVEN.update({key: message[key] for key in ("deprecations", "config_file", "settings")})
    if not INSTALLED:
        stand_in_for_vars()
    finder = (ByCore if INSTALLED else ByHand)(message)
    order, names = [], set()

    def take(plugin):
        if plugin is None or plugin._original_path in names:
            return
        names.add(plugin._original_path)
        if plugin.ansible_name.count(".") >= 2 and not plugin.ansible_name.startswith("ansible.") and hasattr(plugin, "REQUIRES_ENABLED"):
            text = "Vars plugins in collections must be enabled to be loaded, REQUIRES_ENABLED is not supported. This should be removed from the plugin %s."
            complain("WARNING", text % plugin.ansible_name)
        LOADED.append(plugin)
        order.append({"index": len(LOADED) - 1, "stage": stage_of(plugin)})

    for plugin in finder.unnamed():
        take(plugin)
    for name in message["enabled"]:
        if name in FILES:
            order.append(None)
        elif name:
            take(finder.named(name))
    return order


def named(kind, about):
    made = importlib.import_module("ansible.inventory." + kind)
    one = (made.Host if kind == "host" else made.Group)(about["name"])
    one.vars = as_written(unpack(about["vars"]))
    if kind == "host":
        group = importlib.import_module("ansible.inventory.group").Group
        one.groups = [group(name) for name in about["groups"]]
    return one


def data_loader(base):
    loader = importlib.import_module("ansible.parsing.dataloader").DataLoader
    if not INSTALLED:
        return loader(base)
    made = loader()
    made.set_basedir(base)
    return made


def variables(message):
    loader, given = data_loader(message["base"]), []
    for about in message["entities"]:
        one = named(message["kind"], about)
        given.append([told(given_by(LOADED[number], loader, message["path"], one, message["kind"])) for number in message["plugins"]])
    return given


def given_by(plugin, loader, path, entity, kind):
    try:
        found = plugin.get_vars(loader, path, [entity])
    except AttributeError:
        found = by_older(plugin, entity, kind)
    if not isinstance(found, dict):
        text = "failed to combine variables, expected dicts but got a 'dict' and a '%s'."
        raise errors().AnsibleError(text % type(found).__name__)
    return found


def by_older(plugin, entity, kind):
    path = plugin._original_path
    if hasattr(plugin, "get_host_vars") or hasattr(plugin, "get_group_vars"):
        text = "The vars plugin %s from %s is relying on the deprecated entrypoints `get_host_vars` and `get_group_vars`."
        instead = "This plugin should be updated to inherit from `BaseVarsPlugin` and define a `get_vars` method as the main entrypoint instead."
        VarsDisplay().deprecated(text % (plugin.ansible_name, path), version="2.20", help_text=instead)
    try:
        return dict(getattr(plugin, "get_%s_vars" % kind)(entity.name))
    except AttributeError:
        text = "Cannot use v1 type vars plugin %s from %s" if hasattr(plugin, "run") else "Invalid vars plugin %s from %s"
        raise errors().AnsibleError(text % (plugin._load_name, path)) from None


def told(value):
    """Returns a value for windlass: what may be evaluated and what a vault holds is marked."""
    if isinstance(value, dict):
        return {TAG: "dict", "v": [[told(key), told(one)] for key, one in value.items()]}
    if isinstance(value, (list, tuple, set)):
        return [told(one) for one in value]
    secret = getattr(value, "_ciphertext", None)
    if secret is not None:
        return {TAG: "vault", "v": str(secret)}
    if INSTALLED and isinstance(value, str):
        from ansible import template

        if getattr(template, "is_trusted_as_template", lambda text: False)(value):
            return {TAG: "template", "v": str(value)}
    return pack(value)


def serve(message):
    try:
        send({"value": load(message) if message["do"] == "load" else variables(message)})
    except Exception as error:
        names = {one.__name__ for one in type(error).__mro__}
        bug = "" if "AnsibleError" in names else "Unexpected Exception, this is probably a bug: "
        send({"error": bug + described(error), "parser": "AnsibleParserError" in names})


INSTALLED = installed("ansible") and installed("ansible.errors")
if not INSTALLED:
    stand_in()
while True:
    serve(receive())
