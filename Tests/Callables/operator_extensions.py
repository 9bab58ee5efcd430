"""Functions at the other extension points as operators write them, good ones and bad ones."""

import datetime
import os
import time


class Emission:
    """Looks like the original's pydantic object."""

    def __init__(self, **fields):
        self.fields = fields

    def model_dump(self):
        return self.fields


def input_with_spread(raw_input):
    last = raw_input.candles_1m[-1]
    return {**raw_input, "spread": last["high"] - last.low}


def refuse_large(inference_output):
    if abs(inference_output["value"]) > 1:
        raise ValueError("value is too large")
    return {"value": round(inference_output.value, 2)}


def truth_of_highs(feed_records, prediction=None):
    assert isinstance(feed_records[0].ts_event, datetime.datetime)
    seconds = (prediction.resolvable_at - prediction.performed_at).total_seconds()
    return {"profit": feed_records[-1].values["high"] - feed_records[0].values["high"], "seconds": seconds}


def truth_of_records(feed_records):
    return {"count": len(feed_records)}


def no_truth(feed_records):
    return None


def best(score_results):
    return {"value": max(result["value"] for result in score_results), "n": len(score_results)}


def best_or_raise(score_results):
    if len(score_results) > 2:
        raise RuntimeError("too many")
    return {"value": 1.0 if score_results[0].value > 0 else 0.0}


def crash_on_three(score_results):
    if len(score_results) == 3:
        os._exit(3)
    return {"value": 2.0 if score_results[0].value > 0 else 0.0}


def hang_on_three(score_results):
    if len(score_results) == 3:
        time.sleep(600)
    return {"value": 2.0 if score_results[0].value > 0 else 0.0}


def by_name_backwards_at_equal_scores(entries):
    backwards = sorted(entries, key=lambda entry: entry["model_id"], reverse=True)
    return sorted(backwards, key=lambda entry: -entry.score["metrics"].score_recent)


def by_name(entries):
    return sorted(entries, key=lambda entry: entry["model_id"])


def by_given_ranks(entries):
    assert all("rank" not in entry for entry in entries)
    return [{**entry, "rank": len(entries) - place} for place, entry in enumerate(entries)]


def drop_one(entries):
    return entries[1:]


def halves(ranked_entries, crunch_pubkey, compute_provider=None, data_provider=None):
    shares = [500_000_000, 500_000_000] + [0] * (len(ranked_entries) - 2)
    rewards = [{"cruncher_index": index, "reward_pct": share} for index, share in enumerate(shares[: len(ranked_entries)])]
    return Emission(
        crunch=crunch_pubkey,
        cruncher_rewards=rewards,
        compute_provider_rewards=[{"provider": compute_provider, "reward_pct": 1_000_000_000}] if compute_provider else [],
        data_provider_rewards=[],
    )


def too_much(ranked_entries, crunch_pubkey, **providers):
    return {"crunch": crunch_pubkey, "cruncher_rewards": [{"cruncher_index": 0, "reward_pct": 1_000_000_001}]}


def to_nobody(ranked_entries, crunch_pubkey):
    return {"crunch": crunch_pubkey, "cruncher_rewards": [{"cruncher_index": 99, "reward_pct": 1_000_000_000}]}


def last_and_first(ranked_entries, crunch_pubkey):
    rewards = [{"cruncher_index": 2, "reward_pct": 400_000_000}, {"cruncher_index": 0, "reward_pct": 600_000_000}]
    return {"crunch": crunch_pubkey, "cruncher_rewards": rewards}


def to_provider_named_by_crunch(ranked_entries, crunch_pubkey):
    """Pays what `crunch_pubkey` says: wallets and shares, one after the other."""
    words = crunch_pubkey.split()
    rewards = [{"provider": name, "reward_pct": int(share)} for name, share in zip(words[::2], words[1::2])]
    return {**all_to_the_first(ranked_entries, crunch_pubkey), "compute_provider_rewards": rewards}


def halves_when_many(ranked_entries, crunch_pubkey):
    if len(ranked_entries) < 3:
        raise ValueError("not enough models")
    return halves(ranked_entries, crunch_pubkey)


def two_needed(one, two):
    return {}


def a_list(anything):
    return [1]


def stub(anything):
    return {"value": 0.5}


def all_to_the_first(ranked_entries, crunch_pubkey):
    return {"crunch": crunch_pubkey, "cruncher_rewards": [{"cruncher_index": 0, "reward_pct": 1_000_000_000}]}


def refuse_all(inference_output):
    raise ValueError("not this one")


# A batch of calls may take five seconds, a call alone one.


def slow_input(raw_input):
    time.sleep(1.1)
    return input_with_spread(raw_input)


def slow_output(inference_output):
    time.sleep(0.006)
    return inference_output


def slow_truth(feed_records):
    time.sleep(1.1)
    return {"last": feed_records[-1].values.close}


def slow_summary(score_results):
    time.sleep(0.006)
    return {"value": score_results[0].value}


def slow_order(entries):
    time.sleep(1.1)
    return entries


def slow_shares(ranked_entries, crunch_pubkey):
    time.sleep(1.1)
    return all_to_the_first(ranked_entries, crunch_pubkey)
