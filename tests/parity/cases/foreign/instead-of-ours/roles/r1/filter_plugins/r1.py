class FilterModule:
    def filters(self):
        return {'upper': lambda s: 'r1 ' + str(s), 'dirname': lambda s: 'r1 dirname', 'lower': lambda s: 'r1 lower'}
