"""Runs every interop case against the program: `run.py PATH_TO_POSTSEAL`."""

import inspect
import os
import pathlib
import sys
import traceback

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from cases import guide, jose, standard_webhooks  # noqa: E402
from program import Postseal  # noqa: E402


def cases(module):
    """The functions of a module that take the program, and nothing else."""
    own = [one for _, one in inspect.getmembers(module, inspect.isfunction)
           if one.__module__ == module.__name__]
    found = [one for one in own if list(inspect.signature(one).parameters) == ["postseal"]]
    return sorted(found, key=lambda one: one.__code__.co_firstlineno)


def passes(case, postseal):
    name = f"{case.__module__}: {case.__name__}"
    try:
        case(postseal)
    except Exception:  # a case may fail in any way, and the others still run
        print(f"FAILED {name}\n{traceback.format_exc()}")
        return False
    print(f"ok     {name}")
    return True


def main(arguments):
    if len(arguments) != 1:
        print("usage: run.py PATH_TO_POSTSEAL", file=sys.stderr)
        return 2
    path = pathlib.Path(arguments[0])
    if not path.is_file():
        print(f"no program at {path}", file=sys.stderr)
        return 2
    os.environ["no_proxy"] = os.environ["NO_PROXY"] = "127.0.0.1"  # all HTTP here is on loopback
    postseal = Postseal(str(path.resolve()))
    modules = [standard_webhooks, jose, guide]
    results = [passes(case, postseal) for module in modules for case in cases(module)]
    print(f"{results.count(True)} passed, {results.count(False)} failed")
    return 0 if results and all(results) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
