class Refuses:
    @property
    def accept_args_markers(self):
        raise Exception("not today")


class FilterModule:
    def filters(self):
        return {"refuses": Refuses(), "fine": lambda value: value + 1}
