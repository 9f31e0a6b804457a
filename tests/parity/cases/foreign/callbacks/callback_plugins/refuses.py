from ansible.plugins.callback import CallbackBase


class CallbackModule(CallbackBase):
    CALLBACK_NEEDS_ENABLED = True

    def __init__(self):
        raise RuntimeError("not today")
