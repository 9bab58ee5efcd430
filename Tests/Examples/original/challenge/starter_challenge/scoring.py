"""What predictions of this competition earn: the move in the direction of the forecast, less a spread for its size."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

SPREAD = 0.0001


class InferenceOutput(BaseModel):
    value: float = Field(default=0.0, ge=-1.0, le=1.0)
    note: str = ""


class GroundTruth(BaseModel):
    model_config = ConfigDict(extra="allow")

    symbol: str = "BTCUSDT"
    profit: float = 0.0


class ScoreResult(BaseModel):
    model_config = ConfigDict(extra="allow")

    value: float = 0.0
    pnl: float = 0.0
    spread_cost: float = 0.0
    success: bool = True
    failed_reason: str | None = None


def score_prediction(prediction, ground_truth):
    size = abs(prediction.value)
    if size > 1:
        return ScoreResult(success=False, failed_reason=f"a position of {size} is more than there is")
    pnl = prediction.value * ground_truth.profit
    cost = SPREAD * size
    return ScoreResult(value=pnl - cost, pnl=pnl, spread_cost=cost)
