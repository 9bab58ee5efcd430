"""Stands in for the Python packages `coordinator_node` and `crunch_node`, so that a competition's configuration and scoring
that import names of theirs run without them. Where one of the packages is installed, it goes first.

What it defines are names and defaults; what they did is done by the node.
"""

import importlib.abc
import importlib.util
import sys
from types import ModuleType
from typing import Any, Callable, Optional

from pydantic import BaseModel, ConfigDict, Field


class Open(BaseModel):
    model_config = ConfigDict(extra="allow", arbitrary_types_allowed=True)


class Meta(Open):
    pass


class GroundTruth(Open):
    pass


class InferenceInput(Open):
    pass


class RawInput(Open):
    pass


class InferenceOutput(Open):
    value: float = 0.0


class ScoreResult(Open):
    value: float = 0.0
    success: bool = True
    failed_reason: Optional[str] = None


class PredictionScope(Open):
    subject: str = "BTCUSDT"
    step_seconds: int = 15


class CallMethodArg(Open):
    name: str = ""
    type: str = "STRING"


class CallMethodConfig(Open):
    method: str = "predict"
    args: list = Field(default_factory=lambda: [
        CallMethodArg(name="subject", type="STRING"), CallMethodArg(name="resolve_horizon_seconds", type="INT"),
        CallMethodArg(name="step_seconds", type="INT"),
    ])


class AggregationWindow(Open):
    hours: int = 24


def windows():
    hours = {"score_recent": 24, "score_steady": 72, "score_anchor": 168}
    return {name: AggregationWindow(hours=count) for name, count in hours.items()}


class Aggregation(Open):
    windows: dict = Field(default_factory=windows)
    value_field: str = "value"
    ranking_key: str = "score_recent"
    ranking_direction: str = "desc"


class ScheduledPrediction(Open):
    scope_key: str = ""
    scope: dict = Field(default_factory=dict)
    prediction_interval_seconds: int = 60
    resolve_horizon_seconds: int = 0
    active: bool = True
    order: int = 0
    meta: dict = Field(default_factory=dict)


class PerformanceConfig(Open):
    pass


def named(name, says=None):
    """A function of the original that the node does itself: known by its name, called by nobody."""

    def stand_in(*_, **__):
        raise NotImplementedError(f"{name} is part of the node; it cannot be called from here")

    stand_in.__name__ = stand_in.__qualname__ = name
    stand_in.original = says if says is not None else name
    return stand_in


inverse_variance = named("inverse_variance")
equal_weight = named("equal_weight")
contribution_weighted_emission = named("contribution_weighted_emission")
default_score_prediction = named("default_score_prediction")
default_resolve_ground_truth = named("default_resolve_ground_truth")
default_aggregate_snapshot = named("default_aggregate_snapshot")
default_build_emission = named("default_build_emission")
default_compute_metrics = named("default_compute_metrics")


def top_n(n):
    return named("top_n", {"top_n": n})


def min_metric(metric, threshold=0.0):
    return named("min_metric", {"min_metric": metric, "at_least": threshold})


class EnsembleConfig(Open):
    name: str = ""
    strategy: Any = inverse_variance
    model_filter: Any = None
    enabled: bool = True


FRAC_64_MULTIPLIER = 1_000_000_000


def pct_to_frac64(pct):
    return int(round(pct / 100.0 * FRAC_64_MULTIPLIER))


class CrunchConfig(Open):
    meta_type: Any = Meta
    raw_input_type: Any = None
    feed_normalizer: str = "candle"
    feed_subject_mapping: dict = Field(default_factory=dict)
    input_type: Any = None
    ground_truth_type: Any = None
    output_type: Any = InferenceOutput
    score_type: Any = ScoreResult
    scope: Any = Field(default_factory=PredictionScope)
    call_method: Any = Field(default_factory=CallMethodConfig)
    aggregation: Any = Field(default_factory=Aggregation)
    scheduled_predictions: list = Field(default_factory=lambda: [
        ScheduledPrediction(
            scope_key="BTCUSDT-60", scope={"subject": "BTCUSDT"}, prediction_interval_seconds=15,
            resolve_horizon_seconds=60),
    ])
    metrics: list = Field(default_factory=lambda: ["ic", "ic_sharpe", "hit_rate", "max_drawdown", "model_correlation"])
    compute_metrics: Any = default_compute_metrics
    ensembles: list = Field(default_factory=list)
    crunch_pubkey: str = ""
    compute_provider: Optional[str] = None
    data_provider: Optional[str] = None
    predict_service_class: Any = None
    performance: Any = Field(default_factory=PerformanceConfig)
    max_ground_truth_staleness_fraction: float = 0.2
    scoring_function: Any = None
    post_predict_hook: Any = None
    resolve_ground_truth: Any = default_resolve_ground_truth
    aggregate_snapshot: Any = default_aggregate_snapshot
    build_emission: Any = default_build_emission


BaseCrunchConfig = CrunchConfig


class CrunchContract(CrunchConfig):
    """The name that the older package had for it."""


class StandInModule(ModuleType):
    """A module of one of the packages: has the names of this file, and for every other name an empty class."""

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        known = globals()
        if name in known and not isinstance(known[name], ModuleType):
            return known[name]
        made = type(name, (Open,), {"__module__": self.__name__})
        setattr(self, name, made)
        return made


class StandInFinder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    def __init__(self, package):
        self.package = package

    def find_spec(self, name, path=None, target=None):
        if name.startswith(self.package + "."):
            return importlib.util.spec_from_loader(name, self, is_package=True)
        return None

    def create_module(self, spec):
        return StandInModule(spec.name)

    def exec_module(self, module):
        module.__path__ = []


def install(package):
    """Makes a module of every `package.anything`."""
    sys.meta_path.append(StandInFinder(package))
    sys.modules[package].__class__ = StandInModule
