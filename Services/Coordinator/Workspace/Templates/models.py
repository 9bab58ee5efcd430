"""Finds models and asks them, as a model node does."""

import importlib
import importlib.util
import sys
from pathlib import Path

PACKAGE = Path(__file__).parent


def base_class(name):
    """`tracker.TrackerBase`: modules of this folder go by their own names, as on a model node."""
    if str(PACKAGE) not in sys.path:
        sys.path.append(str(PACKAGE))
    module, _, attribute = name.rpartition(".")
    return getattr(importlib.import_module(module), attribute)


def load(folder, base):
    """An instance of the first class in `main.py` that derives from the base class."""
    path = Path(folder) / "main.py"
    if not path.exists():
        raise FileNotFoundError(f"{path} is missing; a model is a folder with a main.py")
    spec = importlib.util.spec_from_file_location(f"model_{path.parent.name}", path)
    module = importlib.util.module_from_spec(spec)
    sys.path.insert(0, str(path.parent))
    try:
        spec.loader.exec_module(module)
    finally:
        sys.path.remove(str(path.parent))
    found = [
        thing for _, thing in sorted(vars(module).items())
        if isinstance(thing, type) and issubclass(thing, base) and thing is not base
    ]
    if not found:
        raise ValueError(f"{path} has no class that derives from {base.__module__}.{base.__name__}")
    return found[0]()


def arguments(contract, scope):
    """The positional arguments of the prediction method, in the types that the contract names."""
    convert = {"INT": int, "FLOAT": float, "DOUBLE": float, "STRING": str, "JSON": lambda value: value}
    pairs = [next(iter(argument.items())) for argument in contract["call"]["arguments"]]
    return [convert[kind](scope[name]) if scope.get(name) is not None else "" for name, kind in pairs]
