class FilterModule:
    def filters(self):
        return {'to_json': lambda s, **k: 'my json'}
