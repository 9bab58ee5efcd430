"""Tries the report API against its own OpenAPI document: every route with values that fit and values that don't, examples,
boundaries and at random, checked for what they answer. Ends with the first process of schemathesis that finds a failure.

Wants TEST_DATABASE_URL of a server that it may fill (deploy/local-servers.sh --test) and the executables' folder in BIN.
Settings: API_SECONDS (90), API_SEED (at random).
"""

import os
import random
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from urllib.parse import urlsplit

import examples

here = os.path.dirname(os.path.abspath(__file__))
binaries = os.path.abspath(os.environ["BIN"])
seed = os.environ.get("API_SEED") or str(random.randrange(10**8))
seconds = os.environ.get("API_SECONDS", "90")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return str(probe.getsockname()[1])


def run(*words, **environment):
    answer = subprocess.run(words, env=os.environ | environment, capture_output=True, text=True)
    if answer.returncode != 0:
        sys.exit(f"check-api: {' '.join(words[:3])}: {answer.stdout}{answer.stderr}")


def main():
    server = os.environ["TEST_DATABASE_URL"]
    run("psql", server, "-qX", "-c", "DROP DATABASE IF EXISTS check_api WITH (FORCE)", "-c", "CREATE DATABASE check_api")
    database = urlsplit(server)._replace(path="/check_api").geturl()
    run(os.path.join(binaries, "coordinator"), "db", "migrate", DATABASE_URL=database)
    run("psql", database, "-qX", "-v", "ON_ERROR_STOP=1", "-f", os.path.join(here, "seed.sql"))
    port = free_port()
    with tempfile.TemporaryFile("w+") as log:
        worker = subprocess.Popen(
            [os.path.join(binaries, "report-worker")], stdout=log, stderr=subprocess.STDOUT,
            env=os.environ | {
                "DATABASE_URL": database, "REDIS_URL": os.environ["TEST_REDIS_URL"], "REPORT_PORT": port,
                "HEALTH_PORT": free_port(), "LOG_LEVEL": "warning", "COMMAND_WAIT_SECONDS": "0.2"})
        try:
            wait(port, worker)
            print(f"{examples.run(port)} examples of the README run as pasted", flush=True)
            sys.exit(schemathesis(port))
        finally:
            worker.terminate()
            worker.wait()
            log.seek(0)
            if faults := [line for line in log if "request failed" in line]:
                print("".join(faults[:20]))


def wait(port, worker):
    for _ in range(400):
        if worker.poll() is not None:
            break
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5).read()
            return
        except OSError:
            time.sleep(0.05)
    sys.exit("check-api: the report worker does not answer")


def schemathesis(port):
    print(f"API_SEED={seed}", flush=True)
    # What it notes down is of no use to anybody afterwards.
    with tempfile.TemporaryDirectory() as folder:
        return subprocess.run([
            os.path.join(os.path.dirname(os.path.abspath(sys.executable)), "schemathesis"),
            "--config-file", os.path.join(here, "schemathesis.toml"), "run", f"http://127.0.0.1:{port}/openapi.json",
            "--phases", "examples,coverage,fuzzing", "--max-time", seconds, "--seed", seed, "--request-timeout", "5",
            "--max-response-time", "2", "--no-color"], cwd=folder).returncode


main()
