"""Times the predict worker on stub nodes of the rig in MODEL_RIG_DIR, beside a bare client of the same gRPC library that
makes the same calls.

Wants DATABASE_URL and REDIS_URL of servers that it may fill (deploy/local-servers.sh), the executables' folder in BIN, and
in MODEL_PYTHON a Python with the rig's requirements. Settings: MODELS ("1 10 100 1000"), SAMPLES (30), a feed record a
second each. Every run is audited: a slot that is missing, or that lacks a prediction, ends the benchmark without a figure.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from datetime import datetime, timezone

from servers import Postgres, Program, Redis, free_port, give_up, median, percentile, print_settings

model_counts = [int(word) for word in os.environ.get("MODELS", "1 10 100 1000").split()]
samples = int(os.environ.get("SAMPLES", "30"))
rig_folder = os.environ.get("MODEL_RIG_DIR", "")
python = os.environ.get("MODEL_PYTHON", "python3")
window = 120

configs = [{
    "scope_key": "bench", "scope_template": {"horizon_seconds": 60, "step_seconds": 15},
    "schedule": {"prediction_interval_seconds": 1, "resolve_horizon_seconds": 60}, "order": 1}]


def values(second):
    price = 50_000 + second % 997
    return json.dumps({"open": price, "high": price + 1, "low": price - 1, "close": price, "volume": 1})


class Rig:
    """Stub nodes and their orchestrator."""

    def __init__(self, models):
        self.program = Program(
            [python, "-B", os.path.join(rig_folder, "rig.py"), "--mode", "stub", "--models", str(models), "--port", "0",
             "--control-port", "0", "--max-seconds", "600"])
        deadline = time.monotonic() + 60
        while not (ready := [line for line in self.program.text().splitlines() if line.startswith("READY ")]):
            self.program.must_run()
            if time.monotonic() > deadline:
                give_up(f"the rig is not ready: {self.program.text()}")
            time.sleep(0.1)
        state = json.loads(ready[0][6:])
        self.port = state["ws_port"]
        self.nodes = [model["port"] for model in state["models"]]


class Metrics:
    def __init__(self, port):
        self.url = f"http://127.0.0.1:{port}/metrics"

    def read(self):
        try:
            text = urllib.request.urlopen(self.url, timeout=5).read().decode()
        except OSError:
            return {}
        return {line.rsplit(" ", 1)[0]: float(line.rsplit(" ", 1)[1]) for line in text.splitlines() if line[:1] != "#"}


class Bench:
    database = "bench_predict"

    def __init__(self, postgres, redis):
        self.postgres, self.redis = postgres, redis

    def prepare(self):
        """An empty competition with one config that fires every second and a full window of candles."""
        self.postgres.query(f"DROP DATABASE IF EXISTS {self.database} WITH (FORCE)")
        self.postgres.query(f"CREATE DATABASE {self.database}")
        self.redis("FLUSHALL")
        self.run = self.postgres.database(self.database)
        with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
            json.dump(configs, file)
            file.flush()
            seeded = subprocess.run(
                [os.path.join(os.environ["BIN"], "coordinator"), "db", "init"], capture_output=True, text=True,
                env=self.environment | {"SCHEDULED_PREDICTION_CONFIGS_PATH": file.name})
        if seeded.returncode != 0:
            give_up(f"coordinator db init: {seeded.stdout}{seeded.stderr}")
        self.run.query(
            f"""INSERT INTO feed_records
                (id, source, subject, kind, granularity, ts_event, ts_ingested, values_jsonb, meta_jsonb)
              SELECT 'bench-' || s, 'bench', 'BTC', 'candle', '1s', at, at + interval '1 second',
                jsonb_build_object('open', s, 'high', s, 'low', s, 'close', s, 'volume', 1), '{{"closed": true}}'
              FROM (SELECT s, date_trunc('second', now()) - (s + 60) * interval '1 second' AS at
                FROM generate_series(1, {window}) s) candles""")

    @property
    def environment(self):
        return os.environ | {
            "DATABASE_URL": self.postgres.database(self.database).url, "REDIS_URL": os.environ["REDIS_URL"],
            "FEED_SOURCE": "bench", "FEED_SUBJECTS": "BTC", "FEED_KIND": "candle", "FEED_GRANULARITY": "1s",
            "LOG_FORMAT": "plain"}

    def publish(self, second):
        """The candle that closed a moment ago, as a feed worker publishes it. Answers when that was."""
        now = time.time()
        stamp = datetime.fromtimestamp(now, timezone.utc).isoformat().replace("+00:00", "Z")
        event = datetime.fromtimestamp(second - 1, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
        self.redis(
            "XADD", "feed.records", "*", "v", 1, "kind", "feed.record", "source", "bench", "subject", "BTC",
            "record_kind", "candle", "granularity", "1s", "ts_event", event, "ts_ingested", stamp, "closed", 1, "values",
            values(second), "meta", '{"closed": true}')
        return now

    def measure(self, models, rig):
        """Milliseconds a slot: from published to committed without the calls, and the calls."""
        self.prepare()
        port = free_port()
        environment = self.environment | {
            "MODEL_RUNNER_NODE_HOST": "127.0.0.1", "MODEL_RUNNER_NODE_PORT": str(rig.port), "HEALTH_PORT": str(port),
            "LOG_LEVEL": "warning"}
        with Program([os.path.join(os.environ["BIN"], "predict-worker")], **environment) as worker:
            metrics = Metrics(port)
            self.await_models(worker, models, rig)
            published, committed, calls, late = {}, {}, [], 0
            for number in range(samples + 3):
                now = time.time()
                second = int(now) + 1
                time.sleep(second + 0.02 - now)
                before = metrics.read()
                sent = self.publish(second)
                after = self.await_slot(worker, metrics, before.get("coordinator_slot_committed_seconds_count", 0))
                if time.time() > second + 1:
                    late += 1
                if number >= 3:  # the first ones open connections and prepare statements
                    def spent(name):
                        return after[name] - before.get(name, 0)
                    published[second] = sent
                    committed[second] = spent("coordinator_slot_committed_seconds_sum")
                    calls.append(1_000 * spent("coordinator_slot_calls_seconds_sum"))
            worker.end()
        return self.audited(models, published, committed, calls), calls, late

    def await_models(self, worker, models, rig):
        """Until all nodes were set up: the worker asks those that are there when a record comes."""
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline:
            worker.must_run()
            self.publish(int(time.time()))
            time.sleep(1)
            # A second look at how many the last slot asked.
            rows = self.run.query("SELECT cardinality(model_ids) FROM prediction_slots ORDER BY slot DESC LIMIT 1")
            if rows and int(rows[0][0]) == models:
                time.sleep(1)
                return
        give_up(f"the models did not join within two minutes:\n{worker.text()[-2000:]}")

    def await_slot(self, worker, metrics, known):
        deadline = time.monotonic() + 30
        time.sleep(0.5)  # looking costs the worker time: not while it works
        while time.monotonic() < deadline:
            time.sleep(0.02)
            worker.must_run()
            now = metrics.read()
            if now.get("coordinator_slot_committed_seconds_count", 0) > known:
                return now
        give_up(f"a slot was not committed within 30 s:\n{worker.text()[-2000:]}")

    def audited(self, models, published, committed, calls):
        # The worker counts from the slot's `performed_at` to the end of the commit of its last prediction.
        rows = self.run.query(
            """SELECT s.slot, extract(epoch FROM s.performed_at), count(p.id), count(p.id) FILTER (WHERE p.status = 'PENDING')
            FROM prediction_slots s JOIN predictions p USING (input_id, scope_key) GROUP BY s.slot, s.performed_at""")
        slots = {int(row[0]): row for row in rows}
        totals = []
        for second in sorted(published):
            row = slots.get(second)
            if row is None or int(row[2]) != models or int(row[3]) != models:
                give_up(f"audit failed, no figure: of the slot at {second} there is {row}, wanted {models} predictions")
            totals.append(1_000 * (float(row[1]) - published[second] + committed[second]))
        return [total - call for total, call in zip(totals, calls)]


def bare(rig):
    data = 95 * window  # about what a window of candles is as JSON
    answer = subprocess.run(
        [os.path.join(os.environ["BIN"], "BareClient"), str(samples + 3), str(data), *map(str, rig.nodes)],
        capture_output=True, text=True)
    if answer.returncode != 0:
        give_up(f"the bare client: {answer.stderr[-2000:]}")
    return [float(line) for line in answer.stdout.split()][3:]


def main():
    if not os.path.exists(os.path.join(rig_folder, "rig.py")):
        print("bench-predict is skipped: it needs the model rig; set MODEL_RIG_DIR to the folder with its rig.py")
        return
    for name in ("DATABASE_URL", "REDIS_URL", "BIN"):
        if not os.environ.get(name):
            give_up(f"{name} is not set; make bench-predict sets it")
    postgres, redis = Postgres(os.environ["DATABASE_URL"]), Redis(os.environ["REDIS_URL"])
    redis("CONFIG", "SET", "appendonly", "yes")
    redis("CONFIG", "SET", "appendfsync", "everysec")
    print_settings(postgres, redis)
    print(f"{samples} slots each, a feed record a second, windows of {window} candles; stub nodes on the same cores")
    print("ms; own: feed record published to all predictions committed, without the time that the calls took")
    print(" models   own p50   own p99   calls p50   calls p99   bare p50   bare p99   calls to bare   slots late")
    bench = Bench(postgres, redis)
    results = {}
    for models in model_counts:
        rig = Rig(models)
        with rig.program:
            first = bare(rig)
            own, calls, late = bench.measure(models, rig)
            alone = first + bare(rig)  # before and after, for the machine is not the same all the time
        results[models] = own, calls, alone
        ratio = median(calls) / median(alone)
        print(f"{models:>7}  {percentile(own, .5):>8.1f}  {percentile(own, .99):>8.1f}  {percentile(calls, .5):>10.1f}"
              f"  {percentile(calls, .99):>10.1f}  {percentile(alone, .5):>9.1f}  {percentile(alone, .99):>9.1f}"
              f"  {ratio:>14.2f}  {late:>11}", flush=True)
    if 100 in results:
        own, calls, alone = results[100]
        verdict = "met" if percentile(own, .5) <= 5 and percentile(own, .99) <= 15 else "MISSED"
        print(f"100 models: wanted own p50 at most 5 ms, p99 at most 15 ms: {verdict};"
              f" calls within 1.5 of bare: {'met' if median(calls) <= 1.5 * median(alone) else 'MISSED'}")
        if 1_000 in results:
            more = results[1_000]
            held = all(percentile(many, .99) <= 10 * percentile(few, .99) for many, few in zip(more[:2], (own, calls)))
            print(f"1,000 models: p99 at most 10 times that of 100: {'met' if held else 'MISSED'}")
    postgres.query(f"DROP DATABASE IF EXISTS {bench.database} WITH (FORCE)")


main()
