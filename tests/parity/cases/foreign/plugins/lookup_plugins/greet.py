from ansible.errors import AnsibleError
from ansible.plugins.lookup import LookupBase


class LookupModule(LookupBase):
    def run(self, terms, variables=None, **kwargs):
        if terms and terms[0] == "bad":
            raise AnsibleError("bad term")
        host = variables.get("inventory_hostname")
        return ["hello %s from %s to %s" % (term, host, variables["v"]) for term in terms] + [kwargs.get("extra", "none")]
