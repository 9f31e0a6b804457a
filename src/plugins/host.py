"""Serves filters, tests and lookups that are written in Python: a request a line comes in, an answer a line goes out.

A plugin that asks for a variable or a template asks through the same pipes, while its own answer is open.
"""
import base64
import datetime
import importlib
import importlib.machinery
import importlib.util
import json
import os
import sys
import types

# One way in both directions, which nothing that plugins start inherits.
requests = os.fdopen(os.dup(0), "rb")
answers = os.fdopen(os.dup(0), "wb", buffering=0)
os.dup2(os.open(os.devnull, os.O_RDONLY), 0)

TAG = "\0"


class Undefined(Exception):
    """A plugin used what has no value."""


def pack(value):
    """Returns a value as JSON can carry it; what JSON lacks is an object with the key `TAG`."""
    if is_gap(value):
        return {TAG: "undefined", "v": object.__getattribute__(value, "message")}
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, (ListWithGaps, DictWithGaps)):
        value = entries(value)
    if isinstance(value, int):
        value = int(value)
        return value if -(2**63) <= value < 2**63 else {TAG: "int", "v": str(value)}
    if isinstance(value, float):
        return float(value) if value - value == 0 else {TAG: "float", "v": repr(float(value))}
    if is_trusted(value):
        return {TAG: "template", "v": str(value)}
    if isinstance(value, str):
        return str(value).encode("utf-8", "replace").decode()
    if isinstance(value, (bytes, bytearray)):
        return {TAG: "bytes", "v": base64.b64encode(bytes(value)).decode()}
    if isinstance(value, dict) or hasattr(value, "keys") and hasattr(value, "__getitem__"):
        pairs = [(key, value[key]) for key in value.keys()]
        if all(isinstance(key, str) and key != TAG for key, _ in pairs):
            return {str(key): pack(one) for key, one in pairs}
        return {TAG: "dict", "v": [[pack(key), pack(one)] for key, one in pairs]}
    if isinstance(value, tuple):
        return {TAG: "tuple", "v": [pack(one) for one in value]}
    if isinstance(value, datetime.datetime):
        return {TAG: "datetime", "v": value.isoformat()}
    if isinstance(value, datetime.date):
        return {TAG: "date", "v": value.isoformat()}
    if isinstance(value, datetime.timedelta):
        return {TAG: "timedelta", "v": value // datetime.timedelta(microseconds=1)}
    if is_undefined(value):
        return {TAG: "undefined", "v": undefined_message(value)}
    try:
        return [pack(one) for one in value]
    except TypeError:
        return str(value)


def unpack(value):
    """Returns a value as a plugin gets it; what has no value at all cannot be one."""
    return used(entry(value))


def entry(value):
    if isinstance(value, list):
        return held([entry(one) for one in value])
    if not isinstance(value, dict):
        return value
    if TAG not in value:
        return held({key: entry(one) for key, one in value.items()})
    kind, inner = value[TAG], value["v"]
    if kind == "dict":
        return held({hashable(unpack(key)): entry(one) for key, one in inner})
    if kind == "tuple":
        return tuple(unpack(one) for one in inner)
    if kind == "bytes":
        return base64.b64decode(inner)
    if kind in ("int", "float"):
        return (int if kind == "int" else float)(inner)
    if kind == "datetime":
        return datetime.datetime.fromisoformat(inner)
    if kind == "date":
        return datetime.date.fromisoformat(inner)
    if kind == "timedelta":
        return datetime.timedelta(microseconds=inner)
    if kind == "template":
        return Trusted(inner)
    return Gap(inner)


def hashable(key):
    return tuple(key) if isinstance(key, list) else key


def is_undefined(value):
    jinja = sys.modules.get("jinja2")
    return jinja is not None and isinstance(value, jinja.Undefined)


def undefined_message(value):
    return getattr(value, "_undefined_message", None) or "the value is undefined"


class Trusted(str):
    """Text of a plugin that may be evaluated as a template."""


class Own(str):
    """Text that the playbook gives an action: a condition of it may be evaluated; as an argument it is what it says."""


def own(value):
    if isinstance(value, str):
        return Own(value)
    if type(value) is list:
        return [own(one) for one in value]
    return {key: own(one) for key, one in value.items()} if type(value) is dict else value


def is_trusted(value):
    """Tells a text that may be evaluated, whoever made it one: an installed ansible-core marks its own."""
    if not isinstance(value, str):
        return False
    marked = getattr(sys.modules.get("ansible.template"), "is_trusted_as_template", None)
    return isinstance(value, Trusted) or marked is not None and marked(value)


def send(message):
    answers.write(json.dumps(message).encode() + b"\n")


def receive():
    line = requests.readline()
    if not line:
        sys.exit(0)
    return json.loads(line)


def ask(**question):
    """Asks for something while a plugin runs; calls that come meanwhile are served."""
    send(question)
    while True:
        message = receive()
        if "do" in message:
            serve(message)
        elif "error" in message:
            if message.get("undefined"):
                raise undefined(message["error"])
            raise errors().AnsibleError(message["error"])
        else:
            return message


class Variables(dict):
    """The variables of the host that a plugin works for, each fetched when it is read.

    A lookup sees them as they are written, and evaluates what it wants; a filter sees what they mean.
    """

    def __init__(self, as_written):
        super().__init__()
        self.as_written = as_written

    def __missing__(self, name):
        answer = ask(ask="variable", name=name, as_written=self.as_written)
        if answer.get("missing"):
            raise KeyError(name)
        value = unpack(answer["value"])
        dict.__setitem__(self, name, value)
        return value

    def __contains__(self, name):
        return dict.__contains__(self, name) or not ask(ask="variable", name=name, as_written=True).get("missing")

    def get(self, name, default=None):
        try:
            return self[name]
        except KeyError:
            return default

    def keys(self):
        known = list(ask(ask="names")["value"])
        return known + [name for name in dict.keys(self) if name not in known]

    def __iter__(self):
        return iter(self.keys())

    def __len__(self):
        return len(self.keys())

    def items(self):
        return [(name, self.get(name)) for name in self.keys()]

    def values(self):
        return [value for _, value in self.items()]

    def copy(self):
        return self


class Templar:
    """Evaluates what may be evaluated: texts are plain, unless a plugin trusts them."""

    def __init__(self, loader, variables):
        self._loader = loader
        self.available_variables = variables
        self._available_variables = variables

    def template(self, value, *args, **kwargs):
        if is_trusted(value):
            return unpack(ask(ask="template", text=str(value))["value"])
        if isinstance(value, (list, tuple)):
            return [self.template(one) for one in value]
        if isinstance(value, dict):
            return {key: self.template(one) for key, one in value.items()}
        return value

    do_template = template

    def evaluate_expression(self, expression, **kwargs):
        """The value of an expression that a plugin trusts, or that is the playbook's."""
        if not (is_trusted(expression) or isinstance(expression, Own)):
            return str(expression)
        return unpack(ask(ask="template", text="{{ %s }}" % expression)["value"])

    def evaluate_conditional(self, conditional):
        """Whether a condition holds; a list holds where all in it do."""
        if isinstance(conditional, (list, tuple)):
            return all(self.evaluate_conditional(one) for one in conditional)
        value = self.evaluate_expression(conditional) if isinstance(conditional, str) else conditional
        if not isinstance(value, bool):
            kind = type(value).__name__
            raise errors().AnsibleError(
                "Conditional result (%s) was derived from value of type %r. Conditionals must have a boolean result."
                % (bool(value), kind)
            )
        return value

    def is_template(self, value):
        return isinstance(value, str) and any(mark in value for mark in ("{{", "{%", "{#"))

    def copy_with_new_env(self, available_variables=None, **kwargs):
        return Templar(self._loader, self.available_variables if available_variables is None else available_variables)

    def set_temporary_context(self, **kwargs):
        import contextlib

        return contextlib.nullcontext()

    @property
    def environment(self):
        return environment()


class Others(dict):
    """Filters or tests by name: those of windlass."""

    def __init__(self, kind):
        super().__init__()
        self.kind = kind

    def __missing__(self, name):
        if not ask(ask="has", kind=self.kind, name=name)["value"]:
            raise KeyError(name)

        def call(*args, **kwargs):
            given = {key: pack(one) for key, one in kwargs.items()}
            return unpack(ask(ask="apply", kind=self.kind, name=name, args=pack(list(args)), kwargs=given)["value"])

        return call

    def __contains__(self, name):
        return ask(ask="has", kind=self.kind, name=name)["value"]

    def get(self, name, default=None):
        try:
            return self[name]
        except KeyError:
            return default


def environment():
    global ENVIRONMENT
    if ENVIRONMENT is None:
        try:
            import jinja2

            ENVIRONMENT = jinja2.Environment()
        except (ImportError, AttributeError):
            ENVIRONMENT = types.SimpleNamespace()
        ENVIRONMENT.filters, ENVIRONMENT.tests = Others("filter"), Others("test")
    return ENVIRONMENT


ENVIRONMENT = None


class Context:
    """What a plugin with `pass_context` gets: the variables by name."""

    def __init__(self, variables):
        self.vars = self.parent = variables
        self.environment = environment()
        self.eval_ctx = types.SimpleNamespace(environment=self.environment, autoescape=False, volatile=False)
        self.name = None

    def resolve(self, name):
        return self.vars[name]

    resolve_or_missing = resolve

    def get(self, name, default=None):
        return self.vars.get(name, default)

    def get_all(self):
        return self.vars

    def __getitem__(self, name):
        return self.vars[name]

    def __contains__(self, name):
        return name in self.vars


def errors():
    return importlib.import_module("ansible.errors")


FOLDERS = {"filter": [], "test": [], "lookup": []}
# By kind and name: what is called.
KNOWN = {"filter": {}, "test": {}}
READ = set()
# Folders `ansible_collections`.
ROOTS = []


def add(message):
    for kind, folders in FOLDERS.items():
        folders.extend(one for one in message[kind] if one not in folders)
    ROOTS.extend(one for one in message["collections"] if one not in ROOTS)


def collections_package():
    """Makes collections known to Python's import, once."""
    if "collections" in READ:
        return
    READ.add("collections")
    if INSTALLED:
        from ansible.plugins import loader

        loader.init_plugin_loader([os.path.dirname(one) for one in ROOTS])
    else:
        package = types.ModuleType("ansible_collections")
        package.__path__ = ROOTS
        sys.modules["ansible_collections"] = package


class Broken(Exception):
    """A plugin that cannot be loaded."""


def load_file(path, package=None, kind=None):
    stem = os.path.splitext(os.path.basename(path))[0]
    if package:
        return importlib.import_module(package + "." + stem)
    # Plugins may look at the name of their module.
    name = "windlass_plugins.%s_%x" % (stem, abs(hash(path)))
    if kind:
        name = "ansible.plugins.%s.%s" % (kind, stem) + ("" if kind == "lookup" else "_%d" % abs(hash(path)))
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def sources(folder):
    names = sorted(os.listdir(folder)) if os.path.isdir(folder) else []
    return [os.path.join(folder, name) for name in names if name.endswith(".py") and not name.startswith(("_", "."))]


def read(kind):
    for folder in FOLDERS[kind]:
        for path in sources(folder):
            if (kind, path) not in READ:
                READ.add((kind, path))
                take(kind, path, "")


def take(kind, path, prefix, package=None):
    try:
        module = load_file(path, package, kind)
        try:
            made = getattr(module, "FilterModule" if kind == "filter" else "TestModule")
        except AttributeError as error:
            sys.stderr.write("[WARNING]: Skipping plugin (%s) as it seems to be invalid: %s\n" % (path, error))
            return
        made = made()
        offered = made.filters() if kind == "filter" else made.tests()
        for name, function in offered.items():
            KNOWN[kind].setdefault(prefix + name, usable(function))
    except Exception as error:
        if package:
            stem = os.path.splitext(os.path.basename(path))[0]
            text = "Skipping %s plugins in %s'; an error occurred while loading: %s" % (kind, prefix + stem, error)
        else:
            text = "Skipping plugin (%s), cannot load: %s" % (path, error)
        sys.stderr.write("[WARNING]: %s\n" % text)


def usable(function):
    """Returns the function of a plugin, or why it cannot be asked how it is called."""
    try:
        getattr(function, "accept_args_markers", False)
        return function
    except Exception as error:
        return Broken("failed to load: %s" % described(error))


def read_collection(kind, name):
    collections_package()
    namespace, collection = name.split(".")[:2]
    # Where several folders have the collection, Python imports from the first.
    root = next((one for one in ROOTS if os.path.isdir(os.path.join(one, namespace, collection))), None)
    if root is None:
        return
    below = "ansible_collections.%s.%s" % (namespace, collection)
    for path in sources(os.path.join(root, namespace, collection, "plugins", kind)):
        if (kind, path) not in READ:
            READ.add((kind, path))
            take(kind, path, "%s.%s." % (namespace, collection), below + ".plugins." + kind)


def find(kind, name):
    if kind == "lookup":
        return lookup_file(name) is not None
    if name.count(".") >= 2:
        read_collection(kind, name)
    else:
        read(kind)
    return name in KNOWN[kind]


def lookup_file(name):
    parts = name.split(".")
    if len(parts) >= 3:
        for root in ROOTS:
            path = os.path.join(root, parts[0], parts[1], "plugins", "lookup", *parts[2:]) + ".py"
            if os.path.isfile(path):
                return path
        return None
    for folder in FOLDERS["lookup"]:
        path = os.path.join(folder, name + ".py")
        if os.path.isfile(path):
            return path
    return None


def lookup(message):
    name, path = message["name"], lookup_file(message["name"])
    variables, loader = Variables(as_written=True), None
    if INSTALLED:
        from ansible.parsing.dataloader import DataLoader

        loader = DataLoader()
        loader.set_basedir(message["base"])
    else:
        loader = sys.modules["ansible.parsing.dataloader"].DataLoader(message["base"])
    templar = Templar(loader, variables)
    instance = None
    if INSTALLED:
        from ansible.plugins import loader as plugins

        collections_package()
        if name.count(".") < 2:
            plugins.lookup_loader.add_directory(os.path.dirname(path))
        try:
            instance = plugins.lookup_loader.get(name, loader=loader, templar=templar)
        except Exception as error:
            raise Broken("failed to load: %s" % described(error)) from error
    if instance is None:
        parts = name.split(".")
        collections_package()
        package = "ansible_collections.%s.%s.plugins.lookup" % tuple(parts[:2]) if len(parts) >= 3 else None
        try:
            instance = load_file(path, package, "lookup").LookupModule(loader=loader, templar=templar)
        except Exception as error:
            raise Broken("failed to load: %s" % described(error)) from error
    given = {key: unpack(one) for key, one in message["kwargs"].items()}
    found = instance.run([unpack(one) for one in message["args"]], variables=variables, **given)
    return list(found) if found is not None else []


PASSED = {
    "context": lambda: Context(Variables(as_written=False)),
    "environment": environment,
    "eval_context": lambda: Context({}).eval_ctx,
}


def call(message):
    if message["kind"] == "lookup":
        return lookup(message)
    function = KNOWN[message["kind"]][message["name"]]
    if isinstance(function, Broken):
        raise function
    args = [unpack(one) for one in message["args"]]
    passed = getattr(function, "jinja_pass_arg", None)
    if passed is not None:
        args.insert(0, PASSED[getattr(passed, "name", "context")]())
    result = function(*args, **{key: unpack(one) for key, one in message["kwargs"].items()})
    return bool(result) if message["kind"] == "test" else result


def described(error):
    """Returns what the reference shows of an exception: its words, and those of its cause where they are others."""
    return ": ".join(reasons(error))


def reasons(error):
    """Returns the words of an exception, then those of its cause, ...; each is none of those before it."""
    words = getattr(error, "message", None) or str(error) or type(error).__name__
    below = reasons(error.__cause__) if error.__cause__ is not None else []
    if below and words.endswith(": " + ": ".join(below)):
        words = words[: -len(": " + ": ".join(below))]
    elif below and ": ".join(below) in words:
        below = []
    return [words] + below


def apart(error):
    """Returns the reasons that stand apart: those from the first one that came while another exception was handled."""
    found = reasons(error)
    while error is not None:
        if error.__cause__ is None and error.__context__ is not None and not error.__suppress_context__:
            return found
        error, found = error.__cause__, found[1:]
    return []
