"""Serves one connection: commands come in, and what they printed goes out when they have ended."""
import secrets
import tempfile

CONNECTION = []


def variables(asked):
    """Returns which variables a plugin's options are set by, or nothing where there is no such plugin."""
    kind = connection_kind(asked)
    return None if kind is None else option_variables(kind)


def open_connection(asked):
    if INSTALLED:
        from ansible.utils.display import Display

        Display().verbosity = asked["context"]["verbosity"]
    CONNECTION.append(connect(asked))


def is_piped(connection):
    """Returns whether a command may be given its input: what nobody set is no reason against it."""
    if not connection.has_pipelining:
        return False
    try:
        wanted, origin = connection.get_option_and_origin("pipelining")
    except KeyError:
        return True
    return bool(wanted) or origin == "default"


def as_bytes(printed):
    if isinstance(printed, str):
        return printed.encode("utf-8", "surrogateescape")
    return printed if isinstance(printed, bytes) else b"".join(printed.readlines())


def run(command, data):
    connection = CONNECTION[0]
    if not data or is_piped(connection):
        return connection.exec_command(command, in_data=data or None, sudoable=True)
    # What takes no input takes files.
    folder = "/tmp/windlass.%s" % secrets.token_hex(8)

    def shell(line):
        return connection.exec_command("/bin/sh -c %s" % shlex.quote(line), in_data=None, sudoable=True)

    status, out, err = shell("umask 77 && mkdir %s" % folder)
    if status != 0:
        return status, out, err
    with tempfile.NamedTemporaryFile(prefix="windlass-") as file:
        file.write(data)
        file.flush()
        connection.put_file(file.name, folder + "/input")
    return shell("%s <%s/input; r=$?; rm -rf %s; exit $r" % (command, folder, folder))


def execute(message):
    connection, command = CONNECTION[0], message["command"]
    become(connection, message["method"])
    if connection.become:
        command = connection.become.build_become_command(command, connection._shell)
    status, out, err = run(command, base64.b64decode(message["input"]))
    out, err = as_bytes(out), as_bytes(err)
    if connection.become and connection.become.success:
        # The line by which a method says that it has become.
        mark = connection.become.success.encode()
        out, err = (b"".join(line for line in text.splitlines(True) if line.strip() != mark) for text in (out, err))
    return {"rc": status, "stdout": base64.b64encode(out).decode(), "stderr": base64.b64encode(err).decode()}


def end(message):
    for connection in CONNECTION:
        if message["reset"] and hasattr(connection, "reset"):
            connection.reset()
        else:
            connection.close()


DO = {"variables": variables, "open": open_connection, "exec": execute, "end": end}


def serve(message):
    try:
        send({"value": DO[message["do"]](message)})
    except Exception as error:
        names = [one.__name__ for one in type(error).__mro__]
        send({"error": described(error), "unreachable": "AnsibleConnectionFailure" in names})


INSTALLED = installed("ansible") and installed("ansible.errors")
if not INSTALLED:
    stand_in()
    stand_in_for_connections()
while True:
    serve(receive())
