class VarsModule:
    def get_host_vars(self, name):
        return {"of_host": name}

    def get_group_vars(self, name):
        return {"of_group": "any"}
