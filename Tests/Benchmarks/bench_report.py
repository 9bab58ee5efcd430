"""Times the report API with wrk, over a week of a competition: every endpoint that dashboards ask for.

Wants DATABASE_URL and REDIS_URL of servers that it may fill (deploy/local-servers.sh), the executables' folder in BIN, and wrk. Settings:
PREDICTIONS (1000000), MODEL_COUNT (100), CONNECTIONS (16), SECONDS (5), REPETITIONS (5), PATHS (words, all by default), PARTS
(endpoints load), LOAD_SECONDS (30), LOAD_CONNECTIONS (200). Every answer is audited: one that is not 200, or that lacks rows, ends
the benchmark without a figure. The load is 200 connections on a whole node that works meanwhile, without a single error.
"""

import json
import os
import re
import shutil
import subprocess
import time
import urllib.error
import urllib.request

from servers import Postgres, Program, Redis, free_port, give_up, median, print_settings

predictions = int(os.environ.get("PREDICTIONS", "1000000"))
models = int(os.environ.get("MODEL_COUNT", "100"))
connections = int(os.environ.get("CONNECTIONS", "16"))
seconds = int(os.environ.get("SECONDS", "5"))
repetitions = int(os.environ.get("REPETITIONS", "5"))
parts = os.environ.get("PARTS", "endpoints load").split()
load_seconds = int(os.environ.get("LOAD_SECONDS", "30"))
load_connections = int(os.environ.get("LOAD_CONNECTIONS", "200"))
here = os.path.dirname(os.path.abspath(__file__))

# What is asked, the fewest rows that are right (None: an object), and whether it is a chart over the whole week.
endpoints = {
    "/healthz": None, "/reports/leaderboard": models, "/reports/schema": None, "/reports/models": models,
    "/reports/snapshots": 100, "/reports/feeds": 1, "/reports/feeds/tail": 20, "/reports/checkpoints": 0,
    "/reports/diversity": min(models, 50), "/reports/models/summary": models, "/reports/models/global": models,
    "/reports/models/params": models, "/reports/predictions": 1_000, "/reports/predictions?projectIds=m1": 1_000,
    "/reports/models/metrics": 1_000, "/": models, "/models/m1": 25, "/predictions?model=m1": 100,
}
# As the web front end asks: with the ids of all models, over 30 days. By the name that is printed, which is also that of PATHS.
everybody = "projectIds=" + ",".join(f"m{number}" for number in range(1, models + 1))
asked = {
    f"/reports/models/{part}?all,30d": f"/reports/models/{part}?{everybody}&start={{start}}"
    for part in ("global", "params")
}
endpoints |= dict.fromkeys(asked, models)


class Worker:
    """The report worker on a database of its own."""

    def __init__(self, postgres, name):
        postgres.query(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        postgres.query(f"CREATE DATABASE {name}")
        self.database = postgres.database(name)
        environment = os.environ | {"DATABASE_URL": self.database.url}
        migrated = subprocess.run(
            [os.path.join(os.environ["BIN"], "coordinator"), "db", "migrate"], env=environment, capture_output=True, text=True)
        if migrated.returncode != 0:
            give_up(f"db migrate: {migrated.stdout}{migrated.stderr}")

    def start(self):
        self.port = free_port()
        self.program = Program(
            [os.path.join(os.environ["BIN"], "report-worker")], DATABASE_URL=self.database.url,
            REPORT_PORT=str(self.port), HEALTH_PORT=str(free_port()), LOG_LEVEL="warning")
        for _ in range(200):
            self.program.must_run()
            try:
                self.get("/healthz")
                return self.program
            except OSError:
                time.sleep(0.05)
        give_up(f"the report worker does not answer:\n{self.program.text()[-2000:]}")

    def url(self, path):
        return f"http://127.0.0.1:{self.port}{path}"

    def get(self, path):
        with urllib.request.urlopen(self.url(path), timeout=30) as answer:
            return answer.read()

    def memory(self):
        """Megabytes resident."""
        with open(f"/proc/{self.program.process.pid}/status") as status:
            return int(re.search(r"VmRSS:\s+(\d+)", status.read())[1]) / 1024


def milliseconds(text):
    value, unit = re.match(r"([\d.]+)(us|ms|s|m)$", text).groups()
    return float(value) * {"us": 0.001, "ms": 1, "s": 1_000, "m": 60_000}[unit]


def load(worker, path):
    """Requests a second, and the latencies in milliseconds below which half and 99 % of them lie."""
    answer = subprocess.run(
        ["wrk", "-t2", f"-c{connections}", f"-d{seconds}s", "--timeout", "30s", "--latency", worker.url(path)],
        capture_output=True, text=True)
    text = answer.stdout
    errors = re.search(r"Non-2xx or 3xx responses: \d+|Socket errors:.*", text)
    rate = re.search(r"Requests/sec:\s+([\d.]+)", text)
    if answer.returncode != 0 or errors or not rate:
        give_up(f"{path}: {errors[0] if errors else text + answer.stderr}")
    shares = dict(re.findall(r"(50|99)%\s+([\d.]+\w+)", text))
    return float(rate[1]), milliseconds(shares["50"]), milliseconds(shares["99"])


def audit(worker, path, least):
    started = time.monotonic()
    try:
        body = worker.get(path)
    except urllib.error.HTTPError as error:
        give_up(f"{path} answers {error.code}: {error.read()[:300]}")
    took = (time.monotonic() - started) * 1_000
    # Of a page its rows in tables.
    answer = json.loads(body) if body[:1] in b"[{" else re.findall(rb"<tr", body)
    if least is not None and len(answer) < least:
        give_up(f"{path} answers {len(answer)} rows; {least} are right")
    return took, len(body), len(answer)


def under_load(postgres):
    """A whole node on demo data, and as many clients as a competition has on its page: nobody gets an error, and the
    pipeline goes on."""
    name = "bench_report_load"
    postgres.query(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
    postgres.query(f"CREATE DATABASE {name}")
    database = postgres.database(name)
    port = free_port()
    with Program(
        [os.path.join(os.environ["BIN"], "coordinator"), "up", "--demo"], DATABASE_URL=database.url,
        REDIS_KEY_PREFIX="{bench-report-load}:", REPORT_PORT=str(port)) as node:
        url = f"http://127.0.0.1:{port}"
        for _ in range(600):
            node.must_run()
            try:
                with urllib.request.urlopen(url + "/reports/leaderboard", timeout=5) as answer:
                    if len(json.loads(answer.read())) >= 5:
                        break
            except OSError:
                pass
            time.sleep(0.2)
        else:
            give_up(f"the node has no ranking:\n{node.text()[-2000:]}")
        before = int(database.value("SELECT count(*) FROM scores"))
        answer = subprocess.run(
            ["wrk", "-t2", f"-c{load_connections}", f"-d{load_seconds}s", "--timeout", "30s", "--latency",
             "-s", os.path.join(here, "report", "mix.lua"), url], capture_output=True, text=True)
        scored = int(database.value("SELECT count(*) FROM scores")) - before
        errors = re.search(r"Non-2xx or 3xx responses: \d+|Socket errors:.*", answer.stdout)
        rate = re.search(r"Requests/sec:\s+([\d.]+)", answer.stdout)
        if answer.returncode != 0 or errors or not rate:
            give_up(f"load: {errors[0] if errors else answer.stdout + answer.stderr}")
        if scored <= 0:
            give_up("load: nothing was scored meanwhile")
        shares = dict(re.findall(r"(50|99)%\s+([\d.]+\w+)", answer.stdout))
        print(f"load: {load_connections} connections for {load_seconds} s on a node that scored {scored} meanwhile: no error, "
              f"{float(rate[1]):.0f} req/s, p50 {shares['50']}, p99 {shares['99']}")
        node.end()


def by_endpoint(postgres):
    worker = Worker(postgres, "bench_report")
    started = time.monotonic()
    worker.database.script(os.path.join(here, "report", "fill.sql"), models=models, predictions=predictions)
    print_settings(postgres, Redis(os.environ["REDIS_URL"]))
    print(f"{predictions} predictions of {models} models, filled in {time.monotonic() - started:.0f} s; "
          f"{connections} connections, {repetitions} times {seconds} s each")
    with worker.start():
        print(f"memory at the start: {worker.memory():.0f} MB\n")
        print(f"{'endpoint':38} {'rows':>6} {'kB':>6} {'first ms':>9} {'req/s':>9} {'range':>17} {'p50 ms':>8} {'p99 ms':>8} {'MB':>5}")
        wanted = os.environ.get("PATHS", "").split() or list(endpoints)
        for name in wanted:
            start = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - 30 * 86_400))
            path = asked.get(name, name).format(start=start)
            first, size, rows = audit(worker, path, endpoints.get(name))
            runs = [load(worker, path) for _ in range(repetitions)]
            rates = sorted(run[0] for run in runs)
            span = f"{rates[0]:.0f}-{rates[-1]:.0f}"
            print(f"{name:38} {rows:6} {size / 1000:6.0f} {first:9.1f} {median(rates):9.0f} {span:>17} "
                  f"{median([run[1] for run in runs]):8.2f} {median([run[2] for run in runs]):8.2f} {worker.memory():5.0f}",
                  flush=True)


def main():
    if not shutil.which("wrk"):
        give_up("wrk is missing; install it (Debian: apt-get install wrk)")
    postgres = Postgres(os.environ["DATABASE_URL"])
    if "endpoints" in parts:
        by_endpoint(postgres)
    if "load" in parts:
        under_load(postgres)


main()
