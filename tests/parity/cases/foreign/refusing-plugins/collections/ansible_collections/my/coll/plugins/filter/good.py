class FilterModule:
    def filters(self):
        return {"fine": lambda value: value + 2}
