"""What the users of Redis and the roles of PostgreSQL may do and may not, on real servers: make check-roles.

Starts a Redis by deploy/redis/start.sh and a PostgreSQL of its own, has the schema of the product's migrations, and runs
the script of `coordinator db roles` on it. Needs redis-server, PostgreSQL and psql.
"""

import glob
import os
import re
import shutil
import socket
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
WORKERS = ["feed-data-worker", "predict-worker", "score-worker", "checkpoint-worker", "report-worker"]
NO_TABLE = re.compile(r"permission denied for (table|schema)")


def free_port() -> str:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return str(listener.getsockname()[1])


def program(name: str) -> str:
    found = shutil.which(name) or next(iter(sorted(glob.glob(f"/usr/lib/postgresql/*/bin/{name}"), reverse=True)), None)
    if not found:
        raise unittest.SkipTest(f"{name} is not installed; run make setup")
    return found


def wait_until(condition, what: str) -> None:
    end = time.monotonic() + 20
    while not condition():
        if time.monotonic() > end:
            raise AssertionError(f"{what} did not come")
        time.sleep(0.05)


def run(*command, **settings) -> subprocess.CompletedProcess:
    return subprocess.run(command, capture_output=True, text=True, check=False, **settings)


class RedisUsers(unittest.TestCase):
    PREFIX = "{trial}:"

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.port = free_port()
        program("redis-server")
        for name in WORKERS + ["operator"]:
            Path(cls.folder.name, f"{name}.redis-password").write_text(f"secret of {name}")
        environment = {**os.environ, "SECRETS": cls.folder.name, "ACL": f"{cls.folder.name}/users.acl",
                       "REDIS_KEY_PREFIX": cls.PREFIX}
        cls.server = subprocess.Popen(
            ["sh", str(ROOT / "deploy/redis/start.sh"), "--port", cls.port, "--bind", "127.0.0.1", "--dir", cls.folder.name],
            env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_until(lambda: cls.command(None, "PING") == "PONG", "Redis")

    @classmethod
    def tearDownClass(cls):
        cls.server.terminate()
        cls.server.wait()
        cls.folder.cleanup()

    @classmethod
    def command(cls, user, *words) -> str:
        environment = dict(os.environ)
        login = []
        if user:
            environment["REDISCLI_AUTH"] = f"secret of {user}"
            login = ["--user", user]
        answer = run("redis-cli", "-p", cls.port, *login, *words, env=environment)
        return (answer.stdout + answer.stderr).strip()

    def key(self, name: str) -> str:
        return self.PREFIX + name

    def assertRefused(self, answer: str):
        self.assertIn("NOPERM", answer)

    def test_without_a_password_only_ping_is_answered(self):
        self.assertRefused(self.command(None, "XLEN", self.key("feed.records")))
        self.assertRefused(self.command(None, "CONFIG", "GET", "*"))

    def test_every_worker_says_that_it_lives(self):
        for worker in WORKERS:
            script = "return redis.call('ZADD', KEYS[1], redis.call('TIME')[1], ARGV[1])"
            answer = self.command(worker, "EVAL", script, "1", self.key("bus.workers"), worker)
            self.assertEqual(answer, "1", worker)

    def test_work_flows_from_feed_to_score(self):
        stream, delayed = self.key("feed.records"), self.key("predictions.delayed")
        told = self.command("feed-data-worker", "XADD", stream, "*", "a", "b")
        self.assertRegex(told, r"^\d+-\d+$")
        # What was told without an answer is read back.
        self.assertIn(told, self.command("feed-data-worker", "XRANGE", stream, "-", "+", "COUNT", "10"))
        self.assertEqual(self.command("predict-worker", "XGROUP", "CREATE", stream, "predict", "0"), "OK")
        read = self.command("predict-worker", "XREADGROUP", "GROUP", "predict", "me", "STREAMS", stream, ">")
        self.assertIn("feed.records", read)
        self.assertEqual(self.command("predict-worker", "ZADD", delayed, "NX", "1", "[]"), "1")
        self.assertEqual(self.command("score-worker", "ZCARD", delayed), "1")
        # A tape that is played as fast as it goes waits for those who read it.
        script = "return {redis.call('XINFO', 'GROUPS', KEYS[1]), redis.call('XPENDING', KEYS[1], 'predict'), redis.call('XLEN', KEYS[2])}"
        groups = self.command("feed-data-worker", "EVAL", script, "2", stream, self.key("feed.records.parked"))
        self.assertIn("last-delivered-id", groups)
        pending = self.key("predictions.pending")
        self.assertEqual(self.command("score-worker", "XGROUP", "CREATE", pending, "score", "0", "MKSTREAM"), "OK")

    def test_nobody_reaches_the_streams_of_others(self):
        self.assertRefused(self.command("feed-data-worker", "XADD", self.key("predictions.pending"), "*", "a", "b"))
        self.assertRefused(self.command("feed-data-worker", "XRANGE", self.key("predictions.pending"), "-", "+"))
        self.assertRefused(self.command("predict-worker", "XADD", self.key("scores.ready"), "*", "a", "b"))
        self.assertRefused(self.command("checkpoint-worker", "XLEN", self.key("scores.ready")))
        self.assertRefused(self.command("report-worker", "ZADD", self.key("predictions.delayed"), "1", "x"))
        self.assertRefused(self.command("score-worker", "XADD", "without.prefix", "*", "a", "b"))

    def test_a_script_has_no_more_rights_than_its_caller(self):
        script = "return redis.call('XADD', KEYS[1], '*', 'a', 'b')"
        self.assertRegex(
            self.command("report-worker", "EVAL", script, "1", self.key("scores.ready")), "NOPERM|can't run")

    def test_the_report_worker_looks_at_the_streams(self):
        stream = self.key("predictions.pending")
        script = "return {redis.call('XLEN', KEYS[1]), redis.call('XLEN', KEYS[2]), redis.call('TIME')[1]}"
        self.assertRegex(
            self.command("report-worker", "EVAL", script, "2", stream, self.key("predictions.pending.parked")), r"^\d+\n\d+")
        self.assertRegex(self.command("report-worker", "ZCARD", self.key("predictions.delayed")), r"^\d+$")
        for words in [["XADD", stream, "*", "a", "b"], ["XTRIM", stream, "MAXLEN", "0"], ["DEL", stream],
                      ["ZREM", self.key("predictions.delayed"), "x"]]:
            self.assertRefused(self.command("report-worker", *words))

    def test_nobody_can_empty_or_configure_redis(self):
        for worker in WORKERS + ["operator"]:
            self.assertRefused(self.command(worker, "FLUSHALL"))
            self.assertRefused(self.command(worker, "CONFIG", "SET", "maxmemory", "1"))


class DatabaseRoles(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        os.chmod(cls.folder.name, 0o777)
        cls.port = free_port()
        cls.user = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
        data = f"{cls.folder.name}/data"
        made = run(*cls.user, program("initdb"), "-D", data, "-U", "coordinator", "-A", "trust", "--no-sync", cwd="/")
        if made.returncode:
            raise AssertionError(made.stderr)
        cls.server = subprocess.Popen(
            [*cls.user, program("postgres"), "-D", data, "-p", cls.port, "-c", "listen_addresses=127.0.0.1",
             "-c", "unix_socket_directories=", "-c", "fsync=off"],
            cwd="/", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        cls.environment = {**os.environ, "PGHOST": "127.0.0.1", "PGPORT": cls.port, "PGUSER": "coordinator",
                           "PGDATABASE": "postgres"}
        wait_until(lambda: cls.sql("coordinator", "SELECT 1").returncode == 0, "PostgreSQL")
        made = cls.sql("coordinator", schema())
        if made.returncode:
            raise AssertionError(made.stderr)
        for _ in range(2):
            done = cls.sql("coordinator", (ROOT / "Services/Coordinator/Database/roles.sql").read_text())
            if done.returncode:
                raise AssertionError(done.stderr)

    @classmethod
    def tearDownClass(cls):
        pid = int(run(*cls.user, "head", "-1", f"{cls.folder.name}/data/postmaster.pid").stdout)
        os.kill(pid, 2)
        cls.server.wait()
        shutil.rmtree(cls.folder.name, ignore_errors=True)

    @classmethod
    def sql(cls, role: str, text: str) -> subprocess.CompletedProcess:
        return run("psql", "-XAtq", "-v", "ON_ERROR_STOP=1", "-U", role, input=text, env=cls.environment)

    def privileges(self, role: str) -> dict[str, set[str]]:
        rows = self.sql("coordinator", f"""
            SELECT table_name, privilege_type FROM information_schema.role_table_grants WHERE grantee = '{role}'
            UNION SELECT table_name, privilege_type FROM information_schema.column_privileges WHERE grantee = '{role}'
            """).stdout.split()
        found: dict[str, set[str]] = {}
        for row in rows:
            table, privilege = row.split("|")
            found.setdefault(table, set()).add(privilege)
        return found

    def assertMay(self, role: str, text: str):
        self.assertEqual(self.sql(role, text).stderr, "", f"{role}: {text}")

    def assertMayNot(self, role: str, text: str):
        self.assertRegex(self.sql(role, text).stderr, NO_TABLE, f"{role}: {text}")

    def test_every_worker_sees_the_version_of_the_schema_and_cannot_change_it(self):
        for role in WORKERS:
            self.assertMay(role, "SELECT * FROM schema_migrations")
            self.assertMayNot(role, "DELETE FROM schema_migrations")
            self.assertMayNot(role, "CREATE TABLE mine (id int)")

    def test_a_score_worker_cannot_write_a_checkpoint(self):
        self.assertMayNot("score-worker", "INSERT INTO checkpoints SELECT * FROM checkpoints")
        self.assertMayNot("score-worker", "UPDATE checkpoints SET status = 'PAID'")
        self.assertMayNot("score-worker", "INSERT INTO feed_records SELECT * FROM feed_records")
        self.assertMay("score-worker", "SELECT from_ts FROM feed_gaps")
        self.assertMayNot("score-worker", "DELETE FROM feed_gaps")

    def test_only_the_checkpoint_worker_makes_checkpoints_and_only_the_report_worker_moves_them(self):
        makes = [role for role in WORKERS if "INSERT" in self.privileges(role).get("checkpoints", set())]
        moves = [role for role in WORKERS if "UPDATE" in self.privileges(role).get("checkpoints", set())]
        self.assertEqual((makes, moves), (["checkpoint-worker"], ["report-worker"]))
        self.assertMay("report-worker", "UPDATE checkpoints SET status = 'SUBMITTED', tx_hash = 'x', submitted_at = now()")
        self.assertMayNot("report-worker", "UPDATE checkpoints SET entries_jsonb = '[]'")

    def test_the_report_worker_asks_for_work_and_changes_nothing_else(self):
        self.assertMay("report-worker", "SELECT * FROM commands, backfill_jobs")
        self.assertMay("report-worker", "INSERT INTO commands SELECT * FROM commands")
        self.assertMayNot("report-worker", "INSERT INTO backfill_jobs SELECT * FROM backfill_jobs")
        self.assertMay(
            "report-worker",
            "INSERT INTO commands (id, kind, target, actor, payload_jsonb) VALUES ('c', 'backfill', 'j', 'a', "
            """'{"source": "s", "subject": "s", "kind": "k", "granularity": "g", "start": "2026-01-01", """
            """"end": "2026-01-02", "destination": "parquet"}')""")
        self.assertMayNot("report-worker", "UPDATE commands SET state = 'done'")
        self.assertMayNot("report-worker", "DELETE FROM commands")
        self.assertMayNot("report-worker", "UPDATE backfill_jobs SET status = 'completed'")
        self.assertMayNot("report-worker", "INSERT INTO predictions SELECT * FROM predictions")

    def test_the_report_worker_reads_what_pages_tell(self):
        for table in ["prediction_slots", "ground_truths", "score_runs", "dead_letters", "paused_streams", "leases", "sweep_state",
                      "tournament_rounds"]:
            self.assertEqual(self.privileges("report-worker")[table], {"SELECT"}, table)

    def test_a_score_worker_does_what_was_asked_for_and_asks_for_nothing(self):
        self.assertMay("score-worker", "UPDATE commands SET state = 'done', result_jsonb = '{}', finished_at = now()")
        self.assertMayNot("score-worker", "INSERT INTO commands SELECT * FROM commands")
        self.assertMay("score-worker", "DELETE FROM scores WHERE success IS FALSE")

    def test_rounds_are_opened_by_the_predict_worker_and_judged_by_the_score_worker(self):
        self.assertMay("predict-worker", """
            INSERT INTO tournament_rounds (id, opened_by, answer_seconds, truth_seconds) VALUES ('r', 'me', 1, 1);
            UPDATE tournament_rounds SET state = 'asking' WHERE id = 'r';
            UPDATE commands SET state = 'done'
            """)
        self.assertMayNot("predict-worker", "INSERT INTO commands SELECT * FROM commands")
        self.assertMayNot("predict-worker", "INSERT INTO ground_truths SELECT * FROM ground_truths")
        self.assertMay("score-worker", "UPDATE tournament_rounds SET state = 'scored' WHERE id = 'r'")
        self.assertMayNot("score-worker", "INSERT INTO tournament_rounds SELECT * FROM tournament_rounds")
        self.assertMayNot("report-worker", "UPDATE tournament_rounds SET state = 'closed'")
        holders = [role for role in WORKERS if "tournament_rounds" in self.privileges(role)]
        self.assertEqual(holders, ["predict-worker", "score-worker", "report-worker"])

    def test_the_checkpoint_worker_marks_snapshots_and_changes_nothing_in_them(self):
        self.assertMay("checkpoint-worker", "UPDATE snapshots SET checkpoint_id = 'c' WHERE id = 's'")
        self.assertMay("checkpoint-worker", "SELECT id FROM snapshots FOR UPDATE")
        self.assertMayNot("checkpoint-worker", "UPDATE snapshots SET result_summary_jsonb = '{}'")

    def test_scores_are_written_by_score_workers_alone(self):
        for table in ["scores", "ground_truths", "snapshots", "leaderboards"]:
            writers = [role for role in WORKERS if "INSERT" in self.privileges(role).get(table, set())]
            self.assertEqual(writers, ["score-worker"], table)

    def test_the_predict_worker_stores_a_prediction_and_the_score_worker_ends_it(self):
        self.assertMay("predict-worker", """
            INSERT INTO models (id, name, deployment_identifier, player_id, player_name)
              VALUES ('m', 'm', 'm', 'p', 'p');
            INSERT INTO inputs (id, raw_data_jsonb) VALUES ('i', '{}');
            INSERT INTO predictions (id, input_id, model_id, scope_key, scope_jsonb, status, exec_time_ms,
              inference_output_jsonb, performed_at, resolvable_at)
              VALUES ('p', 'i', 'm', 's', '{}', 'PENDING', 1, '{}', now(), now())
            """)
        self.assertMay("score-worker", "UPDATE predictions SET status = 'SCORED' WHERE id = 'p'")
        self.assertMayNot("predict-worker", "UPDATE predictions SET status = 'SCORED' WHERE id = 'p'")
        self.assertMayNot("score-worker", "DELETE FROM predictions")

    def test_the_feed_worker_touches_nothing_but_the_feed_its_leases_and_what_was_asked_of_it(self):
        self.assertEqual(
            set(self.privileges("feed-data-worker")),
            {"feed_records", "feed_ingestion_state", "leases", "schema_migrations", "backfill_jobs", "commands", "feed_gaps",
             "feed_findings"})
        self.assertMay("feed-data-worker", "UPDATE backfill_jobs SET status = 'completed', cursor_ts = end_ts")
        self.assertMayNot("feed-data-worker", "INSERT INTO backfill_jobs SELECT * FROM backfill_jobs")
        self.assertMayNot("feed-data-worker", "INSERT INTO commands SELECT * FROM commands")

    def test_the_feed_worker_alone_makes_and_drops_spans_of_records_and_only_by_their_functions(self):
        self.assertMay("feed-data-worker", """
            SELECT make_feed_partitions(ARRAY[now()], 7);
            INSERT INTO feed_records (id, source, subject, kind, granularity, ts_event) VALUES ('r', 'a', 'b', 'tick', '1s', now());
            SELECT delete_feed_records(now() + interval '1 hour', interval '0', 10);
            SELECT drop_feed_partitions(now() + interval '60 days')
            """)
        self.assertMayNot("feed-data-worker", "DELETE FROM feed_records_default")
        for role in WORKERS:
            if role != "feed-data-worker":
                self.assertRegex(
                    self.sql(role, "SELECT drop_feed_partitions(now())").stderr, "permission denied for function", role)


def schema() -> str:
    """The scripts of all migrations, taken from their sources: no compiled program is needed."""
    folder = ROOT / "Shared/Store"
    locks = dict(re.findall(r"static let (\w+): Int64 = (0x[0-9A-F_]+)", (folder / "AdvisoryLock.swift").read_text()))
    scripts = ["CREATE TABLE schema_migrations (version int);"]
    for source in sorted((folder / "Migrations").glob("Migration[0-9][0-9][0-9].swift")):
        text = "\n".join(part.read_text() for part in sorted(source.parent.glob(f"{source.stem}*.swift")))
        # A script is a text, or parts that are joined, each of which is a text with a name.
        parts = re.search(r"script: \[([\w, ]+)\]\.joined", text)
        texts = {name: body for name, body in re.findall(r'(\w+)(?: =|:) """\n(.*?)\n\s*"""', text, re.S)}
        for name in parts[1].split(", ") if parts else ["script"]:
            if name not in texts:
                raise AssertionError(f"{source.name} has no {name}")
            scripts.append(re.sub(r"\\\(AdvisoryLock\.(\w+)\)", lambda lock: str(int(locks[lock[1]], 16)), texts[name]))
    return "\n".join(scripts)


if __name__ == "__main__":
    unittest.main(verbosity=2)
