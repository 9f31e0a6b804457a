class FilterModule:
    def filters(self):
        return {"rolef": lambda value: "role " + value}
