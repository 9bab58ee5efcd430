"""Calls one function of the competition for the coordinator, which starts this as `python -c`.

Frames on standard input and the original standard output: four bytes of length (big endian), then JSON.
The first frame names the function, its extension point and its limits of memory and time; then each one asks about a
batch: predictions for a scoring function, lists of arguments for any other, and what these share. What the function prints goes to standard error.
"""

import copy
import datetime
import importlib
import inspect
import json
import os
import resource
import signal
import struct
import sys


class Record(dict):
    """A JSON object whose members are attributes too, so it serves code written for pydantic objects or dictionaries.

    A member named like a method of dict (items, values, keys, get, ...) hides that method.
    """

    __slots__ = ()

    # Asked before __getattr__, which Python calls only after it has made an exception: that takes longer than scoring.
    def __getattribute__(self, name):
        if name in self:
            return self[name]
        return dict.__getattribute__(self, name)

    def __getattr__(self, name):
        raise AttributeError(f"there is no field {name!r}; there are {', '.join(self.keys()) or 'none'}")

    def __setattr__(self, name, value):
        self[name] = value

    def model_dump(self, **_):
        return dict(self)


def dumped(model):
    """The members of a pydantic model as JSON has them: times, enumerations and decimals as pydantic writes them."""
    return model.model_dump(mode="json") if hasattr(model, "model_dump_json") else model.model_dump()


def plain(value):
    """Makes JSON of what json does not know: pydantic models inside a result, numbers of numpy."""
    if hasattr(value, "model_dump"):
        return dumped(value)
    for method in ("tolist", "item"):
        if hasattr(value, method):
            return getattr(value, method)()
    raise TypeError(f"a {type(value).__name__} in the result has no JSON")


def located(module, path):
    """The function, or a reason why it is none."""
    function = importlib.import_module(module)
    for name in path.split("."):
        function = getattr(function, name)
    if not callable(function):
        raise TypeError(f"{path} is a {type(function).__name__} and cannot be called")
    if inspect.iscoroutinefunction(function):
        raise TypeError(f"{path} is asynchronous; the coordinator calls plain functions")
    return function


def find(module, path):
    """The scoring function, the way the coordinator calls it."""
    function = located(module, path)
    parameters = list(inspect.signature(function).parameters.values())
    names = [parameter.name for parameter in parameters]
    if names[:2] != ["prediction", "ground_truth"]:
        raise TypeError(f"{path} takes ({', '.join(names)}); the first two must be prediction, ground_truth")
    kinds = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    more = [p.name for p in parameters[2:] if p.default is inspect.Parameter.empty and p.kind not in kinds]
    if more:
        raise TypeError(f"{path} needs {', '.join(more)} as well; only prediction and ground_truth are given")
    # A parameter may be keyword-only or positional-only: call it the way it allows.
    if any(p.kind is inspect.Parameter.POSITIONAL_ONLY for p in parameters[:2]):
        return function
    return lambda prediction, ground_truth: function(prediction=prediction, ground_truth=ground_truth)


# What each point passes: the first ones always, the others where the function takes them.
POINTS = {
    "inference_input": (["raw_input"], []),
    "inference_output": (["inference_output"], []),
    "resolve_ground_truth": (["feed_records"], ["prediction"]),
    "aggregate_snapshot": (["score_results"], []),
    "rank_leaderboard": (["entries"], []),
    "build_emission": (["ranked_entries"], ["crunch_pubkey", "compute_provider", "data_provider"]),
    "metric": (["predictions", "scores"], ["context"]),
    "ensemble_strategy": (["model_metrics"], ["predictions"]),
    "model_filter": (["model_id", "metrics"], []),
}


def at(text):
    return datetime.datetime.fromisoformat(text)


def typed(point, arguments):
    """Times as the original's objects have them."""
    if point == "resolve_ground_truth":
        for record in arguments[0]:
            record["ts_event"], record["ts_ingested"] = at(record["ts_event"]), at(record["ts_ingested"])
        prediction = arguments[1]
        for name in ("performed_at", "resolvable_at"):
            prediction[name] = at(prediction[name])
    return arguments


def calls_of(point, batch):
    """The lists of arguments of a batch."""
    if point != "metric":
        return batch["calls"]
    # Each model's own lists, and a context of which only the model differs from one call to the next.
    panel = batch["shared"]
    series = {**panel["models"], **{f"__ensemble_{name}__": own for name, own in panel["ensembles"].items()}}
    context = {
        "window_start": at(panel["window_start"]),
        "window_end": at(panel["window_end"]),
        "all_model_predictions": {name: own["predictions"] for name, own in panel["models"].items()},
        "all_model_keys": {name: own["keys"] for name, own in panel["models"].items()},
        "ensemble_predictions": {name: own["predictions"] for name, own in panel["ensembles"].items()},
        "ensemble_keys": {name: own["keys"] for name, own in panel["ensembles"].items()},
    }
    return (
        [
            series[model]["predictions"],
            series[model]["scores"],
            Record({"model_id": model, "prediction_keys": series[model]["keys"], **context}),
        ]
        for (model,) in batch["calls"]
    )


def find_for(point, module, path):
    """The function of an extension point, called with as many of the point's arguments as it takes."""
    function = located(module, path)
    needed, more = POINTS[point]
    signature = inspect.signature(function)
    kinds = [parameter.kind for parameter in signature.parameters.values()]
    if inspect.Parameter.VAR_POSITIONAL in kinds:
        count = len(needed) + len(more)
    else:
        positional = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
        count = min(sum(kind in positional for kind in kinds), len(needed) + len(more))
    # Keyword-only ones and **kwargs get theirs by name.
    named = [
        name
        for name in more
        if inspect.Parameter.VAR_KEYWORD in kinds
        or (name in signature.parameters and signature.parameters[name].kind is inspect.Parameter.KEYWORD_ONLY)
    ]
    names = needed + more

    def call(arguments):
        extra = {name: arguments[names.index(name)] for name in named if names.index(name) >= count}
        result = function(*typed(point, arguments)[:count], **extra)
        # The original keeps a model for anything that is true.
        return bool(result) if point == "model_filter" else result

    try:
        signature.bind(*range(count), **{name: None for name in named if names.index(name) >= count})
    except TypeError as error:
        raise TypeError(f"{path}{signature} cannot be called with ({', '.join(names)}): {error}") from None
    if count < len(needed):
        raise TypeError(f"{path}{signature} must take {', '.join(needed)}")
    return call


def answered(call, batch, count):
    """The results of a batch of calls, and of those that failed the place and why."""
    results, failed = [], []
    for place, arguments in enumerate(batch):
        try:
            result = call(arguments)
            results.append(dumped(result) if hasattr(result, "model_dump") else result)
        except BaseException as error:  # noqa: BLE001 - sys.exit() in one call must not end the others
            results.append(None)
            failed.append((place, reason(error, count)))
    return results, failed


def answer_text(results, failed, encode):
    """The answer as JSON; a result that has none fails alone."""
    for place, result in enumerate(results):
        try:
            results[place] = json.loads(encode(result))
        except BaseException as error:  # noqa: BLE001
            results[place] = None
            failed.append((place, reason(error, len(results))))
    return encode({"results": results, "failed": failed, "spent": is_spent})


# Whether memory ran out here: the function may hold on to what is left, so that another process takes over.
is_spent = False


def reason(error, count=1):
    """What is told of a failure of one of so many calls. When memory ran out, a batch ends with this process: each of its
    calls is made again, alone."""
    global is_spent
    if isinstance(error, MemoryError):
        if count > 1:
            print("memory ran out", file=sys.stderr, flush=True)
            os._exit(1)
        is_spent = True
    text = str(error)
    return (f"{type(error).__name__}: {text}" if text else type(error).__name__)[:2000]


def scored(function, outputs, truths):
    """The results, None for those that there are not, and of these the place, what is wrong with them, and why."""
    scores, failed = [], []
    for output, truth in zip(outputs, truths):
        try:
            result = function(output, truth)
            if hasattr(result, "model_dump"):
                result = dumped(result)
            if not isinstance(result, dict):
                failed.append((len(scores), "no_score", f"the function returned a {type(result).__name__}, not a dictionary"))
                result = None
        except BaseException as error:  # noqa: BLE001 - sys.exit() in one prediction must not end the others
            failed.append((len(scores), "error", reason(error, len(outputs))))
            result = None
        scores.append(result)
    return scores, failed


def text(scores, failed, encode):
    """The answer as JSON; a result that has none fails alone."""
    try:
        # In one go: an encoder of C is made anew at each call.
        return encode({"scores": scores, "failed": failed, "spent": is_spent})
    except Exception:
        for place, result in enumerate(scores):
            try:
                scores[place] = json.loads(encode(result))
            except BaseException as error:  # noqa: BLE001 - also a method of a result's own may raise anything
                scores[place] = None
                failed.append((place, "error", reason(error, len(scores))))
        return encode({"scores": scores, "failed": failed, "spent": is_spent})


def main():
    stream = sys.stdin.buffer
    replies = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)

    def receive():
        header = stream.read(4)
        if len(header) < 4:
            # The coordinator has gone, or is done with this process.
            os._exit(0)
        return json.loads(stream.read(struct.unpack(">I", header)[0]), object_hook=Record)

    def send(text):
        data = text.encode("utf-8", "replace")
        replies.write(struct.pack(">I", len(data)) + data)
        replies.flush()

    hello = receive()
    resource.setrlimit(resource.RLIMIT_AS, (hello.memory_bytes, hello.memory_bytes))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    point = hello["point"]
    try:
        function = find(hello.module, hello.callable) if point == "scoring" else find_for(point, hello.module, hello.callable)
    except BaseException as error:  # noqa: BLE001 - whatever an import does, the reason is told
        send(json.dumps({"refused": reason(error)}))
        return
    send(json.dumps({"ready": True}))

    encode = json.JSONEncoder(default=plain, separators=(",", ":")).encode
    while True:
        batch = receive()
        # Ends this process when it hangs and nobody is left to do that.
        signal.setitimer(signal.ITIMER_REAL, hello.seconds)
        if point != "scoring":
            answer = answer_text(*answered(function, calls_of(point, batch), len(batch["calls"])), encode)
            signal.setitimer(signal.ITIMER_REAL, 0)
            send(answer)
            continue
        truth = batch["truth"]
        is_flat = not any(isinstance(value, (dict, list)) for value in truth.values())
        own = Record if is_flat else copy.deepcopy
        # Each prediction has a truth of its own: what one call changes in it, the next does not see.
        outputs = batch["outputs"]
        answer = text(*scored(function, outputs, (own(truth) for _ in outputs)), encode)
        signal.setitimer(signal.ITIMER_REAL, 0)
        send(answer)


main()
