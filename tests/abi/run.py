"""Runs the vectors, and cases of its own, through the host in Python: `run.py PATH_TO_MODULE`."""

import inspect
import json
import pathlib
import sys
import traceback

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import boundary  # noqa: E402
import operations  # noqa: E402
import policy  # noqa: E402
import vectors  # noqa: E402
from scripted import Scripted  # noqa: E402

VECTORS = pathlib.Path(__file__).resolve().parent.parent / "vectors"
# Alerts, which are the gateway's alone.
NOT_OF_THE_MODULE = "alert.json"
POLICIES = {
    "claim.json": policy.claim,
    "retry.json": policy.retry,
    "rate_limit.json": policy.rate_limit,
}


def passes(name, run, *arguments):
    try:
        run(*arguments)
    except Exception:  # a case may fail in any way, and the others still run
        print(f"FAILED {name}\n{traceback.format_exc()}")
        return False
    return True


def cases_of(file):
    document = json.loads(file.read_text(encoding="utf-8"))
    if set(document) != {"about", "cases"} or not document["cases"]:
        raise ValueError(f"{file.name} is not a file of vectors")
    return document["cases"]


def runs_of(file, case):
    """What is to be run of a case: the name, and the function that takes a host and the case."""
    if file.parent.name == "policy":
        yield case["name"], POLICIES[file.name]
    elif file.name == "sender.json":
        yield case["name"], vectors.refuses_to_seal
    else:
        yield case["name"], vectors.receives
        if "seal" in case:
            yield f"{case['name']}, sealed", vectors.seals


def vector_results(path):
    files = [*sorted(VECTORS.glob("*.json")), *sorted((VECTORS / "policy").glob("*.json"))]
    files = [file for file in files if file.name != NOT_OF_THE_MODULE]
    for file in files:
        host = Scripted(path)
        results = [passes(f"{file.name}: {name}", run, host, case)
                   for case in cases_of(file) for name, run in runs_of(file, case)]
        print(f"{file.name}: {results.count(True)} passed, {results.count(False)} failed")
        yield from results


def own_results(path):
    for module in (operations, boundary):
        own = [one for _, one in inspect.getmembers(module, inspect.isfunction)
               if one.__module__ == module.__name__]
        found = [one for one in own if list(inspect.signature(one).parameters) == ["path"]]
        for case in sorted(found, key=lambda one: one.__code__.co_firstlineno):
            result = passes(f"{module.__name__}: {case.__name__}", case, path)
            if result:
                print(f"ok     {module.__name__}: {case.__name__}")
            yield result


def main(arguments):
    if len(arguments) != 1 or not pathlib.Path(arguments[0]).is_file():
        print("usage: run.py PATH_TO_MODULE", file=sys.stderr)
        return 2
    results = [*vector_results(arguments[0]), *own_results(arguments[0])]
    print(f"{results.count(True)} passed, {results.count(False)} failed")
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
