#!/usr/bin/env python3
"""Measures how the cost grows: with n, d, k and the number of threads, and with the recording of traces.

    python3 benches/scaling/run.py                       # five minutes; writes scaling.csv, two figures and TABLE.md here
    python3 benches/scaling/run.py --shrink 20           # a look, in half a minute, under target/scaling
    python3 benches/scaling/run.py --figures             # figures and table again, from scaling.csv
    python3 benches/scaling/run.py --sweeps              # only the throughput of sweeps, printed; a minute

Seconds per iteration come from benches/kernels (the fastest of many iterations); those of sweeps from `runner` (the fastest of the
repeats, in turns, from process start to its end). matplotlib is installed by pip under target/scaling. Only the standard
library is needed here.
"""

import argparse
import csv
import math
import os
import platform
import shutil
import statistics
import subprocess
import time
import venv
from datetime import date
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
WORK = ROOT / "target" / "scaling"
THREADS = os.cpu_count() or 1

#: What is kept of each trace, its stride, jobs.
SETTINGS = [(kept, stride, jobs) for jobs in dict.fromkeys((1, THREADS)) for kept, stride in (("all rows", 1), ("first and last row", 1_000_000))]

#: Fits of a sweep.
REPLICATES = 50_000


def program(runner: Path | None) -> Path:
    """The runner to measure, built if none is given."""
    if runner is None:
        subprocess.run(["cargo", "build", "--release", "--locked", "-p", "runner"], cwd=ROOT, check=True)
        runner = ROOT / "target" / "release" / "runner"
    return runner.resolve()


def on_cores(count: int) -> None:
    """As many cores as jobs: otherwise what writes the records of one job would sit on another core."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:count])


def sweeps(runner: Path, replicates: int, repeats: int) -> dict:
    """Seconds of one fit in each repeat, for each setting of traces and threads."""
    seconds = {setting: [] for setting in SETTINGS}
    for _ in range(repeats):
        for setting in SETTINGS:
            traces, stride, threads = setting
            out = WORK / "results"
            shutil.rmtree(out, ignore_errors=True)
            begin = time.perf_counter()
            subprocess.run(
                [runner, ROOT / "benches" / "iris.toml", f"replicates={replicates}", f"record.trace-stride={stride}", "--out", out]
                + ["--no-report", "--quiet", "--jobs", str(threads)],
                check=True,
                stdout=subprocess.DEVNULL,
                preexec_fn=lambda: on_cores(threads),
            )
            seconds[setting].append((time.perf_counter() - begin) / replicates)
    shutil.rmtree(WORK / "results", ignore_errors=True)
    return seconds


def csv_rows(seconds: dict) -> list:
    """Rows of the CSV: the least seconds of each setting."""
    return [
        {"axis": "sweep", "model": f"S, {traces} of each trace", "n": 150, "d": 4, "k": 3, "threads": threads, "seconds": f"{min(repeats):.6e}"}
        for (traces, _, threads), repeats in seconds.items()
    ]


def throughput(seconds: dict) -> str:
    """Fits per second of each sweep, times as fast as with one job, and share of the throughput that is left with whole traces: of the
    least times, and the median over pairs of sweeps that ran one after the other, which a machine of changing speed disturbs less."""
    lines = ["| sweep | jobs | fits/s | times one job | share of that without traces | median of pairs |", "|:--|--:|--:|--:|--:|--:|"]
    for (traces, stride, threads), repeats in seconds.items():
        least, one = min(repeats), min(seconds[traces, stride, 1])
        bare = seconds[*SETTINGS[1][:2], threads]
        pairs = statistics.median(without / each for without, each in zip(bare, repeats))
        lines.append(f"| S, {traces} of each trace | {threads} | {1 / least:,.0f} | {one / least:.2f} | {min(bare) / least:.3f} | {pairs:.3f} |")
    return "\n".join(lines)


def read(path: Path) -> list:
    with open(path, newline="") as file:
        return [
            {**row, **{name: int(row[name]) for name in ("n", "d", "k", "threads")}, "seconds": float(row["seconds"])}
            for row in csv.DictReader(file)
        ]


def slope(points: list) -> float:
    """Least squares of log seconds on log size."""
    logs = [(math.log(size), math.log(seconds)) for size, seconds in points]
    x, y = (sum(values) / len(logs) for values in zip(*logs))
    return sum((a - x) * (b - y) for a, b in logs) / sum((a - x) ** 2 for a, _ in logs)


def exponents(rows: list) -> dict:
    """Of each model along each axis, over the upper half of the sizes: what is asymptotic."""
    found = {}
    for axis in ("n", "d", "k"):
        for model in dict.fromkeys(row["model"] for row in rows if row["axis"] == axis):
            points = sorted({(row[axis], row["seconds"]) for row in rows if (row["axis"], row["model"]) == (axis, model)})
            if len({size for size, _ in points[len(points) // 2 :]}) > 1:
                found[axis, model] = slope(points[len(points) // 2 :])
    return found


def table(rows: list, where: str) -> str:
    found = exponents(rows)
    models = dict.fromkeys(model for _, model in found)
    lines = ["| seconds grow as | n | d | k |", "|:--|--:|--:|--:|"]
    for model in models:
        lines.append(f"| {model} | " + " | ".join(f"{found[axis, model]:.2f}" if (axis, model) in found else "–" for axis in "ndk") + " |")
    if any(row["axis"] in ("threads", "sweep") for row in rows):
        lines += ["", f"| work | 1 thread | {THREADS} threads | gain |", "|:--|--:|--:|--:|"]
    timed = {(row["model"], row["threads"]): row["seconds"] for row in rows if row["axis"] in ("threads", "sweep")}
    for model in dict.fromkeys(model for model, _ in timed):
        one, all_threads = timed.get((model, 1)), timed.get((model, THREADS))
        if one and all_threads:
            lines.append(f"| {model} | {one:.3g} s | {all_threads:.3g} s | {one / all_threads:.2f} |")
    with_traces, without = (timed.get((f"S, {traces} of each trace", THREADS)) for traces in dict.fromkeys(kept for kept, _, _ in SETTINGS))
    if with_traces and without:
        lines += [
            "",
            f"Recording all rows of all traces: {1 / with_traces:,.0f} fits/s; first and last row only: {1 / without:,.0f} fits/s, "
            f"so traces cost {100 * (1 - without / with_traces):.1f} % of the throughput.",
        ]
    return "<!-- Written by benches/scaling/run.py -->\n\n" + "\n".join(lines) + f"\n\n{where}\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--shrink", type=int, default=1, help="divides the sizes, and writes under target/scaling")
    parser.add_argument("--repeats", type=int, default=3, help="of each sweep")
    parser.add_argument("--runner", type=Path, help="this binary instead of building one")
    parser.add_argument("--venv", type=Path, default=WORK / "venv", help="a virtual environment with matplotlib")
    parser.add_argument("--figures", action="store_true", help="measures nothing")
    parser.add_argument("--sweeps", action="store_true", help="measures sweeps only and prints fits per second; writes nothing here")
    arguments = parser.parse_args()
    out = HERE if arguments.shrink == 1 else WORK
    WORK.mkdir(parents=True, exist_ok=True)
    if arguments.sweeps:
        print(throughput(sweeps(program(arguments.runner), REPLICATES // arguments.shrink, arguments.repeats)))
        return
    python = arguments.venv / "bin" / "python"
    if not python.exists():
        venv.create(arguments.venv, with_pip=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "matplotlib"], check=True)
    path = out / "scaling.csv"
    if not arguments.figures:
        runner = program(arguments.runner)
        text = subprocess.run(
            ["cargo", "run", "--quiet", "--locked", "--bin", "scaling", "--", "--shrink", str(arguments.shrink)],
            cwd=HERE.parent / "kernels", check=True, stdout=subprocess.PIPE, text=True,
        ).stdout
        for row in csv_rows(sweeps(runner, REPLICATES // arguments.shrink, arguments.repeats)):
            text += ",".join(f'"{value}"' if "," in str(value) else str(value) for value in row.values()) + "\n"
        path.write_text(text)
        model = next((line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), platform.processor())
        where = f"{date.today()}, {model}, {platform.system()} {platform.release()}; load average {os.getloadavg()[0]:.1f} at the end."
    else:
        # The machine of the numbers, not of the drawing.
        where = (out / "TABLE.md").read_text().strip().splitlines()[-1]
    (out / "TABLE.md").write_text(table(read(path), where))
    subprocess.run([python, HERE / "figures.py", path, out], check=True)
    print((out / "TABLE.md").read_text())


if __name__ == "__main__":
    main()
