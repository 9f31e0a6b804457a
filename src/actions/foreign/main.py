import ast, json, os, runpy, sys

here = os.path.dirname(__file__)
library = os.environ["WINDLASS_LIBRARY"]
sys.path[0:1] = [here, library]
import ansible.module_utils.basic as basic

basic._ANSIBLE_ARGS = sys.stdin.buffer.read()
basic._ANSIBLE_PROFILE = "legacy"
name = "@NAME@"
open_files = @OPEN_FILES@


def end(**result):
    sys.stdout.write("\n" + json.dumps(result) + "\n")
    sys.stdout.flush()
    sys.exit(1)


def reasons(error):
    found = []
    while error is not None:
        found.append(str(error))
        error = error.__cause__
    return ": ".join(found)


def lacking(error):
    """The names that an import looked for in the library or in a collection, where it has nothing of them."""
    frame = link = error.__traceback__
    while link is not None:
        if not link.tb_frame.f_code.co_filename.startswith("<frozen"):
            frame = link
        link = link.tb_next
    known = frame.tb_frame.f_globals
    spec = known.get("__spec__")
    try:
        text = spec.loader.get_source(spec.name) if spec else ""
        nodes = [node for node in ast.walk(ast.parse(text)) if getattr(node, "lineno", 0) == frame.tb_lineno]
    except (AttributeError, ImportError, SyntaxError, ValueError):
        return []
    for node in nodes:
        if isinstance(node, ast.Import):
            return [one.name for one in node.names if one.name == error.name or one.name.startswith(str(error.name) + ".")]
        if isinstance(node, ast.ImportFrom):
            package = (known.get("__package__") or "").split(".")
            above = package[: len(package) - node.level + 1] if node.level else []
            module = ".".join(above + ([node.module] if node.module else []))
            if isinstance(error, ModuleNotFoundError):
                return [module + "." + node.names[0].name, module]
            if module == "ansible.module_utils":
                return [module + "." + one.name for one in node.names if "'%s'" % one.name in str(error)]
    return []


if open_files:
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, open_files), hard))
    except ValueError:
        pass

try:
    runpy.run_module(name, init_globals=dict(_module_fqn=name, _modlib_path=here), run_name="__main__", alter_sys=True)
except SyntaxError as error:
    if os.path.dirname(error.filename or "") != os.path.join(here, *name.split(".")[:-1]):
        end(failed=True, msg="Task failed: Module failed: " + reasons(error))
    end(_windlass_unfit="Unable to compile '%s': %s" % (name.split(".")[-1], error))
except Exception as error:
    looked = lacking(error) if isinstance(error, ImportError) else []
    if looked and looked[0].startswith(("ansible.module_utils.", "ansible_collections.")):
        end(_windlass_unfit="Could not find imported module support code for @FULL@. Looked for (%s)" % looked)
    said = reasons(error)
    cause = error
    while cause.__cause__ is not None:
        cause = cause.__cause__
    if cause.__context__ is not None and not cause.__suppress_context__:
        end(failed=True, msg="Task failed: Module failed: " + said, _windlass_cause=said)
    end(failed=True, msg="Task failed: Module failed: " + said)
end(failed=True, msg="Task failed: Module failed: New-style module did not handle its own exit.")
