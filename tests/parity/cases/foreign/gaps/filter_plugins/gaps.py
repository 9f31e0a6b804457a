import json

from jinja2 import pass_context


def size(value):
    return len(value)


def names(value):
    return sorted(value)


def entry(value, key):
    return value[key]


def same(value):
    return value


def every(value):
    return [one for one in value]


def caught(value):
    try:
        return value[1]
    except Exception as error:
        return "no entry: %s" % error


def grown(value):
    value.append(4)
    return value


def among(value, one):
    return one in value


def head(value):
    return value[:1]


def as_json(value):
    return json.dumps(value)


@pass_context
def of_variable(context, name):
    return len(context[name])


class FilterModule:
    def filters(self):
        return {function.__name__: function for function in (size, names, entry, same, every, caught, grown, among, head, as_json, of_variable)}
