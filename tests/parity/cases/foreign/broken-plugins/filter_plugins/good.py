class FilterModule:
    def filters(self):
        return {'good': lambda x: 'good'}
