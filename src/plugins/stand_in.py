"""Stands in for what plugins import most of ansible-core and Jinja2, where these are not installed."""
import contextlib
import os
import sys
import types


def module(name, **contents):
    made = types.ModuleType(name)
    made.__path__ = []
    made.__dict__.update(contents)
    sys.modules[name] = made
    above, _, own = name.rpartition(".")
    if above:
        if above not in sys.modules:
            module(above)
        setattr(sys.modules[above], own, made)
    return made


def to_text(value, encoding="utf-8", errors="surrogateescape", nonstring="simplerepr"):
    if isinstance(value, str):
        return value
    if isinstance(value, (bytes, bytearray)):
        return bytes(value).decode(encoding, errors or "strict")
    return value if nonstring == "passthru" else "" if nonstring == "empty" else str(value)


def to_bytes(value, encoding="utf-8", errors="surrogateescape", nonstring="simplerepr"):
    if isinstance(value, (bytes, bytearray)):
        return bytes(value)
    if not isinstance(value, str) and nonstring == "passthru":
        return value
    return to_text(value, nonstring=nonstring).encode(encoding, errors or "strict")


YES, NO = ("y", "yes", "on", "1", "true", "t"), ("n", "no", "off", "0", "false", "f")


def boolean(value, strict=True):
    if isinstance(value, bool):
        return value
    said = str(value).lower().strip()
    if said in YES or value in (1, 1.0):
        return True
    if said in NO or value in (0, 0.0) or not strict:
        return False
    raise TypeError("The value '%s' is not a valid boolean." % (value,))


class Loader:
    def __init__(self, base):
        self.base = base

    def get_basedir(self):
        return self.base

    def path_dwim(self, path):
        return os.path.normpath(os.path.join(self.base, os.path.expanduser(path)))

    def path_exists(self, path):
        return os.path.exists(self.path_dwim(path))

    def is_file(self, path):
        return os.path.isfile(self.path_dwim(path))

    def is_directory(self, path):
        return os.path.isdir(self.path_dwim(path))

    def list_directory(self, path):
        return os.listdir(self.path_dwim(path))

    def get_real_file(self, path, decrypt=True):
        return self.path_dwim(path)

    def load_from_file(self, path, *args, **kwargs):
        return self.load(self._get_file_contents(path)[0])

    def load(self, data, *args, **kwargs):
        import yaml

        return yaml.safe_load(data)

    def _get_file_contents(self, path):
        with open(self.path_dwim(path), "rb") as file:
            return file.read(), True

    get_text_file_contents = lambda self, path, encoding=None: to_text(self._get_file_contents(path)[0])


class LookupBase:
    def __init__(self, loader=None, templar=None, **kwargs):
        self._loader, self._templar, self._options = loader, templar, {}
        self._display = Display()

    def set_options(self, task_keys=None, var_options=None, direct=None):
        self._options = dict(self.documented())
        self._options.update(direct or {})

    def set_option(self, name, value):
        self._options[name] = value

    def get_option(self, name, hostvars=None):
        if name not in self._options:
            self._options = {**self.documented(), **self._options}
        return self._options[name]

    def get_options(self, hostvars=None):
        return {**self.documented(), **self._options}

    def has_option(self, name):
        return name in self.documented()

    def documented(self):
        """Returns the defaults that the plugin's documentation has."""
        try:
            import yaml

            text = sys.modules[type(self).__module__].DOCUMENTATION
            options = yaml.safe_load(text).get("options") or {}
        except (ImportError, AttributeError):
            return {}
        return {name: (about or {}).get("default") for name, about in options.items()}

    def get_basedir(self, variables):
        return variables.get("role_path") or self._loader.get_basedir()

    def find_file_in_search_path(self, variables, kind, name, ignore_missing=False):
        folders = variables.get("ansible_search_path") or [self.get_basedir(variables)]
        for folder in folders:
            for path in (os.path.join(folder, kind, name), os.path.join(folder, name)):
                if os.path.exists(path):
                    return path
        if not ignore_missing:
            self._display.warning("Unable to find '%s' in expected paths (use -vvvvv to see paths)" % name)
        return None

    @staticmethod
    def _flatten(terms):
        flat = []
        for term in terms:
            flat.extend(term) if isinstance(term, (list, tuple)) else flat.append(term)
        return flat

    @staticmethod
    def _combine(one, two):
        return [LookupBase._flatten([x, y]) for x in one for y in two]


class Display:
    verbosity = 0

    def _silent(self, *args, **kwargs):
        pass

    debug = v = vv = vvv = vvvv = vvvvv = vvvvvv = deprecated = _silent

    def warning(self, message, *args, **kwargs):
        sys.stderr.write("[WARNING]: %s\n" % message)

    def display(self, message, *args, **kwargs):
        sys.stderr.write("%s\n" % message)

    def error(self, message, *args, **kwargs):
        sys.stderr.write("[ERROR]: %s\n" % message)


def decorator(kind):
    """Returns what marks a function as one that wants a context, an environment, ..."""

    def mark(function):
        function.jinja_pass_arg = types.SimpleNamespace(name=kind)
        return function

    return mark


class AnsibleError(Exception):
    def __init__(self, message="", obj=None, show_content=True, suppress_extended_error=False, orig_exc=None, **kwargs):
        super().__init__(message)
        self.message, self.obj, self.orig_exc = str(message), obj, orig_exc


def exceptions():
    made = {"AnsibleError": AnsibleError}
    for name, above in [
        ("AnsibleRuntimeError", "AnsibleError"),
        ("AnsibleTemplateError", "AnsibleRuntimeError"),
        ("AnsibleFilterError", "AnsibleTemplateError"),
        ("AnsibleFilterTypeError", "AnsibleFilterError"),
        ("AnsibleFilterPluginError", "AnsibleFilterError"),
        ("AnsibleLookupError", "AnsibleTemplateError"),
        ("AnsibleUndefinedVariable", "AnsibleTemplateError"),
        ("AnsibleOptionsError", "AnsibleError"),
        ("AnsibleParserError", "AnsibleError"),
        ("AnsibleFileNotFound", "AnsibleRuntimeError"),
        ("AnsibleAssertionError", "AnsibleError"),
        ("AnsibleInternalError", "AnsibleError"),
        ("AnsibleActionFail", "AnsibleError"),
        ("AnsibleModuleError", "AnsibleRuntimeError"),
        ("AnsibleConnectionFailure", "AnsibleRuntimeError"),
    ]:
        made[name] = type(name, (made[above],), {})
    return made


def six():
    import builtins

    return dict(
        PY2=False,
        PY3=True,
        string_types=(str,),
        text_type=str,
        binary_type=bytes,
        integer_types=(int,),
        class_types=(type,),
        iteritems=lambda mapping: iter(mapping.items()),
        iterkeys=lambda mapping: iter(mapping.keys()),
        itervalues=lambda mapping: iter(mapping.values()),
        with_metaclass=lambda meta, *bases: meta("Made", bases or (object,), {}),
        raise_from=None,
        moves=builtins,
    )


def is_sequence(value, include_strings=False):
    return isinstance(value, (list, tuple)) or include_strings and isinstance(value, (str, bytes))


def stand_in():
    import collections.abc
    import urllib.error
    import urllib.parse
    import urllib.request

    texts = dict(to_text=to_text, to_native=to_text, to_bytes=to_bytes)
    module("ansible", __version__="2.19.0")
    module("ansible.release", __version__="2.19.0")
    module("ansible.errors", **exceptions())
    module("ansible.module_utils._text", **texts)
    module("ansible.module_utils.common.text.converters", **texts)
    module("ansible.module_utils.parsing.convert_bool", boolean=boolean, BOOLEANS_TRUE=frozenset(YES), BOOLEANS_FALSE=frozenset(NO))
    abstract = {name: getattr(collections.abc, name) for name in collections.abc.__all__}
    module("ansible.module_utils.common._collections_compat", **abstract)
    module("ansible.module_utils.common.collections", is_sequence=is_sequence, is_string=lambda value: isinstance(value, (str, bytes)))
    module("ansible.module_utils.six", **six())
    module("ansible.module_utils.six.moves", reduce=__import__("functools").reduce, zip=zip, map=map, filter=filter, range=range)
    names = {name: getattr(urllib.parse, name) for name in urllib.parse.__all__}
    module("ansible.module_utils.six.moves.urllib.parse", **names)
    module("ansible.module_utils.six.moves.urllib.error", HTTPError=urllib.error.HTTPError, URLError=urllib.error.URLError)
    module("ansible.plugins.lookup", LookupBase=LookupBase, display=Display())
    module("ansible.plugins.filter")
    module("ansible.plugins.test")
    module("ansible.utils.display", Display=Display)
    module("ansible.utils.unsafe_proxy", wrap_var=lambda value: value, AnsibleUnsafeText=str)
    module("ansible.utils.listify", listify_lookup_plugin_terms=lambda terms, *rest, **named: terms if isinstance(terms, list) else [terms])
    module("ansible.utils.vars", combine_vars=lambda one, two, **named: {**one, **two}, merge_hash=lambda one, two, **named: {**one, **two})
    module("ansible.template", trust_as_template=Trusted, is_trusted_as_template=lambda value: isinstance(value, Trusted))
    module("ansible.parsing.dataloader", DataLoader=Loader)
    if not installed("yaml"):
        module("yaml")
    if not installed("jinja2"):
        marks = dict(
            pass_context=decorator("context"),
            pass_environment=decorator("environment"),
            pass_eval_context=decorator("eval_context"),
            contextfilter=decorator("context"),
            environmentfilter=decorator("environment"),
            evalcontextfilter=decorator("eval_context"),
        )
        undefined = type("Undefined", (), {})
        kept = dict(Undefined=undefined, StrictUndefined=undefined, UndefinedError=type("UndefinedError", (Exception,), {}))
        module("jinja2", **marks, **kept)
        module("jinja2.filters", **marks)
        module("jinja2.utils", **marks)
        module("jinja2.runtime", Context=Context, **kept)
        module("jinja2.exceptions", TemplateError=Exception, UndefinedError=kept["UndefinedError"])


def installed(name):
    import importlib.util

    try:
        return importlib.util.find_spec(name) is not None
    except (ImportError, ValueError):
        return False


