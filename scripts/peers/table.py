"""The table of a comparison, as Markdown and as JSON."""

import datetime
import importlib.metadata
import json
import math
import os
import pathlib
import platform
import statistics
import subprocess

from processes import ROOT

PEERS = ("PyTorch", "onnxruntime")


def duration(seconds):
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6)):
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}" if seconds / size < 100 else f"{seconds / size:.0f} {unit}"
    return f"{seconds * 1e9:.0f} ns"


def steady(medians):
    """How many forks are within 10 % of the fastest."""
    return sum(each <= 1.1 * min(medians) for each in medians)


def machine_of(told):
    cpuinfo = pathlib.Path("/proc/cpuinfo")
    lines = dict(line.split(":", 1) for line in cpuinfo.read_text().splitlines() if ":" in line) if cpuinfo.exists() else {}
    facts = {key.strip(): value.strip() for key, value in lines.items()}
    return {
        "date": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d %H:%M UTC"),
        "commit": subprocess.run(["git", "describe", "--always", "--dirty", "--abbrev=12"], cwd=ROOT, capture_output=True, text=True).stdout.strip(),
        "processor": f"{facts.get('model name', platform.processor())}, family {facts.get('cpu family', '?')}, model {facts.get('model', '?')}",
        "cores": os.cpu_count(),
        "vector bits": told["bits"],
        "memory GiB": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1),
        "system": platform.platform(),
        "Java": told["java"],
        "Python": platform.python_version(),
        "PyTorch": importlib.metadata.version("torch"),
        "onnxruntime": importlib.metadata.version("onnxruntime"),
    }


class Table:
    def __init__(self, given, chosen, measured, peaks, machine, memory, starts):
        self.given = given
        told = next(iter(machine.values()))
        self.about = machine_of(told) | {"forks": given.forks, "quick": given.quick}
        self.peers = PEERS[:1] if given.avx2 else PEERS
        if given.avx2:
            del self.about["onnxruntime"]
        self.peaks = {threads: statistics.median(values) for threads, values in peaks.items()}
        self.memory, self.starts = memory, starts
        self.rows = [self.row(name, which, threads, operations, measured[name, which, threads])
                     for name, passes in chosen.items() for which, operations in passes.items() for threads in given.threads]

    def row(self, name, which, threads, operations, by):
        medians = {who: [answer["median"] for answer in answers] for who, answers in by.items()}
        times = {who: statistics.median(values) for who, values in medians.items()}
        best = min(times[who] for who in PEERS if who in times)
        checked = by["PyTorch"][0]
        share = operations / times["Gatun"] / self.peaks[threads] if operations else None
        return {
            "case": name, "pass": which, "threads": threads, "seconds": times, "forks": medians,
            "ratio": best / times["Gatun"], "worst": max(medians["Gatun"]), "steady": steady(medians["Gatun"]), "peak share": share,
            "heap bytes": statistics.median(answer["heap"] for answer in by["Gatun"]),
            "errors": {who: by[who][0].get("errors") for who in PEERS if who in by},
            "wrong": [f"{who}: {text}" for who in PEERS if who in by for text in by[who][0].get("wrong", [])],
            "largest error": max((off for off in checked.get("errors", {}).values() if off is not None), default=None),
        }

    def wrong(self):
        return [f"{row['case']} {row['pass']}, {row['threads']} threads, {text}" for row in self.rows for text in row["wrong"]]

    def mean(self, rows):
        return math.exp(statistics.fmean(math.log(row["ratio"]) for row in rows))

    def markdown(self):
        title = "# Gatun beside PyTorch, both held to AVX2" if self.given.avx2 else "# Gatun beside PyTorch and onnxruntime"
        lines = [title, "", "Written by `scripts/compare`; not to be edited.", ""]
        if self.about["quick"] or self.given.only:
            lines += ["**A part, or a quick run: not to be quoted.**", ""]
        lines += [f"- {key}: {value}" for key, value in self.about.items() if key != "quick"]
        lines += [f"- FMA peak on {threads} thread{'s' * (threads > 1)}: {peak / 1e9:.0f} GFLOP/s" for threads, peak in self.peaks.items()]
        if self.given.avx2:
            lines += ["", "The JVM and PyTorch were told to use nothing that an x86 processor without AVX-512 lacks; onnxruntime cannot be told, and was left out."]
        lines += ["", "Gatun, which the JVM compiles meanwhile, ran for two seconds a thread before it was measured, the peers for 0.3 s."
                  " Median of each fork, and of these the median; *worst* is Gatun's slowest fork, *steady* how many of"
                  " its forks are within 10 % of its fastest. *Ratio* is " + ("PyTorch's" if self.given.avx2 else "the faster peer's") + " time over"
                  " Gatun's: above 1, Gatun is faster. *Peak* is the share of the FMA peak. *Heap* are bytes that a steady step allocates on"
                  " the Java heap. *Error* is the largest difference from PyTorch's results over the largest magnitude.", "",
                  f"| case | threads | Gatun | {' | '.join(self.peers)} | ratio | peak | worst | steady | heap | error |",
                  "|---" + "|--:" * (8 + len(self.peers)) + "|"]
        for row in self.rows:
            times = row["seconds"]
            lines.append("| " + " | ".join([
                f"{row['case']} {row['pass']}", str(row["threads"]),
                *(duration(times[who]) if who in times else "" for who in ("Gatun", *self.peers)),
                f"{row['ratio']:.2f}", "" if row["peak share"] is None else f"{row['peak share']:.0%}", duration(row["worst"]),
                f"{row['steady']}/{len(row['forks']['Gatun'])}",
                f"{row['heap bytes']:.0f}", "" if row["largest error"] is None else f"{row['largest error']:.0e}"]) + " |")
        lines.append("")
        for threads in self.given.threads:
            rows = [row for row in self.rows if row["threads"] == threads]
            slower = sum(row["ratio"] < 1 for row in rows)
            lines.append(f"Geometric mean of the ratios on {threads} thread{'s' * (threads > 1)}: **{self.mean(rows):.2f}**; {slower} of {len(rows)} under 1.")
        lines.append(f"Over all: **{self.mean(self.rows):.2f}**.")
        return "\n".join(lines + self.processes()) + "\n"

    def processes(self):
        lines = []
        if self.memory:
            lines += ["", "## Memory", "", "Peak of what is resident in a process that trains one case and does nothing else, MiB.", "",
                      "| case | threads | Gatun | PyTorch |", "|---|--:|--:|--:|"]
            lines += [f"| {each['case']} | {each['threads']} | {each['Gatun'] / 1024:.0f} | {each['PyTorch'] / 1024:.0f} |" for each in self.memory]
        if self.starts:
            lines += ["", "## Start", "", "From the start of a process to the first output of a small LSTM (32 inputs, 64 hidden, 20 steps), and to 90 % of"
                      " its steady speed; a call then. Medians.", "", "| | threads | first output | 90 % of steady | a call |", "|---|--:|--:|--:|--:|"]
            for who in ("Gatun", "PyTorch"):
                for threads in self.given.threads:
                    times = [each[who] for each in self.starts if each["threads"] == threads]
                    middle = [duration(statistics.median(each[key] for each in times)) for key in ("first", "steady", "call")]
                    lines.append(f"| {who} | {threads} | {' | '.join(middle)} |")
        return lines

    def write(self, folder):
        """Both files appear whole."""
        folder.mkdir(parents=True, exist_ok=True)
        facts = {"about": self.about, "peaks": self.peaks, "rows": self.rows, "memory": self.memory, "starts": self.starts}
        stem = "compare-avx2" if self.given.avx2 else "compare"
        for name, text in ((f"{stem}.md", self.markdown()), (f"{stem}.json", json.dumps(facts, indent=1, ensure_ascii=False) + "\n")):
            unfinished = folder / f".{name}.part"
            unfinished.write_text(text)
            unfinished.replace(folder / name)
