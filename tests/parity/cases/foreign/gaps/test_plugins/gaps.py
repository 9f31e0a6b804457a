class TestModule:
    def tests(self):
        return {"long": lambda value: len(value) > 2, "empty_second": lambda value: value[1] is None}
