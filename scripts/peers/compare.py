"""Runs Gatun, PyTorch and onnxruntime in turn, case by case, over several forks, and writes the table."""

import argparse
import contextlib
import json
import os
import pathlib
import platform
import re
import shutil
import sys

import summary
import table
from processes import ROOT, Failure, Peer, gatun, java, python, said, started

MEMORY = ("encoder-512-batch-8", "lstm-B")
# For each thread: the more of them are busy, the less of the processor they leave to the compiler.
WARM_UP = 2.0
SAMPLED = 0.25
PEER_WARM_UP = 0.3
QUICK = 0.5
TRAINED = 5.0
# onnxruntime takes what the processor has and cannot be told otherwise.
AVX2 = {
    "JDK_JAVA_OPTIONS": os.environ.get("JDK_JAVA_OPTIONS", "") + " -XX:UseAVX=2",
    "ATEN_CPU_CAPABILITY": "avx2",
    "ONEDNN_MAX_CPU_ISA": "AVX2",
    "MKL_ENABLE_INSTRUCTIONS": "AVX2",
}


def options():
    parser = argparse.ArgumentParser(prog="compare")
    parser.add_argument("--threads", default="1,2", type=lambda text: [int(each) for each in text.split(",")])
    parser.add_argument("--forks", default=5, type=int)
    parser.add_argument("--only", default="", metavar="REGEX", help='cases such as "lstm-A training"')
    parser.add_argument("--avx2", action="store_true", help="as on an x86 processor without AVX-512, without onnxruntime")
    parser.add_argument("--quick", action="store_true", help="shorter warm-up and samples")
    parser.add_argument("--out", type=pathlib.Path, help="where the table goes")
    return parser.parse_args()


class Comparison:
    def __init__(self, given):
        self.given = given
        self.files = ROOT / "target/compare/cases"
        self.scale = QUICK if given.quick else 1.0
        self.chosen = {}
        for line in gatun(1, "list"):
            if re.search(given.only, f"{line['case']} {line['pass']}"):
                self.chosen.setdefault(line["case"], {})[line["pass"]] = line["operations"]
        if not self.chosen:
            raise Failure(f"no case has {given.only!r} in it")
        self.measured = {}
        self.peaks, self.machine = {}, {}
        self.memory, self.starts = [], []

    def run(self):
        print("Gatun computes the results that the others are compared with…", flush=True)
        names = "|".join(map(re.escape, self.chosen))
        gatun(max(self.given.threads), "results", self.files, f"^({names}) ")
        for fork in range(1, self.given.forks + 1):
            for threads in self.given.threads:
                self.fork(fork, threads)
        if not self.given.only:
            self.whole_processes()
        return table.Table(self.given, self.chosen, self.measured, self.peaks, self.machine, self.memory, self.starts)

    def fork(self, fork, threads):
        (peak,) = gatun(threads, "peak")
        self.peaks.setdefault(threads, []).append(peak.pop("peak"))
        self.machine[threads] = peak
        if self.given.avx2 and peak["bits"] != 256:
            raise Failure(f"Gatun uses vectors of {peak['bits']} bits, not 256")
        with Peer("PyTorch", "torch_cases.py", threads) as pytorch, (
                contextlib.nullcontext() if self.given.avx2 else Peer("onnxruntime", "onnx_cases.py", threads)) as onnxruntime:
            for at, (name, passes) in enumerate(self.chosen.items(), 1):
                said_by = {"Gatun": self.ours(name, passes, threads), "PyTorch": self.theirs(pytorch, name, passes, fork)}
                if not self.given.avx2 and "inference" in passes and name.startswith(("rnn-", "lstm-", "gru-", "encoder-")):
                    said_by["onnxruntime"] = self.theirs(onnxruntime, name, ["inference"], fork)
                for who, answers in said_by.items():
                    for answer in answers:
                        key = (name, answer["pass"], threads)
                        self.measured.setdefault(key, {}).setdefault(who, []).append(answer)
                self.tell(f"fork {fork}/{self.given.forks}, {threads} threads, {at}/{len(self.chosen)}: {name}", said_by)

    @staticmethod
    def tell(place, said_by):
        for which in [answer["pass"] for answer in said_by["Gatun"]]:
            parts = []
            for who, answers in said_by.items():
                for answer in (each for each in answers if each["pass"] == which):
                    parts.append(f"{who} {table.duration(answer['median'])}")
                    parts += [f"DIFFERS: {text}" for text in answer.get("wrong", [])]
            print(f"{place} {which}: {', '.join(parts)}", flush=True)

    def ours(self, name, passes, threads):
        return gatun(threads, "times", name, *passes, WARM_UP * threads * self.scale, SAMPLED * self.scale)

    def theirs(self, peer, name, passes, fork):
        request = {"case": name, "passes": list(passes), "file": str(self.files / f"{name}.safetensors"), "check": fork == 1,
                   "warm_up": PEER_WARM_UP, "sampled": SAMPLED * self.scale}
        return peer.ask(request)

    def whole_processes(self):
        """Memory of a process that trains, and what passes from its start to its first result."""
        seconds = TRAINED * self.scale
        for threads in self.given.threads:
            for name in MEMORY:
                (ours,) = gatun(threads, "memory", name, seconds)
                file = self.files / f"{name}.safetensors"
                theirs = json.loads(said(python("torch_cases.py", threads, "memory", name, file, seconds))[-1])
                self.memory.append({"case": name, "threads": threads, "Gatun": ours["kib"], "PyTorch": theirs["kib"]})
                print(f"memory, {threads} threads: {self.memory[-1]}", flush=True)
            for _ in range(self.given.forks):
                command = [*java(threads), "dev.gatun.benchmark.Comparison", "start"]
                self.starts.append({"threads": threads, "Gatun": started(command), "PyTorch": started(python("torch_start.py", threads))})
                print(f"start, {threads} threads: {self.starts[-1]}", flush=True)


def main():
    given = options()
    if given.avx2:
        if platform.machine() not in ("x86_64", "AMD64"):
            sys.exit(f"compare: --avx2 is for x86 processors, not {platform.machine()}")
        os.environ.update(AVX2)
    partial = bool(given.only) or given.quick or given.threads != [1, 2]
    out = given.out or ROOT / ("target/compare" if partial else "src/benchmark/results")
    try:
        comparison = Comparison(given)
        made = comparison.run()
    except Failure as problem:
        sys.exit(f"compare: {problem}")
    finally:
        shutil.rmtree(ROOT / "target/compare/cases", ignore_errors=True)
    made.write(out)
    print(made.markdown())
    print(f"written to {out}")
    if made.wrong():
        sys.exit("compare: results differ:\n" + "\n".join(made.wrong()))
    if not partial and not given.out:
        summary.main()


if __name__ == "__main__":
    main()
