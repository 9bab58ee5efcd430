"""Times score workers beside a reference in C that does the same in its barest form, on the same rows, in turns.

Wants DATABASE_URL and REDIS_URL of servers that it may fill (deploy/local-servers.sh), the executables' folder in BIN
and the reference's executable in REFERENCE. Settings: REPETITIONS (5), WORKERS ("1 2 4 8"), HISTORY ("10000 1000000"),
TASKS (1000), MODELS (100), PARTS ("throughput latency waiting"). Every run is audited: a prediction that is lost, doubled
or failed ends the benchmark without a figure.
"""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "score"))

import latency
from contest import Contest
from servers import Postgres, Redis, give_up, median, print_settings, spread
from stage import Stage


def numbers(name, default):
    return [int(word) for word in os.environ.get(name, default).split()]


repetitions, = numbers("REPETITIONS", "5")
worker_counts = numbers("WORKERS", "1 2 4 8")
histories = numbers("HISTORY", "10000 1000000")
tasks, = numbers("TASKS", "1000")
models, = numbers("MODELS", "100")
parts = os.environ.get("PARTS", "throughput latency waiting").split()
predictions = tasks * models


def verdict(holds):
    return "met" if holds else "MISSED"


class Series:
    """Pairs of runs, the reference and ours in turns."""

    def __init__(self, workers, history):
        self.workers, self.history, self.reference, self.ours = workers, history, [], []

    def turn(self, contest, number):
        # Who begins changes, so that neither always has the quieter server.
        for is_ours in (False, True) if number % 2 else (True, False):
            outcome = contest.run(is_ours, self.workers, self.history, tasks, models)
            (self.ours if is_ours else self.reference).append(outcome)

    def rates(self, outcomes):
        return [predictions / outcome.seconds for outcome in outcomes]

    @property
    def ratios(self):
        return [theirs.seconds / ours.seconds for theirs, ours in zip(self.reference, self.ours)]

    def line(self):
        cpu = median([outcome.cpu for outcome in self.ours]) / predictions * 1e6
        cpu_reference = median([outcome.cpu for outcome in self.reference]) / predictions * 1e6
        return (
            f"{self.workers:>7}  {self.history:>9,}  {spread(self.rates(self.reference), '{:,.0f}'):>28}"
            f"  {spread(self.rates(self.ours), '{:,.0f}'):>28}  {spread(self.ratios):>20}"
            f"  {cpu_reference:>4.1f} / {cpu:.1f}")


def throughput(contest):
    print(f"\n{predictions:,} predictions of {models} models pending, {tasks:,} tasks, batches of 1,000 predictions")
    print("scores/s: median (range); ratio: ours to the reference of the same turn; CPU: µs a score of the workers")
    print("workers    history                reference in C                          ours                 ratio"
          "  CPU: C / ours")
    all_series = [Series(workers, histories[0]) for workers in worker_counts]
    all_series += [Series(worker_counts[0], history) for history in histories[1:]]
    for number in range(repetitions):
        for series in all_series:
            series.turn(contest, number)
    for series in all_series:
        print(series.line())
    first = all_series[0]
    held = True
    for series in all_series[:len(worker_counts)]:
        if series.workers in (1, 4):
            share = median(series.ratios)
            print(f"{series.workers} worker(s): {share:.0%} of the reference; wanted at least 60 %: {verdict(share >= 0.6)};"
                  f" goal 80 %: {verdict(share >= 0.8)}")
    for series in all_series[len(worker_counts):]:
        costs = [late.seconds / early.seconds for late, early in zip(series.ours, first.ours)]
        bare = [late.seconds / early.seconds for late, early in zip(series.reference, first.reference)]
        print(f"cost per score with {series.history:,} rows of history: {spread(costs)} of that with {first.history:,};"
              f" the reference's {spread(bare)}; wanted at most 1.20: {verdict(median(costs) <= 1.2)}")
    if first.workers == 1:
        seconds = median([outcome.from_start for outcome in first.ours])
        held = seconds <= 10
        print(f"one worker, from the start of its process to the last acknowledgement: {seconds:.2f} s; wanted at most"
              f" 10 s: {verdict(held)}")
    return held


def waiting(contest):
    """A function that waits 5 ms a task: workers add up, whatever the cores."""
    settings = {"FAIL_POINTS": "score.mid-score=delay:5ms", "SCORE_CONCURRENCY": "1", "SCORE_BATCH_SIZE": "20"}
    count = 4_000
    print(f"\nscoring function that waits 5 ms: {count:,} tasks of one prediction, SCORE_CONCURRENCY 1,"
          f" SCORE_BATCH_SIZE {settings['SCORE_BATCH_SIZE']}")
    seconds = {workers: [] for workers in worker_counts}
    for _ in range(repetitions):
        for workers in worker_counts:
            seconds[workers].append(contest.run(True, workers, 10_000, count, 1, **settings).seconds)
    wanted = {4: 3.6, 8: 7.0}
    for workers in worker_counts:
        gains = [alone / together for alone, together in zip(seconds[worker_counts[0]], seconds[workers])]
        target = wanted.get(workers) if worker_counts[0] == 1 else None
        text = f"; wanted at least {target}: {verdict(median(gains) >= target)}" if target else ""
        print(f"{workers} worker(s): {spread(seconds[workers])} s, {spread(gains)} times the first{text}")
    return True


def quiet(contest):
    print("\nopen loop, one worker, quiet system: from due to committed")
    text, held = latency.report(contest, seconds=20, per_second=10, models=10)
    print(text)
    return held


def main():
    for name in ("DATABASE_URL", "REDIS_URL", "BIN", "REFERENCE"):
        if not os.environ.get(name):
            give_up(f"{name} is not set; make bench-score sets it")
    redis, postgres = Redis(os.environ["REDIS_URL"]), Postgres(os.environ["DATABASE_URL"])
    redis("CONFIG", "SET", "appendonly", "yes")
    redis("CONFIG", "SET", "appendfsync", "everysec")
    print_settings(postgres, redis)
    lanes = os.environ.get("SCORE_CONCURRENCY", "4")
    print(f"{repetitions} repetitions; history: scores that are sealed, without snapshots; a worker of ours scores {lanes}"
          " batches at once (SCORE_CONCURRENCY), one of the reference one")
    stage = Stage(postgres, redis, os.path.join(os.environ["BIN"], "coordinator"))
    contest = Contest(stage, os.environ["BIN"], os.environ["REFERENCE"])
    run = {"throughput": throughput, "latency": quiet, "waiting": waiting}
    for part in parts:
        if part not in run:
            give_up(f"PARTS knows {', '.join(run)}, not {part}")
    try:
        held = [run[part](contest) for part in parts]
    finally:
        stage.close()
    sys.exit(0 if all(held) else 1)


main()
