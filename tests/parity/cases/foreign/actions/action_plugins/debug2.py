from ansible.plugins.action.debug import ActionModule as Base


class ActionModule(Base):
    pass
