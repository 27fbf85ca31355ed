"""The processes that are compared: Gatun in a new JVM for each case, the peers in one process for each fork and number of threads."""

import json
import pathlib
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
MAIN = "dev.gatun.benchmark.Comparison"


class Failure(Exception):
    """A process that did not do what it was asked to."""


def gatun(threads, *arguments):
    """The lines that Gatun's side prints."""
    return [json.loads(line) for line in said([*java(threads), MAIN, *map(str, arguments)])]


def java(threads):
    home = next(line.split("=", 1)[1].strip() for line in (ROOT / "target/java.txt").read_text().splitlines() if "java.home =" in line)
    return [f"{home}/bin/java", f"@{ROOT / 'target/benchmark.args'}", f"-Dgatun.threads={threads}"]


def python(script, *arguments):
    return [sys.executable, str(pathlib.Path(__file__).with_name(script)), *map(str, arguments)]


def said(command):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if done.returncode != 0:
        raise Failure(f"{' '.join(command[-6:])} ended with {done.returncode}:\n{done.stderr[-3000:]}")
    return done.stdout.splitlines()


def started(command):
    """A process of its own that says when it gave its first result, and when it was at 90 % of its steady speed: seconds from now."""
    began = time.time()
    line = json.loads(said(command)[-1])
    return {"first": line["first"] - began, "steady": line["steady"] - began, "call": line["call"]}


class Peer:
    """A process that answers requests for a case. It is ready, and disturbs no measurement, when this object is there."""

    def __init__(self, name, script, threads):
        self.name = name
        self.process = subprocess.Popen(python(script, threads, "serve"), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        if not self.process.stdout.readline():
            raise Failure(f"{name} does not start")

    def ask(self, request):
        try:
            self.process.stdin.write(json.dumps(request) + "\n")
            self.process.stdin.flush()
            answers = [self.process.stdout.readline() for _ in request["passes"]]
        except BrokenPipeError:
            answers = [""]
        if not all(answers):
            raise Failure(f"{self.name} failed in {request['case']}")
        return [json.loads(answer) for answer in answers]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.communicate()
