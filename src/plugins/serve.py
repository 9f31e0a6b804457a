"""What is asked of this process, one line after the other, until nobody asks any more."""


def serve(message):
    try:
        if message["do"] == "add":
            add(message)
            send({"value": None})
        elif message["do"] == "action":
            send({"value": pack(act(message))})
        elif message["do"] == "find":
            send({"value": find(message["kind"], message["name"])})
        else:
            send({"value": pack(call(message))})
    except Undefined as error:
        send({"error": str(error), "undefined": True})
    except RecursionError:
        send({"error": "maximum recursion depth exceeded"})
    except Exception as error:
        undefined = type(error).__name__ in ("AnsibleUndefinedVariable", "UndefinedError")
        send({"error": described(error), "undefined": undefined, "apart": apart(error), **ending(error)})


# Whether an ansible-core is installed beside this Python; otherwise something stands in for it.
INSTALLED = installed("ansible") and installed("ansible.errors")
if not INSTALLED:
    stand_in()
    stand_in_for_actions()
    stand_in_for_connections()
while True:
    serve(receive())
