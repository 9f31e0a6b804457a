class TestModule:
    def tests(self):
        return {"fine": lambda value: value == 1}
