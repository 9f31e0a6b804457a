"""What plugins say to those who look on becomes part of what they give."""


class Overheard:
    """What an action warns of, which is part of its result; an action that fails says it at once."""

    def __init__(self):
        self.shown = sys.modules["ansible.utils.display"].Display if "ansible.utils.display" in sys.modules else None
        self.said = {"warnings": [], "deprecations": []}

    def __enter__(self):
        if self.shown is None:
            return
        self.before = self.shown.warning, self.shown.deprecated
        self.shown.warning = lambda display, msg, *args, **kwargs: self.said["warnings"].append(str(msg))
        self.shown.deprecated = lambda display, *args, **kwargs: self.deprecated(*args, **kwargs)

    def deprecated(self, msg, version=None, removed=False, date=None, collection_name=None, *, deprecator=None, **kwargs):
        name = getattr(deprecator, "resolved_name", None) or collection_name
        by = {"resolved_name": name, "type": None}
        if deprecator is not None and getattr(deprecator, "type", None) is not None:
            by["type"] = getattr(deprecator.type, "value", str(deprecator.type))
        collection = ".".join(name.split(".")[:2]) if name else None
        entry = {"msg": str(msg), "collection_name": collection, "deprecator": by if name else None}
        entry.update({"date": str(date)} if date else {"version": version})
        self.said["deprecations"].append(entry)

    def __exit__(self, kind, error, trace):
        if self.shown is None:
            return
        self.shown.warning, self.shown.deprecated = self.before
        if error is not None:
            for message in self.said["warnings"]:
                self.shown().warning(message)

    def added_to(self, result):
        for key, said in self.said.items():
            if said:
                result[key] = list(result.get(key) or []) + said
        return result
