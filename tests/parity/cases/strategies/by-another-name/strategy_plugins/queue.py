from ansible.plugins.strategy.linear import StrategyModule as Linear


class StrategyModule(Linear):
    def __init__(self, tqm):
        super().__init__(tqm)
