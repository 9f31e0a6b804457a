class FilterModule:
    def filters(self):
        return {'upper': lambda s: 'mine ' + str(s), 'basename': lambda s: 'base of mine', 'fresh': lambda s: 'fresh', 'default': lambda s, *a: 'my default', 'd': lambda s, *a: 'my d'}
