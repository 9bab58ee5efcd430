"""Recorded feeds, what models are shown of them, and what came true: as on the node, to the last digit."""

import csv
import json
import math
from datetime import datetime, timezone

UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
TIMES = ("ts_event", "ts", "time", "timestamp", "date")
SUBJECTS = ("subject", "symbol", "ticker")
FIELDS = ("open", "high", "low", "close", "volume")


def seconds(granularity):
    """`1m` as 60."""
    number, unit = granularity[:-1], granularity[-1:]
    if not number.isdigit() or int(number) == 0 or unit not in UNITS:
        raise ValueError(f"{granularity!r} is no granularity; write a number and one of s, m, h, d, such as 1m")
    return int(number) * UNITS[unit]


def moment(text):
    """Seconds since 1970 of a time in ISO 8601, or of a number of seconds or milliseconds."""
    try:
        number = float(text)
        return number / 1000 if abs(number) > 2e10 else number
    except ValueError:
        time = datetime.fromisoformat(str(text).strip().replace("Z", "+00:00"))
        return (time if time.tzinfo else time.replace(tzinfo=timezone.utc)).timestamp()


def rows(path):
    if str(path).endswith((".json", ".jsonl", ".ndjson")):
        with open(path, encoding="utf-8") as file:
            return [json.loads(line) for line in file if line.strip()]
    with open(path, encoding="utf-8", newline="") as file:
        return [{name.lower(): value for name, value in row.items()} for row in csv.DictReader(file)]


def read(path, granularity, subject=None):
    """Candles by subject, in order of time. Takes the files that the node's replay provider takes: CSV with a header, or a
    JSON object a line. Gaps close up, as in the node's replay: candle follows candle."""
    step = seconds(granularity)
    found = {}
    for number, row in enumerate(rows(path), start=2):
        time = next((row[name] for name in TIMES if row.get(name) not in (None, "")), None)
        name = next((row[name] for name in SUBJECTS if row.get(name)), subject)
        close = row.get("close") or row.get("price")
        if time is None or name is None or close in (None, ""):
            raise ValueError(f"{path}: line {number} has no time, subject or close")
        values = {field: float(row[field]) if row.get(field) not in (None, "") else float(close) for field in FIELDS}
        if row.get("volume") in (None, ""):
            values["volume"] = 0.0
        values["close"] = float(close)
        found.setdefault(name, []).append((moment(time), values))
    feeds = {}
    for name, candles in found.items():
        candles.sort(key=lambda candle: candle[0])
        start = math.floor(candles[0][0] / step) * step
        feeds[name] = [{"ts": start + place * step, **values} for place, (_, values) in enumerate(candles)]
    return feeds


def window(candles, subject):
    """What a model is shown."""
    return {"symbol": subject, "asof_ts": candles[-1]["ts"], "candles_1m": [dict(candle) for candle in candles]}


class Truth:
    """Says what came true. The price at a time is the close of the candle that ended last by then."""

    def __init__(self, candles, step, subject):
        self.closes = {candle["ts"]: candle["close"] for candle in candles}
        self.step = step
        self.subject = subject

    def of(self, performed_at, resolvable_at):
        """None while the feed has not come so far, and where it tells no price."""
        first, last = self.opening(performed_at), self.opening(resolvable_at)
        entry, resolved = self.closes.get(first), self.closes.get(last)
        if not entry or resolved is None:
            return None
        change = (resolved - entry) / abs(entry)
        return {
            "symbol": self.subject, "asof_ts": last * 1000, "entry_price": entry, "resolved_price": resolved,
            "profit": change, "direction_up": resolved > entry, "return": change,
        }

    def opening(self, time):
        return math.floor(time / self.step) * self.step - self.step
