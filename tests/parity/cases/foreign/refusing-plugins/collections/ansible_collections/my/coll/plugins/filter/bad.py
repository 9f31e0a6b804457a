class FilterModule:
    def filters(self):
        raise TypeError("no filters")
