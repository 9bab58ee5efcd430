"""A source of data in a program of one's own: FEED_SOURCE="exec:python3 walk.py".

It prints a JSON object a line, a tick or a candle, as FEED_KIND says. Here prices are made up, from the time alone, so that
the past that it prints after a restart is the same as before; yours come from wherever you have them.
"""

import json
import os
import sys
import time
from datetime import datetime

subjects = os.environ["FEED_SUBJECTS"].split(",")
is_candle = os.environ["FEED_KIND"] == "candle"
unit = {"s": 1, "m": 60, "h": 3600, "d": 86400}
text = os.environ["FEED_GRANULARITY"]
size = int(text[:-1]) * unit[text[-1]]
since = int(datetime.fromisoformat(os.environ["FEED_SINCE"].replace("Z", "+00:00")).timestamp())


def price(subject, second):
    return 100 + (second * 7919 + sum(subject.encode()) * 104729) % 1000 / 100


def record(subject, start):
    if not is_candle:
        return {"subject": subject, "ts": start, "price": price(subject, start)}
    prices = [price(subject, second) for second in range(start, start + size)]
    return {
        "subject": subject, "ts": start, "open": prices[0], "high": max(prices), "low": min(prices),
        "close": prices[-1], "volume": len(prices), "closed": True,
    }


print(f"from {os.environ['FEED_SINCE']} on, as process {os.getpid()}", file=sys.stderr, flush=True)
start = since // size * size
while True:
    while start + size > time.time():
        time.sleep(0.05)
    for subject in subjects:
        print(json.dumps(record(subject, start)), flush=True)
    start += size
