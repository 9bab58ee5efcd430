"""A database with rows to score, made once and copied for every run, and the tasks of those rows in Redis."""

import os
import subprocess

from servers import give_up

here = os.path.dirname(os.path.abspath(__file__))


class Stage:
    run_database = "bench_run"

    def __init__(self, postgres, redis, coordinator):
        self.postgres, self.redis, self.coordinator = postgres, redis, coordinator
        self.templates = set()

    @property
    def run(self):
        return self.postgres.database(self.run_database)

    def drop(self, name):
        self.postgres.query(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")

    def template(self, history, tasks, models):
        """The name of a database with such rows."""
        name = f"bench_{history}_{tasks}_{models}"
        if name not in self.templates:
            self.drop(name)
            self.postgres.query(f"CREATE DATABASE {name}")
            database = self.postgres.database(name)
            made = subprocess.run(
                [self.coordinator, "db", "migrate"], capture_output=True, text=True,
                env=os.environ | {"DATABASE_URL": database.url})
            if made.returncode != 0:
                give_up(f"coordinator db migrate: {made.stdout}{made.stderr}")
            database.script(os.path.join(here, "rows.sql"), history=history, tasks=tasks, models=models)
            self.templates.add(name)
        return name

    def set(self, history, tasks, models):
        """A fresh copy of the rows, and their tasks in the stream, as the workers of a running node would find them."""
        template = self.template(history, tasks, models)
        self.drop(self.run_database)
        self.postgres.query(f"CREATE DATABASE {self.run_database} TEMPLATE {template} STRATEGY file_copy")
        self.postgres.query("CHECKPOINT")
        self.redis("FLUSHALL")
        self.redis("SET", "bus.marker", "here")
        for stream, group in (("predictions.pending", "score"), ("scores.ready", "leaderboard")):
            self.redis("XGROUP", "CREATE", stream, group, "0", "MKSTREAM")
        entries = [["XADD", "predictions.pending", "*", *fields] for fields in self.tasks()]
        self.redis.pipeline(entries)
        return len(entries)

    def tasks(self):
        """The entries of all tasks that are not scored, a list of fields each."""
        form = """'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'"""
        rows = self.run.query(
            f"""SELECT DISTINCT input_id, scope_key, to_char(performed_at AT TIME ZONE 'UTC', {form}),
              to_char(resolvable_at AT TIME ZONE 'UTC', {form}), resolvable_at
            FROM predictions WHERE status = 'PENDING' ORDER BY resolvable_at""")
        return [
            ["v", "1", "kind", "score.task", "input_id", row[0], "scope_key", row[1], "config_id", "", "subject", "BTC",
             "performed_at", row[2].replace(".000000", ""), "resolvable_at", row[3].replace(".000000", "")]
            for row in rows]

    def audit(self, history, predictions):
        """Ends the benchmark when a prediction was lost, doubled or failed."""
        row = self.run.query(
            """SELECT (SELECT count(*) FROM scores), (SELECT count(DISTINCT prediction_id) FROM scores),
              (SELECT count(*) FROM predictions WHERE status <> 'SCORED'),
              (SELECT count(*) FROM scores WHERE success IS NOT TRUE OR period_start IS NULL)""")[0]
        scores, distinct, unfinished, failed = map(int, row)
        if (scores, distinct, unfinished, failed) != (history + predictions, history + predictions, 0, 0):
            give_up(
                f"audit failed, no figure: {scores} scores of {distinct} predictions where {history + predictions} were"
                f" wanted, {unfinished} predictions not scored, {failed} scores failed")

    def close(self):
        for name in (self.run_database, *self.templates):
            self.drop(name)
