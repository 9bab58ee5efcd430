"""The competition: types, schedules and what is counted."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, Field
from starter_challenge.scoring import GroundTruth, InferenceOutput, ScoreResult, score_prediction

from crunch_node.crunch_config import Aggregation, AggregationWindow, EnsembleConfig, PredictionScope, ScheduledPrediction
from crunch_node.crunch_config import CrunchConfig as BaseCrunchConfig
from crunch_node.extensions.emission_strategies import contribution_weighted_emission
from crunch_node.services.ensemble import equal_weight, top_n


def keep_the_last(results):
    return results[-1] if results else {}


class RawInput(BaseModel):
    candles_1m: list[dict[str, Any]]
    symbol: str = "ETHUSDT"


class ModelInput(BaseModel):
    momentum: float = 0.0

    def sign(self):
        return 1 if self.momentum > 0 else -1


class CrunchConfig(BaseCrunchConfig):
    raw_input_type: type[BaseModel] = RawInput
    input_type: type[BaseModel] = ModelInput
    output_type: type[BaseModel] = InferenceOutput
    ground_truth_type: type[BaseModel] = GroundTruth
    score_type: type[BaseModel] = ScoreResult
    scope: PredictionScope = Field(default_factory=lambda: PredictionScope(subject="ETHUSDT", step_seconds=5))
    scoring_function: Any = score_prediction
    aggregate_snapshot: Any = keep_the_last
    build_emission: Any = contribution_weighted_emission
    crunch_pubkey: str = "9xQeWvG816bUx9EPjHmaT23yvVM2ZWbrrpZb9PusVFin"
    max_ground_truth_staleness_fraction: float = 0.5
    metrics: list[str] = Field(default_factory=lambda: ["ic", "hit_rate", "model_correlation"])
    ensembles: list[EnsembleConfig] = Field(
        default_factory=lambda: [EnsembleConfig(name="main", strategy=equal_weight, model_filter=top_n(3))]
    )
    aggregation: Aggregation = Field(
        default_factory=lambda: Aggregation(
            windows={"pnl_day": AggregationWindow(hours=24), "pnl_week": AggregationWindow(hours=168)},
            value_field="pnl",
            ranking_key="pnl_day",
            ranking_direction="desc",
        )
    )
    scheduled_predictions: list[ScheduledPrediction] = Field(
        default_factory=lambda: [
            ScheduledPrediction(
                scope_key="eth-1m", scope={"subject": "ETHUSDT"}, prediction_interval_seconds=15, resolve_horizon_seconds=60
            ),
            ScheduledPrediction(
                scope_key="eth-5m", scope={"subject": "ETHUSDT"}, prediction_interval_seconds=60, resolve_horizon_seconds=300, order=1
            ),
        ]
    )
