from ansible_collections.acme.tools.plugins.plugin_utils.letters import SEPARATOR


class FilterModule:
    def filters(self):
        return {"words": lambda text: text.split(SEPARATOR)}
