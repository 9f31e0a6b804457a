"""Loads the plugin that keeps facts between runs, and asks it for what it keeps."""
import time


class StandInCache:
    """Stands in for the class of which cache plugins are."""

    _load_name = _original_path = ansible_name = None

    def __init__(self, *args, **kwargs):
        self.set_options(direct=kwargs)

    @property
    def options(self):
        if "_options" not in vars(self):
            known = documented(type(self))
            self._options = {name: typed_option(first_option(about), about.get("type")) for name, about in known.items()}
        return self._options

    def set_options(self, task_keys=None, var_options=None, direct=None):
        self.options.update({name[1:] if name.startswith("_") and name not in self.options else name: one for name, one in (direct or {}).items()})

    def set_option(self, name, value):
        self.options[name] = value

    def get_option(self, name, hostvars=None):
        return self.options[name]

    def get_options(self, hostvars=None):
        return dict(self.options)

    def has_option(self, name):
        return name in self.options


class StandInFileCache(StandInCache):
    """Stands in for the class of plugins that keep a file a host."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self._cache = {}
        folder = self.options.get("_uri")
        if not folder:
            raise errors().AnsibleError("the 'fact_caching_connection' config option must name a writeable directory path")
        self._cache_dir = os.path.expandvars(os.path.expanduser(folder))
        self._timeout = float(self.options.get("_timeout") or 0)
        self.plugin_name = type(self).__module__.split(".")[-1]
        os.makedirs(self._cache_dir, exist_ok=True)

    def _get_cache_file_name(self, key):
        return os.path.join(self._cache_dir, "%s%s" % (self.options.get("_prefix") or "", key))

    def has_expired(self, key):
        try:
            age = time.time() - os.stat(self._get_cache_file_name(key)).st_mtime
        except OSError:
            return False
        return 0 < self._timeout < age

    def get(self, key):
        if key not in self._cache:
            path = self._get_cache_file_name(key)
            if self.has_expired(key) or not os.path.exists(path):
                raise KeyError(key)
            self._cache[key] = self._load(path)
        return self._cache[key]

    def set(self, key, value):
        self._cache[key] = value
        path = self._get_cache_file_name(key)
        staged = "%s.%d" % (path, os.getpid())
        self._dump(value, staged)
        os.replace(staged, path)

    def keys(self):
        prefix = self.options.get("_prefix") or ""
        return [name[len(prefix):] for name in os.listdir(self._cache_dir) if name.startswith(prefix)]

    def contains(self, key):
        return key in self._cache or not self.has_expired(key) and os.path.exists(self._get_cache_file_name(key))

    def delete(self, key):
        self._cache.pop(key, None)
        if os.path.exists(self._get_cache_file_name(key)):
            os.remove(self._get_cache_file_name(key))

    def flush(self):
        for key in self.keys():
            self.delete(key)


CACHE = []


def find(name, folders):
    """Returns the plugin of a name as nobody but windlass wraps it, or nothing."""
    if INSTALLED:
        from ansible.plugins.loader import cache_loader

        collections_package()
        for folder in folders:
            if os.path.isdir(folder):
                cache_loader.add_directory(folder)
        plugin = cache_loader.get(name)
        return getattr(plugin, "__wrapped__", plugin)
    module("ansible.plugins.cache", BaseCacheModule=StandInCache, BaseFileCacheModule=StandInFileCache)
    path, package = located("cache", name, folders)
    if path is None:
        return None
    kind = load_file(path, package, None if package else "cache").CacheModule
    kind._load_name, kind._original_path, kind.ansible_name = name.rpartition(".")[2], path, name
    return kind()


def load(message):
    GIVEN.update({key: message[key] for key in ("deprecations", "config_file")})
    ROOTS.extend(message["collections"])
    plugin = find(message["name"], message["folders"])
    if plugin is None:
        return False
    CACHE.append(plugin)
    return True


def kept(key):
    try:
        return json.dumps(CACHE[0].get(key))
    except KeyError:
        return None


def delete(key):
    try:
        CACHE[0].delete(key)
    except KeyError:
        pass


DO = {
    "load": load,
    "get": lambda message: kept(message["key"]),
    "set": lambda message: CACHE[0].set(message["key"], json.loads(message["text"])),
    "delete": lambda message: delete(message["key"]),
}


def serve(message):
    try:
        send({"value": DO[message["do"]](message)})
    except Exception as error:
        send({"error": described(error)})


INSTALLED = installed("ansible") and installed("ansible.errors")
if not INSTALLED:
    stand_in()
while True:
    serve(receive())
