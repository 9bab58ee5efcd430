"""Executes the configuration of a competition and prints, as one line of JSON, what each of its settings is.

    python3 -c SOURCE PATH... -- MODULE:NAME

The paths are where modules are looked for, first those of the workspace. What the configuration prints itself goes to standard error.
"""

import functools
import importlib
import json
import os
import sys
import typing


def plain(value):
    """A value as JSON, callables and types described. Never raises: what it cannot tell, it names."""
    if isinstance(value, bool) or value is None or isinstance(value, (int, str)):
        return value
    if isinstance(value, float):
        return value if value == value and abs(value) != float("inf") else str(value)
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set)):
        return [plain(item) for item in value]
    if isinstance(value, type):
        return {"$type": described(value)}
    if hasattr(value, "model_dump") and hasattr(type(value), "model_fields"):
        members = dict(vars(value))
        members.update(getattr(value, "model_extra", None) or {})
        return {name: plain(item) for name, item in members.items() if not name.startswith("_")}
    if callable(value):
        return {"$callable": reference(value)}
    return {"$other": type(value).__name__}


def reference(function):
    """How the node names a function; what of it is partial; whether it is the original's own."""
    told = {}
    if isinstance(function, functools.partial):
        told["keywords"] = plain(function.keywords)
        function = function.func
    if hasattr(function, "original"):
        return {**told, "original": plain(function.original)}
    module, name = getattr(function, "__module__", None), getattr(function, "__qualname__", None)
    if module and name and "<" not in name and module.split(".")[0] in ("crunch_node", "coordinator_node"):
        return {**told, "original": name}
    if module and name and "<" not in name and not hasattr(function, "__self__"):
        told["name"] = f"{module}:{name}"
    told["text"] = f"{module}:{name}" if name else repr(function)[:200]
    return told


def described(kind):
    fields = {}
    for name, field in getattr(kind, "model_fields", {}).items():
        fields[name] = {"type": spelled(field.annotation), "required": field.is_required()}
        if not field.is_required():
            fields[name]["default"] = plain(field.get_default(call_default_factory=True))
        for bound in getattr(field, "metadata", []):
            for word in ("ge", "gt", "le", "lt"):
                if getattr(bound, word, None) is not None:
                    fields[name][word] = plain(getattr(bound, word))
    own = [
        name for name, member in vars(kind).items()
        if not name.startswith("_") and (callable(member) or isinstance(member, property)) and name not in fields
        and not name.startswith("model_")
    ]
    return {
        "name": kind.__qualname__, "module": kind.__module__, "fields": fields, "members": sorted(own),
        "extra": getattr(kind, "model_config", {}).get("extra", "ignore") if hasattr(kind, "model_config") else "ignore",
        "is_original": kind.__module__.split(".")[0] in ("original_names", "crunch_node", "coordinator_node"),
    }


def spelled(annotation):
    if isinstance(annotation, str):
        return annotation.replace(" ", "")
    options = [option for option in typing.get_args(annotation) if option is not type(None)]
    if len(options) == 1 and type(None) in typing.get_args(annotation):
        return spelled(options[0])
    return getattr(annotation, "__name__", None) or str(annotation)


def main():
    words = sys.argv[1:]
    place = words.index("--")
    module, _, name = words[place + 1].partition(":")
    # The workspace's own modules first, what stands in for missing packages last.
    own, last = words[:place][:-1], words[:place][-1]
    sys.path[:0] = own
    sys.path.append(last)
    replies = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    try:
        config = getattr(importlib.import_module(module), name)
        if isinstance(config, type):
            config = config()
        members = plain(config)
        if not isinstance(members, dict) or "$other" in members:
            members = {key: plain(value) for key, value in vars(config).items() if not key.startswith("_")}
        answer = {"settings": members}
    except BaseException as error:  # noqa: BLE001 - whatever a configuration does, the reason is told
        answer = {"refused": f"{type(error).__name__}: {error}"}
    replies.write(json.dumps(answer) + "\n")
    replies.flush()


main()
