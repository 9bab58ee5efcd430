"""The servers and processes that a benchmark uses: Redis over a socket, PostgreSQL through psql, programs that end."""

import os
import socket
import subprocess
import sys
import tempfile
import time
from urllib.parse import urlsplit


def give_up(text):
    sys.exit(f"benchmark: {text}")


class Redis:
    def __init__(self, url):
        parts = urlsplit(url)
        self.host, self.port = parts.hostname, parts.port or 6379
        self.socket = socket.create_connection((self.host, self.port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.file = self.socket.makefile("rb")

    def __call__(self, *words):
        return self.pipeline([words])[0]

    def pipeline(self, commands):
        text = bytearray()
        for words in commands:
            text += b"*%d\r\n" % len(words)
            for word in words:
                word = str(word).encode()
                text += b"$%d\r\n%s\r\n" % (len(word), word)
        self.socket.sendall(text)
        return [self._reply() for _ in commands]

    def _reply(self):
        line = self.file.readline()
        kind, rest = line[:1], line[1:-2].decode()
        if kind == b"+":
            return rest
        if kind == b"-":
            give_up(f"Redis refused: {rest}")
        if kind == b":":
            return int(rest)
        if kind == b"$":
            return None if rest == "-1" else self.file.read(int(rest) + 2)[:-2].decode()
        if kind == b"*":
            return [self._reply() for _ in range(int(rest))]
        give_up("the connection to Redis broke")

    def info(self, *words):
        """The answer of XINFO and its like as a dictionary."""
        answer = self(*words)
        return dict(zip(answer[::2], answer[1::2]))


class Postgres:
    def __init__(self, url):
        self.url = url

    def database(self, name):
        return Postgres(urlsplit(self.url)._replace(path="/" + name).geturl())

    def query(self, sql):
        """The rows of the last statement, a list of texts each."""
        answer = subprocess.run(
            ["psql", self.url, "-qXAt", "-F", "\t", "-v", "ON_ERROR_STOP=1", "-c", sql], capture_output=True, text=True)
        if answer.returncode != 0:
            give_up(f"PostgreSQL refused: {answer.stderr}")
        return [line.split("\t") for line in answer.stdout.splitlines()]

    def value(self, sql):
        return self.query(sql)[0][0]

    def script(self, path, **variables):
        settings = [word for name, value in variables.items() for word in ("-v", f"{name}={value}")]
        answer = subprocess.run(
            ["psql", self.url, "-qX", "-v", "ON_ERROR_STOP=1", *settings, "-f", path], capture_output=True, text=True)
        if answer.returncode != 0:
            give_up(f"{os.path.basename(path)}: {answer.stderr}")


class Program:
    """A process with its log; ends with the block that it belongs to."""

    def __init__(self, words, **environment):
        self.name = os.path.basename(words[0])
        self.log = tempfile.TemporaryFile("w+")
        self.started = time.monotonic()
        self.process = subprocess.Popen(
            words, env=os.environ | environment, stdin=subprocess.DEVNULL, stdout=self.log, stderr=subprocess.STDOUT)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def text(self):
        self.log.seek(0)
        return self.log.read()

    def must_run(self):
        if self.process.poll() is not None:
            give_up(f"{self.name} ended:\n{self.text()[-3000:]}")

    def cpu(self):
        """The CPU seconds that it has used so far."""
        with open(f"/proc/{self.process.pid}/stat") as file:
            fields = file.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def end(self):
        """Asks it to end, and waits."""
        self.process.terminate()
        self.process.wait()


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def median(values):
    values = sorted(values)
    middle = len(values) // 2
    return values[middle] if len(values) % 2 else (values[middle - 1] + values[middle]) / 2


def percentile(values, share):
    """The smallest value that at least this share of all do not exceed."""
    values = sorted(values)
    return values[min(len(values) - 1, int(-(-share * len(values) // 1)) - 1)]


def spread(values, form="{:.2f}"):
    show = form.format
    return f"{show(median(values))} ({show(min(values))} to {show(max(values))})"


def print_settings(postgres, redis):
    names = ["fsync", "synchronous_commit", "full_page_writes", "shared_buffers", "max_wal_size"]
    values = postgres.query("SELECT " + ", ".join(f"current_setting('{name}')" for name in names))[0]
    print("PostgreSQL " + ", ".join(f"{name} {value}" for name, value in zip(names, values)))
    append = [redis("CONFIG", "GET", name)[1] for name in ("appendonly", "appendfsync")]
    print(f"Redis appendonly {append[0]}, appendfsync {append[1]}")
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} at the start")
