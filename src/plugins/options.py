"""Finds the options of plugins, as their documentation has them."""
import configparser

# What the operator's settings and the command line say.
GIVEN = {"settings": {}, "arguments": {}, "verbosity": 0, "colored": False, "colors": [], "columns": 79, "deprecations": True, "config_file": None}


def told_text(value):
    """Returns the text of a template of the playbook, which callbacks see as it is written."""
    return str(value) if isinstance(value, Trusted) else value


def as_written(value):
    if isinstance(value, list):
        return [as_written(one) for one in value]
    if isinstance(value, dict):
        return {told_text(key): as_written(one) for key, one in value.items()}
    return told_text(value)


def first_option(about):
    """Returns the value that the operator gives an option of a plugin, with its default behind it."""
    found = about.get("default")
    ini = configparser.RawConfigParser(strict=False, inline_comment_prefixes=(";",))
    if about.get("ini") and GIVEN["config_file"]:
        ini.read(GIVEN["config_file"])
    for place in about.get("ini") or []:
        if ini.has_option(place["section"], place["key"]):
            found = ini.get(place["section"], place["key"])
    for place in about.get("env") or []:
        found = os.environ.get(place["name"], found)
    return found


def typed_option(value, kind):
    if value is None:
        return None
    if kind in ("bool", "boolean"):
        return boolean(value, strict=False)
    if kind in ("int", "integer"):
        return int(value)
    if kind == "float":
        return float(value)
    if kind == "list" and isinstance(value, str):
        return [one.strip() for one in value.split(",")]
    if kind in ("path", "tmppath"):
        path = os.path.expandvars(os.path.expanduser(value))
        base = os.path.dirname(GIVEN["config_file"]) if GIVEN["config_file"] else os.getcwd()
        return os.path.normpath(os.path.join(base, path))
    if kind in ("pathlist", "pathspec") and isinstance(value, str):
        return [typed_option(one, "path") for one in value.split("," if kind == "pathlist" else ":")]
    return str(value) if kind in ("str", "string", None) and isinstance(value, (int, float)) and kind else value


def document(text):
    return unpack(ask(ask="yaml", text=text)["value"]) or {}


def fragment(name):
    """Returns the options of a fragment of documentation: of the shared ones, those that the operator's settings have."""
    short = name.rpartition("ansible.builtin.")[2]
    if short in ("default_callback", "result_format_callback"):
        return {key: {"given": value} for key, value in GIVEN["settings"].items()}
    if short == "vars_plugin_staging":
        return {"stage": {"type": "str"}}
    parts = name.split(".")
    if len(parts) < 3:
        return {}
    loaded = importlib.import_module("ansible_collections.%s.%s.plugins.doc_fragments.%s" % tuple(parts[:3]))
    part = parts[3].upper() if len(parts) > 3 else "DOCUMENTATION"
    return options_of(getattr(loaded.ModuleDocFragment, part))


def options_of(text):
    documented = as_written(document(text))
    extended = documented.get("extends_documentation_fragment") or []
    options = {}
    for name in extended if isinstance(extended, list) else [extended]:
        options.update(fragment(name))
    options.update(documented.get("options") or {})
    return options


def located(kind, name, folders):
    """Returns the file of a plugin in these folders, or of a collection's with its package; without a file there is none."""
    parts = name.split(".")
    if len(parts) < 3:
        paths = (os.path.join(folder, name + ".py") for folder in folders)
        return next((path for path in paths if os.path.isfile(path)), None), None
    collections_package()
    below = os.path.join(*parts[:2], "plugins", kind, *parts[2:]) + ".py"
    path = next((os.path.join(root, below) for root in ROOTS if os.path.isfile(os.path.join(root, below))), None)
    return path, "ansible_collections.%s.%s.plugins.%s" % (parts[0], parts[1], kind)


def documented(instance):
    """Returns the options that the documentation of a plugin has."""
    text = getattr(sys.modules[instance.__module__], "DOCUMENTATION", None)
    return {name: about or {} for name, about in (options_of(text) if text else {}).items()}
