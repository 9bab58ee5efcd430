"""Open-loop latency: predictions become due on a schedule that does not wait for the worker, on a system that does
nothing else. What counts is when the transaction with the score committed."""

import json
import os
import time

from servers import percentile

here = os.path.dirname(os.path.abspath(__file__))


def measure(contest, seconds, per_second, models):
    """Milliseconds from due to committed, one figure a prediction, and how many came later than 150 ms."""
    stage, redis = contest.stage, contest.stage.redis
    stage.drop(stage.run_database)
    stage.postgres.query(f"CREATE DATABASE {stage.run_database} TEMPLATE {stage.template(10_000, 0, models)}")
    redis("FLUSHALL")
    redis("SET", "bus.marker", "here")
    redis("XGROUP", "CREATE", "predictions.pending", "score", "0", "MKSTREAM")
    redis("XGROUP", "CREATE", "scores.ready", "leaderboard", "0", "MKSTREAM")
    with contest.worker() as worker:
        time.sleep(1.5)  # until it is quiet
        worker.must_run()
        stage.run.script(
            os.path.join(here, "schedule.sql"), count=int(seconds * per_second), per_second=per_second, models=models)
        delayed = []
        for fields, due in zip(stage.tasks(), due_times(stage)):
            delayed += [-(-due // 1000), json.dumps(fields, separators=(",", ":"))]
        redis("ZADD", "predictions.delayed", "NX", *delayed)
        deadline = time.monotonic() + seconds + 30
        while time.monotonic() < deadline:
            time.sleep(0.5)
            worker.must_run()
            if stage.run.value("SELECT count(*) FROM predictions WHERE status = 'PENDING'") == "0":
                break
        worker.end()
    stage.audit(10_000, int(seconds * per_second) * models)
    rows = stage.run.query(
        """SELECT extract(epoch FROM r.committed_at - p.resolvable_at) * 1000
        FROM predictions p JOIN score_runs r USING (input_id, scope_key) WHERE p.meta_jsonb ? 'scheduled'""")
    delays = [float(row[0]) for row in rows]
    return delays, sum(delay > 150 for delay in delays)


def due_times(stage):
    """Microseconds since 1970, in the order of the tasks."""
    rows = stage.run.query(
        """SELECT DISTINCT (extract(epoch FROM resolvable_at) * 1000000)::bigint FROM predictions
        WHERE status = 'PENDING' ORDER BY 1""")
    return [int(row[0]) for row in rows]


def report(contest, seconds, per_second, models):
    delays, late = measure(contest, seconds, per_second, models)
    if min(delays) < 0:
        return f"audit failed: a prediction was scored {-min(delays):.1f} ms before it was due", False
    p50, p99 = percentile(delays, 0.5), percentile(delays, 0.99)
    return (
        f"{len(delays)} predictions, {per_second} tasks of {models} a second: p50 {p50:.1f} ms, p99 {p99:.1f} ms,"
        f" longest {max(delays):.1f} ms, {late} later than 150 ms; wanted: p99 at most 150 ms"), True
