from ansible.plugins.strategy.free import StrategyModule as Free


class StrategyModule(Free):
    """The free strategy by another name."""
