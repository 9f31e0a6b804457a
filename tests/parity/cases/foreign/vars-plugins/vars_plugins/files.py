from ansible.plugins.vars import BaseVarsPlugin
from ansible.utils.vars import combine_vars


class VarsModule(BaseVarsPlugin):
    def get_vars(self, loader, path, entities, cache=True):
        found = {}
        for entity in entities:
            for file in loader.find_vars_files(path + "/../secrets", entity.name):
                found = combine_vars(found, loader.load_from_file(file, trusted_as_template=entity.name == "two"))
        return found
