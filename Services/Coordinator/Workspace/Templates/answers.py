"""What the node takes of a model's answer."""

import json
import math


class Record(dict):
    """An object whose members are attributes too, as scoring functions get them on the node."""

    def __getattr__(self, name):
        try:
            return self[name]
        except KeyError:
            raise AttributeError(f"there is no field {name!r}; there are {', '.join(self) or 'none'}") from None


def number(value):
    """A finite number, also one in a text; None for everything else."""
    if not isinstance(value, (bool, int, float, str)):
        return None
    try:
        value = float(value)
    except (ValueError, OverflowError):
        return None
    return value if math.isfinite(value) else None


def whole(value):
    value = number(value)
    return int(value) if value is not None and value == int(value) else None


COERCIONS = {
    "float": number,
    "int": whole,
    "string": lambda value: value if isinstance(value, str) else None,
    "bool": lambda value: value if isinstance(value, bool) else None,
    "json": lambda value: value,
}


def check(answer, contract):
    """The answer as it is stored, with its fields coerced and defaults filled in.

    Raises ValueError with the reason that a participant would read.
    """
    try:
        text = json.dumps(answer, allow_nan=False, separators=(",", ":"))
    except (TypeError, ValueError) as error:
        raise ValueError(f"the answer is no JSON: {error}") from None
    limits = contract["limits"]
    if len(text.encode()) > limits["output_bytes"]:
        raise ValueError(f"the answer has {len(text.encode())} bytes, allowed are {limits['output_bytes']}")
    output = dict(answer) if isinstance(answer, dict) else {"result": answer}
    fields = contract["output"]
    if not any(name in output for name in fields):
        raise ValueError(f"the answer has none of the fields {', '.join(fields)}")
    if limits["unknown_output_fields"] == "refuse":
        for name in output:
            if name not in fields:
                raise ValueError(f"the contract has no field {name}")
    for name, field in fields.items():
        if name not in output:
            if field.get("default") is None:
                raise ValueError(f"field {name} is missing")
            output[name] = field["default"]
            continue
        value = COERCIONS[field["type"]](output[name])
        if value is None and field["type"] != "json":
            raise ValueError(f"field {name} is not of type {field['type']}")
        for bound, word, is_outside in (
            ("minimum", "below its minimum", lambda a, b: a < b), ("maximum", "above its maximum", lambda a, b: a > b)
        ):
            if field.get(bound) is not None and is_outside(value, field[bound]):
                raise ValueError(f"field {name} is {word} of {field[bound]}")
        output[name] = value
    return output
