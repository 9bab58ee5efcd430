"""Runs of score workers, ours or the reference, on the same rows: from the first task handed out to the last one
acknowledged."""

import os
import time
from contextlib import ExitStack

from servers import Program, free_port, give_up


class Outcome:
    def __init__(self, seconds, from_start, cpu):
        self.seconds, self.from_start, self.cpu = seconds, from_start, cpu


class Contest:
    patience = 300

    def __init__(self, stage, binaries, reference):
        self.stage, self.binaries, self.reference = stage, binaries, reference

    def worker(self, **environment):
        return Program(
            [os.path.join(self.binaries, "score-worker")], DATABASE_URL=self.stage.run.url,
            REDIS_URL=os.environ["REDIS_URL"], FEED_SOURCE="bench", FEED_SUBJECTS="BTC", FEED_KIND="candle",
            FEED_GRANULARITY="1m", HEALTH_PORT=str(free_port()), LOG_FORMAT="plain", **environment)

    def reference_worker(self, number, tasks_a_batch):
        redis = self.stage.redis
        return Program(
            [self.reference, self.stage.run.url, redis.host, str(redis.port), f"reference-{number}", str(tasks_a_batch)])

    def run(self, is_ours, workers, history, tasks, models, **environment):
        batch = int(environment.get("SCORE_BATCH_SIZE", "1000"))
        self.stage.set(history, tasks, models)
        with ExitStack() as running:
            programs = [
                running.enter_context(
                    self.worker(**environment) if is_ours else self.reference_worker(number, max(1, batch // models)))
                for number in range(workers)]
            seconds, from_start = self.watch(programs)
            # Now: the first that ends leaves the others with nothing to do but a leader's work.
            cpu = sum(program.cpu() for program in programs)
            for program in programs:
                program.end()
        self.stage.audit(history, tasks * models)
        return Outcome(seconds, from_start, cpu)

    def watch(self, programs):
        """Looks at the stream every few milliseconds; the workers are not asked."""
        redis = self.stage.redis
        begun = None
        launched = programs[0].started
        while time.monotonic() - launched < self.patience:
            group = dict(zip(*[iter(redis("XINFO", "GROUPS", "predictions.pending")[0])] * 2))
            now = time.monotonic()
            if begun is None and group["last-delivered-id"] != "0-0":
                begun = now
            if begun is not None and group["pending"] == 0:
                stream = redis.info("XINFO", "STREAM", "predictions.pending")
                if group["last-delivered-id"] == stream["last-generated-id"]:
                    return now - begun, now - launched
            for program in programs:
                program.must_run()
            time.sleep(0.004)
        give_up(f"not all tasks were acknowledged within {self.patience} s:\n{programs[0].text()[-3000:]}")
