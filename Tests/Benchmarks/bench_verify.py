"""Times `coordinator verify` on scores, snapshots, checkpoints and a leaderboard that workers made, and changes one digit of
one row of each table that it covers: each time it must say no, and which row.

Wants DATABASE_URL and REDIS_URL of servers that it may fill (deploy/local-servers.sh) and the executables' folder in BIN.
Settings: REPETITIONS (3), TASKS (10000), MODELS (100): one score of each model a task, a task a minute; INTERVALS ("600"):
seconds of a snapshot; SECONDS (30): what is wanted.
"""

import json
import os
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "score"))

from contest import Contest
from servers import Postgres, Program, Redis, free_port, give_up, median, print_settings, spread
from stage import Stage


def number(name, default):
    return int(os.environ.get(name, default))


repetitions, tasks, models = number("REPETITIONS", 3), number("TASKS", 10_000), number("MODELS", 100)
intervals = [int(word) for word in os.environ.get("INTERVALS", "600").split()]
wanted = float(os.environ.get("SECONDS", "30"))
# Of a checkpoint: a week of data has seven.
period = max(600, tasks * 60 // 7 // 600 * 600)

# A column of the middle row of each table, and how its row is named in the answer.
DAMAGES = [
    ("scores", "result_jsonb", "id"),
    ("predictions", "inference_output_jsonb", "id"),
    ("ground_truths", "truth_jsonb", "input_id"),
    ("feed_records", "values_jsonb", "id"),
    ("snapshots", "result_summary_jsonb", "id"),
    ("snapshots", "content_hash", "id"),
    ("merkle_cycles", "chained_root", "id"),
    ("merkle_nodes", "hash", "id"),
    ("checkpoints", "entries_jsonb", "id"),
    ("leaderboards", "entries_jsonb", "id"),
]


class Node:
    """A database that workers filled."""

    def __init__(self, contest, interval):
        self.contest, self.interval = contest, interval
        self.postgres = contest.stage.run

    def environment(self):
        return {
            "DATABASE_URL": self.postgres.url, "REDIS_URL": os.environ["REDIS_URL"], "FEED_SOURCE": "bench",
            "FEED_SUBJECTS": "BTC", "FEED_KIND": "candle", "FEED_GRANULARITY": "1m",
            "SCORE_INTERVAL_SECONDS": str(self.interval), "CHECKPOINT_INTERVAL_SECONDS": str(period),
            "HEALTH_PORT": str(free_port()), "LOG_FORMAT": "plain"}

    def fill(self):
        """Scores everything, seals what has ended, makes the checkpoints and a leaderboard."""
        self.contest.stage.set(0, tasks, models)
        binaries = self.contest.binaries
        with Program([os.path.join(binaries, "score-worker")], **self.environment()) as scoring:
            self.wait(scoring, f"SELECT count(*) = {tasks * models} FROM scores")
            self.wait(
                scoring, f"""SELECT s.sealed_until >= date_bin('{self.interval} seconds', max(resolvable_at), 'epoch')
                FROM seal_state s, predictions WHERE resolvable_at < now() - interval '{self.interval} seconds'
                GROUP BY s.sealed_until""")
            self.wait(scoring, "SELECT count(*) > 0 FROM leaderboards")
            # It is written once more with what was sealed last.
            time.sleep(3)
            scoring.end()
        with Program([os.path.join(binaries, "checkpoint-worker")], **self.environment()) as keeping:
            self.wait(
                keeping, f"""SELECT coalesce(max(period_end), (SELECT first_period FROM seal_state))
                + interval '{period} seconds' > (SELECT sealed_until FROM seal_state) FROM checkpoints""")
            keeping.end()
        self.postgres.query("VACUUM ANALYZE")

    def wait(self, program, sql):
        end = time.monotonic() + 1_800
        while time.monotonic() < end:
            program.must_run()
            rows = self.postgres.query(sql)
            if rows and rows[0][0] == "t":
                return
            time.sleep(0.5)
        give_up(f"waited half an hour for: {sql}\n{program.text()[-3000:]}")

    def verify(self):
        """The answer, seconds from start to end, and the most memory in MB."""
        began = time.monotonic()
        process = subprocess.Popen(
            [os.path.join(self.contest.binaries, "coordinator"), "verify", "--json"], stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, text=True, env=os.environ | self.environment())
        output = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        seconds = time.monotonic() - began
        try:
            answer = json.loads(output.splitlines()[-1])
        except (IndexError, ValueError):
            give_up(f"verify said no JSON and ended with {process.returncode}: {output[-1000:]}")
        if process.returncode != (0 if answer["verified"] else 1):
            give_up(f"verify ended with {process.returncode}, and says verified {answer['verified']}")
        return answer, seconds, usage.ru_maxrss / 1024

    def damaged(self, table, column, name):
        """Changes a digit, verifies, and puts it back: whether the row was named, and what was said."""
        where = "WHERE level = 0" if table == "merkle_nodes" else "WHERE sealed_at IS NOT NULL" if table == "snapshots" else ""
        place, row, kind, text = self.postgres.query(
            f"""SELECT ctid, {name}, pg_typeof({column}), {column} FROM {table} {where} ORDER BY {name}
            OFFSET (SELECT count(*) / 2 FROM {table} {where}) LIMIT 1""")[0]
        # Of a record the price that is known last; of an emission a share.
        at = text.rindex("close") + 9 if table == "feed_records" else text.rindex("reward_pct") + 13 \
            if table == "checkpoints" else max(index for index, letter in enumerate(text) if letter.isdigit())
        while not text[at].isdigit():
            at += 1
        changed = text[:at] + str((int(text[at]) + 1) % 10) + text[at + 1:]
        place = self.set(table, column, kind, changed, place)
        answer, seconds, _ = self.verify()
        self.set(table, column, kind, text, place)
        said = answer["difference"] or {}
        is_named = said.get("table") == table and (table == "feed_records" or said.get("row", "").startswith(row))
        return is_named, seconds, f"{said.get('table')} {said.get('row')}, {said.get('column')}"

    def set(self, table, column, kind, text, place):
        """Where the row is afterwards."""
        quoted = text.replace("'", "''")
        return self.postgres.query(
            f"""UPDATE {table} SET {column} = '{quoted}'::{kind} WHERE ctid = '{place}' RETURNING ctid""")[0][0]


def report(node):
    node.fill()
    times, memory, answer = [], [], None
    for _ in range(repetitions):
        answer, seconds, megabytes = node.verify()
        if not answer["verified"]:
            give_up(f"verify says no on what workers made: {answer['difference']}")
        times.append(seconds)
        memory.append(megabytes)
    counts = answer["counts"]
    if counts.get("scores") != tasks * models:
        give_up(f"verify looked at {counts.get('scores')} scores of {tasks * models}")
    holds = median(times) <= wanted
    print(
        f"\n{counts['scores']:,} scores of {models} models, {counts['snapshots']:,} snapshots of {node.interval} s,"
        f" {counts['cycles']:,} cycles, {counts.get('checkpoints', 0)} checkpoints: {spread(times)} s,"
        f" {max(memory):,.0f} MB at most; wanted at most {wanted:.0f} s: {'met' if holds else 'MISSED'}")
    if answer["not_covered"]:
        print(f"not covered: {answer['not_covered']}")
    for table, column, name in DAMAGES:
        is_named, seconds, said = node.damaged(table, column, name)
        print(f"one digit of {table}.{column} changed: {seconds:.1f} s, {said}: {'named' if is_named else 'NOT NAMED'}")
        holds = holds and is_named
    return holds


def main():
    for name in ("DATABASE_URL", "REDIS_URL", "BIN"):
        if not os.environ.get(name):
            give_up(f"{name} is not set; make bench-verify sets it")
    redis, postgres = Redis(os.environ["REDIS_URL"]), Postgres(os.environ["DATABASE_URL"])
    print_settings(postgres, redis)
    stage = Stage(postgres, redis, os.path.join(os.environ["BIN"], "coordinator"))
    contest = Contest(stage, os.environ["BIN"], None)
    try:
        held = [report(Node(contest, interval)) for interval in intervals]
    finally:
        stage.close()
    sys.exit(0 if all(held) else 1)


main()
