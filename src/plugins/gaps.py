"""Lists and dictionaries of which some entries have no value: as long as nobody reads those, nothing fails."""


class Gap:
    """Stands for an entry without a value; whoever uses it is told so."""

    __slots__ = ("message",)

    def __init__(self, message):
        object.__setattr__(self, "message", message)


def refuse(gap, *_, **__):
    raise undefined(object.__getattribute__(gap, "message"))


for name in (
    "add and bool bytes call contains delattr divmod enter eq exit float floordiv format ge getattribute getitem gt hash index int "
    "invert iter le len lshift lt matmul mod mul ne neg next or pos pow radd rand reduce_ex repr reversed rfloordiv rmod rmul ror "
    "rsub rtruediv setattr setitem str sub truediv xor"
).split():
    setattr(Gap, "__%s__" % name, refuse)


def undefined(message):
    """Returns the error for what has no value, which is Jinja's as well where a plugin knows Jinja."""
    jinja = sys.modules.get("jinja2.exceptions")
    kind = UNDEFINED.get(jinja)
    if kind is None:
        kind = UNDEFINED[jinja] = type("MarkerError", (Undefined, jinja.UndefinedError) if jinja else (Undefined,), {})
    return kind(message)


# By the module of Jinja's errors, or by its absence.
UNDEFINED = {}


def is_gap(value):
    return type(value) is Gap


def used(value):
    """Returns an entry that somebody reads."""
    return refuse(value) if is_gap(value) else value


class ListWithGaps(list):
    def __getitem__(self, index):
        found = list.__getitem__(self, index)
        return ListWithGaps(found) if isinstance(index, slice) else used(found)

    def __iter__(self):
        return map(used, list.__iter__(self))

    def __reversed__(self):
        return map(used, list.__reversed__(self))

    def __add__(self, other):
        return list(self) + other

    def __radd__(self, other):
        return other + list(self)

    def __contains__(self, value):
        return value in list(self)

    def __eq__(self, other):
        return list(self) == other

    def __copy__(self):
        return ListWithGaps(entries(self))

    copy = __copy__

    def pop(self, *index):
        return used(list.pop(self, *index))


class DictWithGaps(dict):
    def __getitem__(self, key):
        return used(dict.__getitem__(self, key))

    def __copy__(self):
        return DictWithGaps(entries(self))

    copy = __copy__

    def __eq__(self, other):
        return dict(self.items()) == other

    def get(self, key, default=None):
        return used(dict.get(self, key, default))

    def items(self):
        return [(key, used(value)) for key, value in dict.items(self)]

    def values(self):
        return list(map(used, dict.values(self)))

    def pop(self, key, *default):
        return used(dict.pop(self, key, *default))

    def popitem(self):
        key, value = dict.popitem(self)
        return key, used(value)

    def setdefault(self, key, default=None):
        return used(dict.setdefault(self, key, default))


def entries(value):
    """Returns what a list or a dictionary holds, without reading it."""
    return list(list.__iter__(value)) if isinstance(value, list) else dict(dict.items(value))


def held(value):
    """Returns a list or a dictionary as a plugin may have it."""
    is_list = isinstance(value, list)
    if any(map(is_gap, value if is_list else value.values())):
        return ListWithGaps(value) if is_list else DictWithGaps(value)
    return value
