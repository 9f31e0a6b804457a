def loud(x):
    return x.upper()


class FilterModule:
    def filters(self):
        return {'loud': loud}
