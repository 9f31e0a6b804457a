class FilterModule:
    pass
