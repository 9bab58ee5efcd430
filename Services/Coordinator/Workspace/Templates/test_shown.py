"""Holds a backtest to what it shows: its table, its bar and its picture."""

import contextlib
import importlib.util
import io
import json
import sys
import tempfile
import unittest
from pathlib import Path
from unittest import mock

HERE = Path(__file__).parent.parent
sys.path[:0] = [str(HERE), str(Path(__file__).parent)]

from pictures import Pictures  # noqa: E402

from {{package}} import backtest, progress  # noqa: E402

SAMPLE = HERE / "data" / "{{sample_file}}"
EXAMPLES = sorted(path.parent for path in (HERE / "examples").glob("*/main.py"))
NAMES = [path.name for path in EXAMPLES]
WORDS = [str(SAMPLE), *map(str, EXAMPLES)]


def printed(words):
    """What the command writes to its output, and to its errors."""
    output, errors = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(output), contextlib.redirect_stderr(errors):
        backtest.main(words)
    return output.getvalue(), errors.getvalue()


class Text(unittest.TestCase):
    def test_the_table_names_each_model_once_by_rank(self):
        lines = printed(WORDS)[0].splitlines()
        self.assertEqual(lines[0].split()[:3], ["rank", "model", "score"])
        rows = [line.split() for line in lines[1:1 + len(NAMES)]]
        self.assertEqual([row[0] for row in rows], [str(rank + 1) for rank in range(len(NAMES))])
        self.assertEqual(sorted(row[1] for row in rows), sorted(NAMES))
        scores = [float(row[2]) for row in rows]
        self.assertEqual(scores, sorted(scores, reverse=True))

    def test_a_model_that_fails_is_named_with_its_reason(self):
        base = backtest.CONTRACT["base_class"]
        with tempfile.TemporaryDirectory() as folder:
            module, name = base.split(".")
            Path(folder, "main.py").write_text(
                f"from {module} import {name}\n\n\nclass Broken({name}):\n"
                "    def {{method}}(self, *_):\n        raise RuntimeError('on purpose')\n")
            output, errors = printed([str(SAMPLE), folder])
            self.assertRegex(output + errors, f"{Path(folder).name} failed [0-9]+ times, such as: RuntimeError: on purpose")

    def test_two_runs_give_the_same(self):
        first, again = printed([*WORDS, "--json"])[0], printed([*WORDS, "--json"])[0]
        self.assertEqual(first, again)
        self.assertTrue(json.loads(first)["standings"])

    def test_a_file_or_models_that_are_not_there_end_it_with_a_sentence(self):
        for words in [["nowhere.csv", *WORDS[1:]], [str(SAMPLE), "nowhere", "elsewhere"]]:
            with self.assertRaisesRegex(SystemExit, "^backtest: "):
                printed(words)


class Shown(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.predictions = backtest.run(SAMPLE, EXAMPLES)[0]

    def test_the_plot_shows_what_each_model_has_earned_so_far(self):
        drawn = Pictures()
        with mock.patch.dict(sys.modules, {"matplotlib": drawn}):
            printed([*WORDS, "--plot", "scores.png"])
        self.assertEqual((drawn.saved, list(drawn.lines)), (["scores.png"], NAMES))
        for name, sums in drawn.lines.items():
            scored = [p.result["value"] for p in self.predictions if p.model == name and p.result]
            self.assertEqual(len(sums), len(scored))
            self.assertAlmostEqual(sums[-1], sum(scored))

    def test_without_matplotlib_the_plot_says_what_to_install(self):
        with mock.patch.dict(sys.modules, {"matplotlib": None}):
            with self.assertRaisesRegex(SystemExit, "pip install matplotlib"):
                backtest.plot(self.predictions, [], "scores.png")

    @unittest.skipUnless(importlib.util.find_spec("matplotlib"), "matplotlib is not installed")
    def test_a_real_picture_is_drawn(self):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "scores.png")
            printed([*WORDS, "--json", "--plot", str(path)])
            self.assertEqual(path.read_bytes()[:8], b"\x89PNG\r\n\x1a\n")

    def test_the_bar_fills_on_a_terminal_and_is_silent_elsewhere(self):
        class Terminal(io.StringIO):
            def isatty(self):
                return True

        for stream in [Terminal(), io.StringIO()]:
            shares = []
            bar = progress.Bar()
            with contextlib.redirect_stderr(stream):
                backtest.run(SAMPLE, EXAMPLES, told=lambda share: (shares.append(share), bar(share)))
            self.assertEqual((shares, shares[-1]), (sorted(shares), 1))
            drawn = stream.getvalue()
            if stream.isatty():
                self.assertTrue(drawn.endswith(f"[{'#' * 40}] 100%\n"))
                self.assertLess(drawn.count("\r"), len(shares))
            else:
                self.assertEqual(drawn, "")

    def test_the_command_shows_the_bar(self):
        with mock.patch.object(progress.Bar, "__call__") as bar, contextlib.redirect_stdout(io.StringIO()):
            backtest.main(WORDS)
        self.assertEqual(bar.call_args.args, (1.0,))


if __name__ == "__main__":
    unittest.main()
