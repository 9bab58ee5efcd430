"""Times the feed worker: how many records a second it stores and tells of, beside COPY into the same table in the same run, how
late it is with many subjects that have a record each second, and how long windows and truths take on a long history.

Wants DATABASE_URL and REDIS_URL of servers that it may fill (deploy/local-servers.sh), and the executables' folder in BIN.
Settings: PARTS ("ingest steady volume"), SUBJECTS (500), RECORDS (500000), REPETITIONS (3), STEADY_SECONDS (60), ROWS (10000000, of
the history; a row takes about 400 bytes). Every run is audited: a record that is missing in PostgreSQL or in the stream, or
that a look-up does not find, ends the benchmark without a figure.
"""

import hashlib
import json
import os
import subprocess
import tempfile
import time
import urllib.request
from datetime import datetime, timedelta, timezone

from servers import Postgres, Program, Redis, free_port, give_up, median, percentile, print_settings, spread

parts = os.environ.get("PARTS", "ingest steady volume").split()
subjects = [f"S{number:04}" for number in range(int(os.environ.get("SUBJECTS", "500")))]
records = int(os.environ.get("RECORDS", "500000"))
repetitions = int(os.environ.get("REPETITIONS", "3"))
steady_seconds = int(os.environ.get("STEADY_SECONDS", "60"))
rows = int(os.environ.get("ROWS", "10000000"))
wanted = 20_000
first = datetime(2026, 1, 5, tzinfo=timezone.utc)


def row(second, number):
    price = 50_000 + (second * 31 + number * 17) % 997
    return price, price + 1, price - 1, price, second % 10


def write_feed(path, seconds):
    with open(path, "w") as file:
        file.write("time,subject,open,high,low,close,volume\n")
        for second in range(seconds):
            stamp = (first + timedelta(seconds=second)).strftime("%Y-%m-%dT%H:%M:%SZ")
            for number, subject in enumerate(subjects):
                file.write(f"{stamp},{subject},{','.join(map(str, row(second, number)))}\n")


def write_rows(path, seconds):
    """The same records as rows of the table, for COPY."""
    with open(path, "w") as file:
        for second in range(seconds):
            at = first + timedelta(seconds=second)
            iso, known = at.isoformat(), (at + timedelta(seconds=1)).isoformat()
            for number, subject in enumerate(subjects):
                identifier = hashlib.sha1(f"bench|{subject}|candle|1s|{iso}".encode()).hexdigest()
                values = '{"open": %d, "high": %d, "low": %d, "close": %d, "volume": %d}' % row(second, number)
                file.write(f'{identifier}\tbench\t{subject}\tcandle\t1s\t{iso}\t{known}\t{values}\t{{"closed": true}}\n')


class Bench:
    database = "bench_feeds"

    def __init__(self, postgres, redis, folder):
        self.postgres, self.redis, self.folder = postgres, redis, folder

    def prepare(self):
        self.postgres.query(f"DROP DATABASE IF EXISTS {self.database} WITH (FORCE)")
        self.postgres.query(f"CREATE DATABASE {self.database}")
        self.redis("FLUSHALL")
        self.run = self.postgres.database(self.database)
        made = subprocess.run(
            [os.path.join(os.environ["BIN"], "coordinator"), "db", "migrate"], capture_output=True, text=True,
            env=os.environ | {"DATABASE_URL": self.run.url})
        if made.returncode != 0:
            give_up(f"coordinator db migrate: {made.stdout}{made.stderr}")
        self.redis("XGROUP", "CREATE", "feed.records", "predict", "0", "MKSTREAM")

    def worker(self, port, **settings):
        return Program(
            [os.path.join(os.environ["BIN"], "feed-data-worker")],
            DATABASE_URL=self.run.url, REDIS_URL=os.environ["REDIS_URL"], FEED_PROVIDER="replay", FEED_SOURCE="bench",
            FEED_SUBJECTS=",".join(subjects), FEED_KIND="candle", FEED_GRANULARITY="1s", FEED_OPT_GRANULARITY="1s",
            FEED_OPT_PATH=os.path.join(self.folder, "feed.csv"), HEALTH_PORT=str(port), LOG_LEVEL="warning",
            LOG_FORMAT="plain", **settings)

    def told(self):
        return self.redis.info("XINFO", "STREAM", "feed.records")["entries-added"]

    def copy(self, count):
        """Records a second of COPY into the table with its indexes and spans, as one transaction."""
        self.prepare()
        self.run.query(f"SELECT make_feed_partitions(ARRAY[timestamptz '{first.isoformat()}'], 7)")
        began = time.monotonic()
        answer = subprocess.run(
            ["psql", self.run.url, "-qX", "-v", "ON_ERROR_STOP=1", "-c",
             "\\copy feed_records (id, source, subject, kind, granularity, ts_event, ts_ingested, values_jsonb, meta_jsonb)"
             f" FROM '{self.folder}/rows.tsv'"], capture_output=True, text=True)
        if answer.returncode != 0:
            give_up(f"COPY: {answer.stderr}")
        return count / (time.monotonic() - began)

    def ingest(self, count):
        """Records a second into PostgreSQL and the stream, whose listeners keep up."""
        self.prepare()
        with self.worker(free_port(), FEED_OPT_SPEED="max") as worker:
            deadline = time.monotonic() + 900
            began = None
            while (told := self.told()) < count:
                worker.must_run()
                if time.monotonic() > deadline:
                    give_up(f"{told} of {count} records after 15 minutes:\n{worker.text()[-2000:]}")
                if told and began is None:
                    began, before, cpu = time.monotonic(), told, worker.cpu()
                # The listeners have taken all: only what is behind them is kept.
                self.redis.pipeline([
                    ("XGROUP", "SETID", "feed.records", "predict", "$"), ("XTRIM", "feed.records", "MAXLEN", 1_000)])
                time.sleep(0.01)
            took, cpu = time.monotonic() - began, worker.cpu() - cpu
            worker.end()
        stored = int(self.run.value("SELECT count(*) FROM feed_records"))
        marks = int(self.run.value("SELECT count(*) FROM feed_ingestion_state WHERE last_event_ts IS NOT NULL"))
        strays = int(self.run.value("SELECT count(*) FROM feed_records_default"))
        if (stored, self.told(), marks, strays) != (count, count, len(subjects), 0):
            give_up(f"audit failed, no figure: {stored} stored, {self.told()} told, {marks} watermarks, {strays} strays")
        return (count - before) / took, 1_000 * cpu / (count - before)

    def steady(self):
        """Milliseconds from a candle's end until the stream has it, one a second of each subject, and the CPU's share."""
        self.prepare()
        with self.worker(
                free_port(), FEED_OPT_SPEED="1", FEED_BACKFILL_MINUTES="1", FEED_POLL_SECONDS="0.25") as worker:
            deadline = time.monotonic() + 120
            while self.told() < 3 * len(subjects):
                worker.must_run()
                if time.monotonic() > deadline:
                    give_up(f"no live records within two minutes:\n{worker.text()[-2000:]}")
                time.sleep(0.2)
            time.sleep(5)
            began, cpu = time.time(), worker.cpu()
            late, seen, last = [], {}, f"{int(began * 1_000)}-0"
            while time.time() < began + steady_seconds:
                worker.must_run()
                time.sleep(0.5)
                entries = self.redis("XRANGE", "feed.records", f"({last}", "+")
                for identifier, fields in entries:
                    fields = dict(zip(fields[::2], fields[1::2]))
                    event = datetime.fromisoformat(fields["ts_event"].replace("Z", "+00:00")).timestamp()
                    late.append(int(identifier.split("-")[0]) - 1_000 * (event + 1))
                    seen.setdefault(fields["subject"], []).append(int(event))
                    last = identifier
            share = (worker.cpu() - cpu) / (time.time() - began)
            worker.end()
        if set(seen) != set(subjects):
            give_up(f"audit failed, no figure: {len(seen)} of {len(subjects)} subjects were heard")
        for subject, events in seen.items():
            if events != list(range(events[0], events[0] + len(events))):
                give_up(f"audit failed, no figure: {subject} has gaps, doubles or disorder in the stream")
            if len(events) < steady_seconds - 5:
                give_up(f"audit failed, no figure: {subject} has {len(events)} records in {steady_seconds} s")
        missing = self.run.value(
            """SELECT count(*) FROM (
                SELECT subject, count(*) AS n, extract(epoch FROM max(ts_event) - min(ts_event)) + 1 AS expected
                FROM feed_records GROUP BY subject) s WHERE n <> expected""")
        if missing != "0":
            give_up(f"audit failed, no figure: {missing} subjects have holes in the table")
        return late, share

    def fill(self):
        """A history of minute candles of 50 subjects, span by span, and what its tables take on the disk."""
        self.prepare()
        run, feeds = self.run, 50
        minutes = rows // feeds
        run.query(f"""
            INSERT INTO feed_ingestion_state (id, source, subject, kind, granularity, last_event_ts)
            SELECT 'bench-' || s, 'bench', 'S' || s, 'candle', '1m', date_trunc('minute', now()) - interval '1 minute'
            FROM generate_series(1, {feeds}) s""")
        first = run.value(f"SELECT date_trunc('minute', now()) - {minutes} * interval '1 minute'")
        days = f"SELECT day FROM generate_series('{first}'::timestamptz, now(), '1 day') day"
        run.query(f"SELECT make_feed_partitions(ARRAY({days}), 7)")
        step = 20_160
        for offset in range(0, minutes, step):
            run.query(f"""
                INSERT INTO feed_records
                  (id, source, subject, kind, granularity, ts_event, ts_ingested, values_jsonb, meta_jsonb)
                SELECT left(encode(sha256(('S' || s || '|' || m)::bytea), 'hex'), 40), 'bench', 'S' || s, 'candle', '1m',
                  at, at + interval '61 s', jsonb_build_object('open', 100 + m % 97, 'high', 101 + m % 97,
                    'low', 99 + m % 97, 'close', 100.25 + m % 97, 'volume', m % 10), '{{"closed": true}}'
                FROM generate_series({offset}, {min(offset + step, minutes) - 1}) m, generate_series(1, {feeds}) s,
                  LATERAL (SELECT '{first}'::timestamptz + m * interval '1 minute' AS at) a""")
            done = min(offset + step, minutes) * feeds
            if offset // step % 25 == 0 or done == rows:
                print(f"  {done:,} rows", flush=True)
        run.query("VACUUM (ANALYZE) feed_records")
        return run.value("""
            SELECT count(*) || ' spans, ' || pg_size_pretty(sum(pg_total_relation_size(inhrelid)))
            FROM pg_inherits WHERE inhparent = 'feed_records'::regclass""")

    def look_up(self, count):
        """What FeedBench says, a dictionary for each kind of look-up, and what the server said meanwhile."""
        answer = subprocess.run(
            [os.path.join(os.environ["BIN"], "FeedBench"), str(count)], capture_output=True, text=True,
            env=os.environ | {"DATABASE_URL": self.run.url})
        if answer.returncode != 0:
            give_up(f"FeedBench: {answer.stderr[-2000:]}")
        return [json.loads(line) for line in answer.stdout.splitlines()], answer.stderr

    def plans(self):
        """The plan that is used for each look-up, of the server's own accord: it tells each session what it did."""
        for name, value in (("session_preload_libraries", "auto_explain"), ("auto_explain.log_min_duration", "0"),
                            ("auto_explain.log_analyze", "on"), ("client_min_messages", "log")):
            self.run.query(f"ALTER DATABASE {self.database} SET {name} = '{value}'")
        told = self.look_up(1)[1].split("Query Text:")[1:]
        latest = {}
        for plan in told:
            if "FROM feed_records" in plan and "Append" in plan:
                latest[plan.split("Append")[0].split("Limit")[0]] = plan
        return list(latest.values())


def main():
    for name in ("DATABASE_URL", "REDIS_URL", "BIN"):
        if not os.environ.get(name):
            give_up(f"{name} is not set; make bench-feeds sets it")
    postgres, redis = Postgres(os.environ["DATABASE_URL"]), Redis(os.environ["REDIS_URL"])
    redis("CONFIG", "SET", "appendonly", "yes")
    redis("CONFIG", "SET", "appendfsync", "everysec")
    print_settings(postgres, redis)
    seconds = max(1, records // len(subjects))
    count = seconds * len(subjects)
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        bench = Bench(postgres, redis, folder)
        if "ingest" in parts:
            write_feed(os.path.join(folder, "feed.csv"), seconds)
            write_rows(os.path.join(folder, "rows.tsv"), seconds)
            print(f"{count} candles of {len(subjects)} subjects, transactions of 4,000; COPY in one transaction", flush=True)
            rates, copies, costs = [], [], []
            for _ in range(repetitions):
                copies.append(bench.copy(count))
                rate, cost = bench.ingest(count)
                rates.append(rate)
                costs.append(cost)
                print(f"  COPY {copies[-1]:,.0f}/s   worker {rate:,.0f}/s, {cost:.3f} ms CPU a record", flush=True)
            print(f"stored and told: {spread(rates, '{:,.0f}')} records/s; of COPY's {spread(copies, '{:,.0f}')}:"
                  f" {median(rates) / median(copies):.2f}; wanted {wanted:,}:"
                  f" {'met' if median(rates) >= wanted else 'MISSED'}", flush=True)
        if "steady" in parts:
            write_feed(os.path.join(folder, "feed.csv"), 120)
            late, share = bench.steady()
            print(f"{len(subjects)} subjects, a candle a second each, asked for every 0.25 s: {len(late)} records told, none"
                  f" missing; after a candle's end p50 {percentile(late, .5):.0f} ms, p99 {percentile(late, .99):.0f} ms, at"
                  f" most {max(late):.0f} ms; {100 * share:.0f} % of a core: {'met' if percentile(late, .99) < 1_000 else 'MISSED'}")
        if "volume" in parts:
            print(f"minute candles of 50 subjects: {bench.fill()}", flush=True)
            figures, _ = bench.look_up(2_000)
            for figure in figures:
                print(f"  {figure['lookup']}: p50 {figure['p50']:.2f} ms, p99 {figure['p99']:.2f} ms, at most"
                      f" {figure['most']:.2f} ms: {'met' if figure['p99'] < 1 else 'MISSED'}", flush=True)
            for plan in bench.plans():
                print("Query Text:" + plan.rstrip(), flush=True)
    postgres.query(f"DROP DATABASE IF EXISTS {bench.database} WITH (FORCE)")


main()
