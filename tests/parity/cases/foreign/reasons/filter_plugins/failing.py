from ansible.errors import AnsibleFilterError


def failing(make, words, cause=None):
    def run(value):
        try:
            int("x" * value)
        except ValueError as error:
            if cause == "from":
                raise make(words) from error
            if cause == "none":
                raise make(words) from None
            raise make(words)

    return run


def alone(make):
    def run(value):
        raise make("alone")

    return run


class FilterModule:
    def filters(self):
        return {
            "alone": alone(AnsibleFilterError),
            "alone_of_python": alone(ValueError),
            "meanwhile": failing(AnsibleFilterError, "meanwhile"),
            "meanwhile_of_python": failing(KeyError, "meanwhile"),
            "caused": failing(AnsibleFilterError, "caused", "from"),
            "caused_of_python": failing(ValueError, "caused", "from"),
            "severed": failing(AnsibleFilterError, "severed", "none"),
        }
