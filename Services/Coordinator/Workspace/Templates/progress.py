"""How far a backtest is."""

import sys
import time


class Bar:
    """A progress bar on a terminal; nothing elsewhere."""

    def __init__(self):
        self.drawn = 0.0

    def __call__(self, share):
        if not sys.stderr.isatty() or (share < 1 and time.monotonic() - self.drawn < 0.1):
            return
        self.drawn = time.monotonic()
        sys.stderr.write(f"\r[{'#' * int(share * 40):<40}] {share:4.0%}" + ("\n" if share >= 1 else ""))
        sys.stderr.flush()
