#!/usr/bin/env python3
"""Measures this project against its peers: same data, same start, same number of iterations, alternately, in one run.

    python3 benches/peers/run.py                         # all rows: a quarter of an hour, 2 GiB of disk, 3 GiB of memory
    python3 benches/peers/run.py --quick                 # small rows only, a minute, for a first look
    python3 benches/peers/run.py --rows S,M --peers oneDAL

It builds the runner in release mode, makes virtual environments (oneDAL's Python package needs an older NumPy than the others),
draws the data with fixed seeds, compares the ends and writes TABLE.md as it goes: a row that fails or that finds no
peer is listed and does not stop the others. Only the standard library is needed here; Armadillo and mclust are measured
where apt has put them (libarmadillo-dev, r-cran-mclust).
"""

import argparse
import json
import os
import platform
import re
import shutil
import statistics
import subprocess
import sys
import time
import venv
from datetime import date
from pathlib import Path

from rows import QUICK, ROWS, Fit, Many

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
WORK = ROOT / "target" / "peers"

PACKAGES = {
    "peers": ["numpy==2.4.6", "scipy==1.17.1", "scikit-learn==1.9.1", "faiss-cpu==1.15.1", "mlpack==4.8.0", "polars"],
    "onedal": ["numpy<2", "scipy", "scikit-learn==1.5.2", "daal4py==2024.7.0", "packaging"],
}
AGREE = 1e-9  # relative difference of two ends that counts as none
ENOUGH = 20.0  # seconds of measuring after which a pair is not repeated
THREADS = os.cpu_count() or 1

# What steers numerical libraries from outside is not part of a comparison: each chooses for the machine that it finds.
STEERING = re.compile(r"^(OPENBLAS|GOTO|OMP|KMP|MKL|BLIS|RAYON|NVPL|VECLIB|LOKY)_")
ENVIRONMENT = {name: value for name, value in os.environ.items() if not STEERING.match(name)}
ONE_THREAD = {**ENVIRONMENT, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "DAAL_NUM_THREADS": "1"}


class Missing(Exception):
    """A measurement that could not be made, and why."""


def run(command, limit=150, environment=None, folder=None) -> str:
    try:
        done = subprocess.run(
            [str(word) for word in command], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=limit,
            env=environment or ENVIRONMENT, cwd=folder, check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Missing(str(error)) from error
    if done.returncode:
        raise Missing(f"{Path(str(command[0])).name} ended with {done.returncode}: " + " / ".join(done.stderr.strip().splitlines()[-2:]))
    return done.stdout


def last_json(text: str) -> dict:
    return json.loads(text.strip().splitlines()[-1])


class Bench:
    """Where the programs are, and what has been found so far."""

    def __init__(self, arguments):
        self.runner, self.venvs = arguments.runner, arguments.venvs
        self.repeats = arguments.repeats
        self.lines, self.missing, self.disagreements, self.versions = [], [], [], set()

    # Programs

    def prepare(self) -> None:
        if self.runner is None:
            subprocess.run(["cargo", "build", "--release", "--locked", "-p", "runner"], cwd=ROOT, check=True)
            self.runner = ROOT / "target" / "release" / "runner"
        for name, packages in PACKAGES.items():
            folder = self.venvs / f"venv-{name}"
            stamp = folder / "packages"
            if stamp.exists() and stamp.read_text() == "\n".join(packages):
                continue
            venv.create(folder, with_pip=True)
            pip = [folder / "bin" / "pip", "install", "--quiet", "--disable-pip-version-check", "--only-binary=:all:"]
            for package in [packages, *([one] for one in packages)]:
                # All at once, or else what there is.
                if subprocess.run([*pip, *package], check=False).returncode == 0 and package is packages:
                    break
            stamp.write_text("\n".join(packages))
        source, self.armadillo = HERE / "armadillo.cpp", WORK / "armadillo"
        if self.armadillo.exists() and self.armadillo.stat().st_mtime > source.stat().st_mtime:
            return
        compiler = shutil.which("c++") or "c++"
        flags = ["-O3", "-march=native", "-fopenmp", "-DARMA_NO_DEBUG", "-std=c++17"]
        try:
            run([compiler, *flags, source, "-o", self.armadillo, "-larmadillo"], limit=600)
        except Missing as missing:
            self.miss(f"Armadillo: {missing}")
            self.armadillo = None

    def python(self, peer: str = "") -> Path:
        return self.venvs / ("venv-onedal" if peer == "oneDAL" else "venv-peers") / "bin" / "python"

    def compiled(self, peer: str) -> list:
        """The command of a peer that is no Python package."""
        if peer == "mclust":
            return ["Rscript", "--vanilla", HERE / "mclust.R"]
        if self.armadillo is None:
            raise Missing("not compiled")
        return [self.armadillo]

    # One long fit

    def ours(self, row: Fit, folder: Path, iterations: int) -> dict:
        command = [self.runner, "fit", folder / "x.npy", "-k", row.k, "--json", "--threads", THREADS, "--iterations", iterations]
        if row.kind == "seeding":
            command += ["--method", "k-means", "--start", "k-means++", "--starts", 1]
        else:
            method = ["--method", "k-means"] if row.kind == "k-means" else ["--covariance", row.kind]
            command += ["--from", folder / f"start-{row.kind}.json", *method]
        # wait4 gives this child's own peak, which RUSAGE_CHILDREN would not.
        child = subprocess.Popen([str(word) for word in command], stdout=subprocess.PIPE, text=True, env=ENVIRONMENT)
        text = child.stdout.read()
        _, status, usage = os.wait4(child.pid, 0)
        if status:
            raise Missing(f"runner fit ended with {os.waitstatus_to_exitcode(status)}")
        told = json.loads(text)
        if told["iterations"] != iterations:
            raise Missing(f"runner fit ended after {told['iterations']} of {iterations} iterations")
        seconds = told["seconds"]["start" if row.kind == "seeding" else "fit"]
        return {"seconds": seconds, "objective": told["objective"], "peak_mib": usage.ru_maxrss / 1024}

    def our_iteration(self, row: Fit, folder: Path) -> dict:
        first = self.ours(row, folder, 1)
        if row.iterations == 1:
            return first
        told = self.ours(row, folder, row.iterations)
        return {**told, "seconds": (told["seconds"] - first["seconds"]) / (row.iterations - 1)}

    def their_iteration(self, peer: str, row: Fit, folder: Path) -> dict:
        (folder / "end").mkdir(exist_ok=True)
        if peer in ("Armadillo", "mclust"):
            command = [*self.compiled(peer), "one", row.kind, folder, row.n, row.d, row.k, row.iterations]
        else:
            command = [self.python(peer), "-W", "ignore", HERE / "measure.py", peer, row.kind, folder, row.k, row.iterations]
        told = last_json(run(command))
        done = told["iterations"]
        # Where nothing moves any more a peer may end early, at the same place: its iterations count, the ends tell the rest.
        if done != row.iterations and done < 3:
            raise Missing(f"ended after {done} of {row.iterations} iterations")
        seconds = (told["seconds"] - told["first"]) / max(1, done - 1)
        return {**told, "seconds": seconds}

    def fit_row(self, name: str, row: Fit, wanted) -> None:
        n, d, k = row.n, row.d, row.k
        folder = WORK / "data" / row.key
        if not (folder / f"start-{row.kind}.json").exists():
            run([self.python(), HERE / "sample.py", folder, n, d, k, row.spread, row.kind])
        for peer in filter(wanted, row.peers):
            pairs, begin = [], time.monotonic()
            try:
                while len(pairs) < self.repeats and (not pairs or time.monotonic() - begin < ENOUGH):
                    pairs.append((self.our_iteration(row, folder), self.their_iteration(peer, row, folder)))
            except (Missing, ValueError, KeyError) as missing:
                self.miss(f"{name}, {peer}: {missing}")
            if not pairs:
                continue
            agreement = "other draws"
            if row.kind != "seeding":
                end = float(run([self.python(), HERE / "judge.py", folder, row.kind, k]))
                agreement = self.agreement(f"{name}, {peer}", pairs[0][0]["objective"], end, "f32" in pairs[0][1]["version"])
            mine, other, ratio = compare(pairs)
            mine_text, other_text = seconds_text(mine), seconds_text(other)
            bound = row.flop() / self.flops + row.exponentials() / self.exponentials if self.flops else None
            times = f"{mine / bound:.2f}" if bound else "–"
            peaks = [f"{max(side['peak_mib'] for side in sides):,.0f}" for sides in zip(*pairs)]
            self.versions.add(pairs[0][1]["version"])
            self.add(name, f"{n:,} / {d} / {k}", row.kind, mine_text, times, peer, other_text, ratio, len(pairs), agreement, *peaks)

    # Many short ones

    def sweep(self, row: Many, folder: Path, replicates: int, stop: str, out: Path) -> dict:
        config = folder / "sweep.toml"
        method = 'method = ["k-means"]' if row.kind == "k-means" else f'method = ["em"]\ncovariance = ["{row.kind}"]'
        config.write_text(
            f'name = "peers"\nseed = 20181122\nreplicates = {replicates}\n\n[[dataset.csv]]\nid = "sample"\npath = "x.csv"\n'
            f"components = [{row.k}]\n\n[grid]\n{method}\nstart = [\"random-points\"]\n\n[stop]\n{stop}\n"
        )
        shutil.rmtree(out, ignore_errors=True)
        command = [self.runner, config, "--out", out, "--no-report", "--quiet", "--jobs", THREADS]
        begin = time.perf_counter()
        child = subprocess.Popen([str(word) for word in command], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, env=ENVIRONMENT)
        messages = child.stderr.read()
        _, status, usage = os.wait4(child.pid, 0)
        if status:
            raise Missing(f"the sweep ended with {os.waitstatus_to_exitcode(status)}: {messages.strip()}")
        return {"seconds": (time.perf_counter() - begin) / replicates, "peak_mib": usage.ru_maxrss / 1024}

    def theirs_many(self, peer: str, row: Many, folder: Path, starts: int, stop: str) -> dict:
        limit = int(re.search(r"max-iterations = (\d+)", stop).group(1))
        gain = re.search(r"gain-per-row = (\S+)", stop)
        tolerance = gain.group(1) if gain else 0
        if peer in ("Armadillo", "mclust"):
            command = [*self.compiled(peer), "many", row.kind, folder, row.n, row.d, row.k, starts, limit, tolerance]
            return last_json(run(command))
        command = [self.python(peer), "-W", "ignore", HERE / "many.py", peer, row.kind, folder, row.k, starts, limit, tolerance]
        return last_json(run(command, environment=ONE_THREAD))

    def many_row(self, name: str, row: Many, wanted) -> None:
        folder = WORK / "data" / row.key
        if not (folder / f"start-{row.kind}.json").exists():
            run([self.python(), HERE / "sample.py", folder, row.n, row.d, row.k, row.spread, row.kind])
        # Our starts are everybody's.
        results = folder / "results"
        self.sweep(row, folder, max(starts for _, starts in row.peers), row.checked, results)
        run([self.python(), HERE / "starts.py", results, folder])
        for peer, starts in row.peers:
            if not wanted(peer):
                continue
            pairs, begin = [], time.monotonic()
            try:
                checked = self.theirs_many(peer, row, folder, starts, row.checked)
                while len(pairs) < self.repeats and (not pairs or time.monotonic() - begin < ENOUGH):
                    told = self.theirs_many(peer, row, folder, starts, row.stop)
                    pairs.append((self.sweep(row, folder, row.starts, row.stop, results), {**told, "seconds": told["seconds"] / starts}))
            except (Missing, ValueError, KeyError) as missing:
                self.miss(f"{name}, {peer}: {missing}")
            if not pairs:
                continue
            mine, other, ratio = compare(pairs)
            agreement = self.agreement_of_many(f"{name}, {peer}", folder, starts, checked["objectives"])
            self.versions.add(checked["version"])
            rates = [f"{1 / seconds:,.0f} fits/s" for seconds in (mine, other)]
            work = f"{row.n} / {row.d} / {row.k}"
            peak = f"{max(a['peak_mib'] for a, _ in pairs):,.0f}"
            self.add(name, work, row.kind, rates[0], "–", peer, rates[1], ratio, len(pairs), agreement, peak, "–")
        shutil.rmtree(results, ignore_errors=True)

    # What was found

    def agreement(self, what: str, ours: float, theirs: float, narrow: bool) -> str:
        difference = abs(ours - theirs) / abs(ours)
        if difference > AGREE and not narrow:
            self.disagreements.append(f"{what}: ends at {ours!r} and {theirs!r}, {difference:.1e} relative")
        return f"{difference:.0e}" + (" (f32)" if narrow else "")

    def agreement_of_many(self, what: str, folder: Path, starts: int, theirs: list) -> str:
        """How many of the starts that both carried through ended in the same place; k-means in scikit-learn tells the best only."""
        script = "import numpy as np, sys, json; print(json.dumps([None if v != v else v for v in np.load(sys.argv[1]).tolist()]))"
        ours = json.loads(run([self.python(), "-c", script, folder / "ends.npy"]))[:starts]
        if len(theirs) < starts:
            ours, theirs = [max(value for value in ours if value is not None)], [max(theirs)]
        both = [(a, b) for a, b in zip(ours, theirs) if a is not None and b is not None]
        same = sum(abs(a - b) <= AGREE * abs(a) for a, b in both)
        # Ties between centres and nearly singular fits may go either way.
        if same < 0.99 * len(both):
            self.disagreements.append(f"{what}: {len(both) - same} of {len(both)} starts end elsewhere")
        return f"{same:,} of {len(both):,} ends" if len(both) > 1 else ("best end" if same else "another best")

    def miss(self, what: str) -> None:
        """Notes one line about what could not be measured."""
        line = " ".join(what.split())[:400]
        self.missing.append(line)
        print(f"NOT MEASURED {line}", file=sys.stderr, flush=True)

    def add(self, name, work, kind, mine, bound, peer, other, ratio, repeats, agreement, our_peak, their_peak) -> None:
        structure = "" if kind in ("k-means", "seeding") else f", {kind}"
        line = (
            f"| {name} | {work}{structure} | {mine} | {bound} | {peer} | {other} | **{significant(ratio)}** | {repeats} | {agreement} "
            f"| {our_peak} | {their_peak} |"
        )
        self.lines.append(line)
        print(line, flush=True)

    def write(self, out: Path, began: float, left: list) -> None:
        listed = [f"- {line}" for line in [*self.missing, *(f"{row}: no time left" for row in left)]]
        differing = [f"- {line}" for line in self.disagreements]
        peak = f"{self.flops / 1e9:.0f} GF/s and {self.exponentials / 1e9:.2f}e9 exponentials/s" if self.flops else "not measured"
        text = f"""<!-- Written by benches/peers/run.py -->

# This project and its peers

| row | n / d / k | ours | × bound | peer | theirs | theirs / ours | repeats | ends | our peak, MiB | theirs |
|:--|:--|--:|--:|:--|--:|--:|--:|:--|--:|--:|
""" + "\n".join(self.lines) + f"""

{date.today()}, {machine()}, {THREADS} threads for all, Python {platform.python_version()}; {describe_commit()}; {", ".join(sorted(self.versions))}.
Load average {os.getloadavg()[0]:.1f} at the end; {(time.monotonic() - began) / 60:.0f} minutes.

*How.* Same data, same start, same number of iterations, in turns; medians over the repeats, the ratio is the median of that of
neighbours. Seconds are per iteration: a fit of all iterations less a fit of one, over their difference, so that neither what
surrounds the iterations nor an E-pass at the end counts; k-means++ is the seeding alone. Fits per second: ours from the start of the process to its end, Parquet written; theirs
the fits alone, on all cores, one thread each (mclust's processes are started within). All our bookkeeping is on: traces, ΔQ, KL,
parameters. *Ends*: relative difference of log L (k-means: inertia) at the end, theirs computed by NumPy from their
parameters; for many fits the number of starts whose ends agree to {AGREE:.0e} after the same number of iterations, among those that neither gave up.
*Bound*: operations of the dense algorithm (full 2nkd², diag 8nkd, tied nd² + 4nkd, spherical 4nkd, k-means 2nkd) and nk exponentials at this
machine's measured peaks, {peak}; what skips work can be below 1. faiss computes in single precision.
"""
        if listed:
            text += "\nNot measured:\n\n" + "\n".join(listed) + "\n"
        if differing:
            text += "\nEnds that differ by more than 1e-9:\n\n" + "\n".join(differing) + "\n"
        out.write_text(text)

    def measure_peaks(self, given: str | None) -> None:
        """Double precision peaks of all cores, in flop/s and exponentials/s, as the kernels' own bench measures them."""
        self.flops = self.exponentials = 0.0
        if given is None:
            # In its folder, whose .cargo/config.toml names the one target folder.
            command = ["cargo", "run", "--quiet", "--bin", "iteration", "none", "--threads", "1"]
            try:
                given = run(command, limit=900, folder=HERE.parent / "kernels")
            except Missing as missing:
                self.miss(f"multiples of the bound: {missing}")
                return
        found = re.search(r"([0-9.]+) GF/s, ([0-9.]+)e9", given)
        self.flops, self.exponentials = (float(word) * 1e9 * THREADS for word in found.groups())


def compare(pairs) -> tuple:
    mine, other = ([side["seconds"] for side in sides] for sides in zip(*pairs))
    return statistics.median(mine), statistics.median(other), statistics.median(b / a for a, b in zip(mine, other))


def significant(value: float) -> str:
    return f"{value:.2f}" if value < 10 else f"{value:,.0f}"


def seconds_text(seconds: float) -> str:
    if seconds < 1e-3:
        return f"{seconds * 1e6:.3g} µs"
    return f"{seconds * 1e3:.3g} ms" if seconds < 0.9995 else f"{seconds:.3g} s"


def machine() -> str:
    model = next((line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), platform.processor())
    return f"{model}, {platform.system()} {platform.release()}"


def describe_commit() -> str:
    try:
        return "commit " + run(["git", "-C", ROOT, "describe", "--always", "--dirty"]).strip()
    except Missing:
        return "commit unknown"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", help="names, separated by commas [default: all]")
    parser.add_argument("--peers", help="names, separated by commas [default: all]")
    parser.add_argument("--repeats", type=int, default=3, help=f"at most; less if they take more than {ENOUGH:.0f} s")
    parser.add_argument("--minutes", type=float, default=13, help="begins no row after so many")
    parser.add_argument("--quick", action="store_true", help="small rows only")
    parser.add_argument("--venvs", type=Path, default=WORK, help="folder of the virtual environments")
    parser.add_argument("--runner", type=Path, help="measures this binary instead of building one")
    parser.add_argument("--peak", help='peaks of a core, known before: "58.5 GF/s, 1.17e9"')
    parser.add_argument("--out", type=Path, help="[default: TABLE.md here; with --quick target/peers/TABLE.md]")
    arguments = parser.parse_args()
    rows = QUICK if arguments.quick else ROWS
    names = arguments.rows.split(",") if arguments.rows else list(rows)
    unknown = [name for name in names if name not in rows]
    if unknown:
        parser.error(f"no row {', '.join(unknown)}; there are {', '.join(rows)}")
    out = arguments.out or (WORK if arguments.quick else HERE) / "TABLE.md"
    peers = arguments.peers.split(",") if arguments.peers else None
    WORK.mkdir(parents=True, exist_ok=True)
    bench = Bench(arguments)
    bench.prepare()
    bench.measure_peaks(arguments.peak)
    began = time.monotonic()
    left = list(names)
    for name in names:
        if time.monotonic() - began > 60 * arguments.minutes:
            break
        left.remove(name)
        measure = bench.many_row if isinstance(rows[name], Many) else bench.fit_row
        try:
            measure(name, rows[name], lambda peer: peers is None or peer in peers)
        except (Missing, ValueError, KeyError, OSError) as missing:
            bench.miss(f"{name}: {missing}")
        bench.write(out, began, left)
    for line in bench.disagreements:
        print(f"DISAGREE {line}", file=sys.stderr)
    sys.exit(1 if bench.disagreements else 0)


if __name__ == "__main__":
    main()
