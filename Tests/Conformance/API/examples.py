"""Runs the examples of the README's section on the report API, as they are pasted into a shell."""

import os
import re
import subprocess
import sys

readme = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "..", "README.md")


def commands():
    """The block of curl lines; a line that goes on belongs to the one before."""
    section = open(readme).read().split("\n### Report API\n")[1].split("\n### ")[0]
    block = re.search(r"```sh\n(.*?)```", section, re.S)[1]
    return [command for command in re.sub(r"\\\n\s*", "", block).splitlines() if command.strip()]


def run(port):
    """Every example in one shell, one after the other. Answers how many there were."""
    examples = commands()
    script = "set -euo pipefail\n"
    for index, command in enumerate(examples):
        script += f"echo; echo '=== {index}'\n{command.replace('localhost:8000', f'localhost:{port}')}\n"
    answer = subprocess.run(["bash", "-c", script], capture_output=True, text=True)
    parts = re.split(r"\n=== \d+\n", "\n" + answer.stdout)[1:]
    if answer.returncode != 0 or len(parts) != len(examples):
        sys.exit(f"check-api: an example of the README ends with {answer.returncode}: {examples[len(parts) - 1]}\n{answer.stderr}")
    for command, output in zip(examples, parts):
        if not command.startswith("id=") and (not output.strip() or '{"detail"' in output or " 4" in output[:13] or " 5" in output[:13]):
            sys.exit(f"check-api: an example of the README fails: {command}\n{output[:500]}")
    return len(examples)
