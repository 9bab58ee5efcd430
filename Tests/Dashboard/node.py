"""A report worker, and a score worker for what pages ask of it, over a database of their own."""

import http.client
import os
import socket
import subprocess
import sys
import time
from urllib.parse import urlsplit

here = os.path.dirname(os.path.abspath(__file__))
binaries = os.path.abspath(os.environ["BIN"])
KEYS = "reader a-key-that-only-reads read never\noperator a-key-that-opens-everything admin never\n"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return str(probe.getsockname()[1])


def run(*words, **environment):
    answer = subprocess.run(words, env=os.environ | environment, capture_output=True, text=True)
    if answer.returncode != 0:
        sys.exit(f"check-dashboard: {' '.join(words[:3])}: {answer.stdout}{answer.stderr}")
    return answer.stdout


class Node:
    def __init__(self, folder, reads_need_key=False):
        self.folder = folder
        server = os.environ["TEST_DATABASE_URL"]
        name = "check_dashboard"
        run("psql", server, "-qX", "-c", f"DROP DATABASE IF EXISTS {name} WITH (FORCE)", "-c", f"CREATE DATABASE {name}")
        self.database = urlsplit(server)._replace(path="/" + name).geturl()
        run(os.path.join(binaries, "coordinator"), "db", "migrate", DATABASE_URL=self.database)
        keys = os.path.join(folder, "keys")
        with open(keys, "w") as file:
            file.write(KEYS)
        self.port = free_port()
        self.log = open(os.path.join(folder, "workers.log"), "w+")
        self.environment = os.environ | {
            "DATABASE_URL": self.database, "REDIS_URL": os.environ["TEST_REDIS_URL"],
            "REDIS_KEY_PREFIX": f"{{dashboard-{os.getpid()}}}:", "REPORT_PORT": self.port, "API_KEYS_FILE": keys,
            "API_READ_AUTH": "true" if reads_need_key else "false", "LOG_LEVEL": "warning", "CRUNCH_ID": "btc-minute"}
        self.processes = []
        self.start("report-worker")
        for _ in range(400):
            try:
                if self.request("GET", "/healthz")[0] == 200:
                    return
            except OSError:
                time.sleep(0.05)
        sys.exit("check-dashboard: the report worker does not answer")

    def start(self, name):
        process = subprocess.Popen(
            [os.path.join(binaries, name)], stdout=self.log, stderr=subprocess.STDOUT,
            env=self.environment | {"HEALTH_PORT": free_port()})
        self.processes.append(process)

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def sql(self, *statements):
        words = [word for statement in statements for word in ("-c", statement)]
        return run("psql", self.database, "-qXAt", "-v", "ON_ERROR_STOP=1", *words).strip()

    def fill(self):
        run("psql", self.database, "-qX", "-v", "ON_ERROR_STOP=1", "-f", os.path.join(here, "seed.sql"))
        self.rank()

    def rank(self, winner=None):
        """Writes a leaderboard of the snapshots; a winner is put first."""
        first = f"id = '{winner}'" if winner else "false"
        self.sql(f"""
            INSERT INTO leaderboards (id, created_at, entries_jsonb)
            SELECT 'LBR_' || clock_timestamp(), now(), jsonb_agg(jsonb_build_object('model_id', id, 'model_name', name,
              'cruncher_name', player_name, 'rank', place, 'score', jsonb_build_object(
                'metrics', jsonb_build_object('score_recent', recent, 'score_steady', recent * 0.8, 'score_anchor', recent * 0.7),
                'ranking', jsonb_build_object('key', 'score_recent', 'value', recent, 'direction', 'desc'))) ORDER BY place)
            FROM (SELECT id, name, player_name, recent,
                row_number() OVER (ORDER BY CASE WHEN {first} THEN 0 ELSE 1 END, recent DESC) AS place
              FROM models m, LATERAL (SELECT avg((result_summary_jsonb ->> 'value')::float8) AS recent FROM snapshots s
                WHERE s.model_id = m.id AND period_end > now() - interval '24 hours') r
              WHERE left(id, 2) <> '__') ranked""")

    def request(self, method, path, body=None, headers={}):
        connection = http.client.HTTPConnection("127.0.0.1", int(self.port), timeout=20)
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        text = answer.read().decode(errors="replace")
        connection.close()
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}, text

    def end(self):
        for process in self.processes:
            process.terminate()
        for process in self.processes:
            process.wait()
        self.log.seek(0)
        return [line for line in self.log if "request failed" in line]
