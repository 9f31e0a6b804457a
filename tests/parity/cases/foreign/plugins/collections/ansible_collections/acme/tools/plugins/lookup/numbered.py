from ansible.plugins.lookup import LookupBase

DOCUMENTATION = """
name: numbered
short_description: numbers
options:
  _terms: {description: terms}
  start: {description: the first number, type: int, default: 1}
"""


class LookupModule(LookupBase):
    def run(self, terms, variables=None, **kwargs):
        self.set_options(var_options=variables, direct=kwargs)
        start = self.get_option("start")
        return ["%d: %s" % (start + at, term) for at, term in enumerate(terms)]
