class FilterModule:
    def filters(self):
        return {'lower': lambda s: 'r2 lower', 'fresh': lambda s: 'r2 fresh', 'trim': lambda s: 'r2 trim'}
