from ansible.errors import AnsibleFilterError
from ansible.module_utils.common.text.converters import to_text

try:
    from jinja2 import pass_context
except ImportError:
    from jinja2.utils import pass_context


def shout(value, n=1):
    return to_text(value).upper() + "!" * n


def refuse(value):
    raise AnsibleFilterError("no good: %s" % value)


def crash(value):
    return {}["nope"]


def mixed(value):
    return (1, "a", None, 2.5, True, {"k": 1, 2: "two"})


def counted(value):
    yield from range(value)


@pass_context
def named(context, value):
    return "%s on %s" % (value, context.resolve("inventory_hostname"))


class FilterModule(object):
    def filters(self):
        return dict(shout=shout, refuse=refuse, crash=crash, mixed=mixed, counted=counted, same=lambda value: value, named=named)
