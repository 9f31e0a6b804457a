from ansible.plugins.lookup import LookupBase


class LookupModule(LookupBase):
    def run(self, terms, variables=None, **kwargs):
        return [self._templar.template(variables[term]) for term in terms] + [variables["v"], "{{ v }}"]
