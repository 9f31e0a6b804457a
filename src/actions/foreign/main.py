import json, os, runpy, sys

here = os.path.dirname(__file__)
library = os.environ["WINDLASS_LIBRARY"]
sys.path[0:1] = [here, library]
import ansible.module_utils.basic as basic

basic._ANSIBLE_ARGS = sys.stdin.buffer.read()
basic._ANSIBLE_PROFILE = "legacy"
name = "@NAME@"


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


try:
    runpy.run_module(name, init_globals=dict(_module_fqn=name, _modlib_path=here), run_name="__main__", alter_sys=True)
except SyntaxError as error:
    if os.path.dirname(error.filename or "") != os.path.join(here, *name.split(".")[:-1]):
        end(failed=True, msg="Task failed: Module failed: " + reasons(error))
    end(_windlass_uncompiled="Unable to compile '%s': %s" % (name.split(".")[-1], error))
except Exception as error:
    end(failed=True, msg="Task failed: Module failed: " + reasons(error))
end(failed=True, msg="Task failed: Module failed: New-style module did not handle its own exit.")
