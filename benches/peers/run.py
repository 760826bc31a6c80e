#!/usr/bin/env python3
"""Times this project's `runner fit` against its peers: same data, same start, same number of iterations, alternately, in one run.

    python3 benches/peers/run.py [--rows S,M,H] [--repeats 3] [--out benches/peers/TABLE.md]

It builds the runner in release mode, makes two virtual environments under target/peers (oneDAL's Python package needs an older NumPy
than the others), generates the data with fixed seeds, checks that all final log-likelihoods agree to 1e-9 relative and writes
a Markdown table. Seconds are those of the fit alone, without reading and without making the start; the ratio is the median over repeats
of (theirs / ours) of neighbouring runs. Only the standard library is needed here; everything else is installed.
"""

import argparse
import json
import os
import platform
import re
import statistics
import subprocess
import sys
import venv
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
WORK = ROOT / "target" / "peers"
RUNNER = ROOT / "target" / "release" / "runner"

ENVIRONMENTS = {
    "peers": ["numpy==2.4.6", "scipy==1.17.1", "scikit-learn==1.9.1", "faiss-cpu==1.15.1"],
    "onedal": ["numpy<2", "scipy", "scikit-learn==1.5.2", "daal4py==2024.7.0", "packaging"],
}
ENVIRONMENT_OF = {"scikit-learn": "peers", "faiss": "peers", "oneDAL": "onedal"}

# name: (n, d, k, iterations, spread of the means, peers). The bound is that of the dense algorithm, in flop per iteration.
ROWS = {
    "S": (150, 4, 3, 100, None, ["scikit-learn", "oneDAL"]),
    "S2": (500, 2, 2, 100, 2.0, ["scikit-learn", "oneDAL"]),
    "M": (100_000, 16, 16, 10, 1.0, ["scikit-learn", "oneDAL"]),
    "L": (1_000_000, 32, 32, 3, 1.0, ["scikit-learn", "oneDAL"]),
    "H": (20_000, 256, 8, 10, 1.0, ["scikit-learn", "oneDAL"]),
    "L-diag": (1_000_000, 32, 64, 3, 1.0, ["scikit-learn"]),
    "L-tied": (1_000_000, 32, 32, 3, 1.0, ["scikit-learn"]),
    "L-spherical": (1_000_000, 32, 32, 3, 1.0, ["scikit-learn"]),
    "KM1": (1_000_000, 32, 64, 10, 1.0, ["scikit-learn", "faiss"]),
    "KM2": (200_000, 128, 256, 10, 1.0, ["scikit-learn", "faiss"]),
    "KM-clustered": (1_000_000, 32, 64, 10, 4.0, ["scikit-learn", "faiss"]),
}
STRUCTURES = {"L-diag": "diag", "L-tied": "tied", "L-spherical": "spherical"}


def flop(row: str) -> float:
    n, d, k = ROWS[row][:3]
    if row.startswith("KM"):
        return 2.0 * n * k * d
    return {
        "diag": 8.0 * n * k * d,
        "spherical": 4.0 * n * k * d,
        "tied": n * d * d + 4.0 * n * k * d,
        "full": 2.0 * n * k * d * d,
    }[STRUCTURES.get(row, "full")]


def prepare() -> None:
    subprocess.run(["cargo", "build", "--release", "-p", "runner"], cwd=ROOT, check=True)
    for name, packages in ENVIRONMENTS.items():
        folder = WORK / f"venv-{name}"
        stamp = folder / "packages"
        if stamp.exists() and stamp.read_text() == "\n".join(packages):
            continue
        venv.create(folder, clear=True, with_pip=True)
        subprocess.run(
            [folder / "bin" / "pip", "install", "--quiet", "--disable-pip-version-check", "--only-binary=:all:", *packages],
            check=True,
        )
        stamp.write_text("\n".join(packages))


GENERATE = """
import sys, json, numpy as np
folder, n, d, k, spread, structure = sys.argv[1], *map(int, sys.argv[2:5]), float(sys.argv[5]), sys.argv[6]
if n == 150:
    from sklearn.datasets import load_iris
    x = load_iris().data
    means = x[[0, 50, 100]]
else:
    rng = np.random.default_rng(20181122)
    centres = spread * rng.standard_normal((k, d))
    # Elongated clusters, each in a direction of its own.
    roots = np.eye(d)[None] + 0.3 / np.sqrt(d) * rng.standard_normal((k, d, d))
    label = rng.integers(k, size=n)
    x = np.empty((n, d))
    for c in range(k):
        rows = np.flatnonzero(label == c)
        x[rows] = centres[c] + rng.standard_normal((len(rows), d)) @ roots[c].T
    means = centres + 0.3 * rng.standard_normal((k, d))
x = np.ascontiguousarray(x, dtype=np.float64)
np.save(folder + "/x.npy", x)
weights, covariances = np.full(k, 1 / k), np.repeat(np.eye(d)[None], k, 0)
np.savez(folder + "/start.npz", weights=weights, means=means, covariances=covariances)
model = {"structure": structure, "columns": [f"x{j + 1}" for j in range(d)], "n": n, "log_likelihood": 0.0,
         "parameters": {"weights": weights.tolist(), "means": means.ravel().tolist(), "covariances": covariances.ravel().tolist()}}
json.dump(model, open(folder + "/start.json", "w"))
"""


def data(row: str) -> Path:
    n, d, k, _, spread, _ = ROWS[row]
    folder = WORK / "data" / row
    if not (folder / "start.json").exists():
        folder.mkdir(parents=True, exist_ok=True)
        python = WORK / "venv-peers" / "bin" / "python"
        arguments = [str(folder), str(n), str(d), str(k), str(spread or 0.0), STRUCTURES.get(row, "full")]
        subprocess.run([python, "-c", GENERATE, *arguments], check=True)
    return folder


def ours(row: str, folder: Path) -> dict:
    k, iterations = ROWS[row][2], ROWS[row][3]
    method = ["--method", "k-means"] if row.startswith("KM") else ["--covariance", STRUCTURES.get(row, "full")]
    command = [RUNNER, "fit", folder / "x.npy", "-k", str(k), "--from", folder / "start.json",
               "--iterations", str(iterations), "--json", *method]
    # wait4 gives this child's own peak, which RUSAGE_CHILDREN would not.
    child = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    told = json.loads(child.stdout.read())
    _, status, usage = os.wait4(child.pid, 0)
    if status:
        sys.exit(f"runner fit failed on {row}")
    if told["iterations"] != iterations:
        sys.exit(f"runner fit ended after {told['iterations']} of {iterations} iterations on {row}")
    return {"seconds": told["seconds"]["fit"], "objective": told["objective"], "peak_mib": usage.ru_maxrss / 1024}


def theirs(peer: str, row: str, folder: Path) -> dict:
    python = WORK / f"venv-{ENVIRONMENT_OF[peer]}" / "bin" / "python"
    command = [python, "-W", "ignore", HERE / "measure.py", peer, row, folder, str(ROWS[row][3])]
    out = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout
    return json.loads(out.strip().splitlines()[-1])


def digits(value: float) -> str:
    return f"{value:.3g}" if value < 1000 else f"{value:,.0f}"


def per_iteration(seconds: float) -> str:
    if seconds < 1e-3:
        return f"{seconds * 1e6:.3g} µs"
    return f"{seconds * 1e3:.3g} ms" if seconds < 1 else f"{seconds:.3g} s"


def peak_flops() -> float:
    """This machine's double precision peak on all cores, in flop/s, as the kernels' own bench measures it."""
    out = subprocess.run(
        ["cargo", "run", "--quiet", "--bin", "iteration", "S2", "--threads", "1"],
        stdout=subprocess.PIPE, text=True, cwd=ROOT / "benches" / "kernels", check=True,
    )
    found = re.search(r"peak of one thread: ([0-9.]+) GF/s", out.stdout)
    return float(found.group(1)) * 1e9 * (os.cpu_count() or 1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", default=",".join(ROWS))
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--out", type=Path, default=HERE / "TABLE.md")
    arguments = parser.parse_args()
    prepare()
    peak = peak_flops()
    lines, versions, disagreements = [], set(), []
    for row in arguments.rows.split(","):
        n, d, k, iterations, _, peers = ROWS[row]
        folder = data(row)
        for peer in peers:
            pairs = []
            for _ in range(arguments.repeats):
                try:
                    pairs.append((ours(row, folder), theirs(peer, row, folder)))
                except subprocess.CalledProcessError as error:
                    print(f"{row}: {peer} failed: {error}", file=sys.stderr)
                    break
            if not pairs:
                continue
            versions.add(pairs[0][1]["version"])
            mine = statistics.median(a["seconds"] for a, _ in pairs) / iterations
            other = statistics.median(b["seconds"] for _, b in pairs) / iterations
            ratio = statistics.median(b["seconds"] / a["seconds"] for a, b in pairs)
            a, b = pairs[0][0]["objective"], pairs[0][1]["objective"]
            difference = abs(a - b) / abs(a) if b is not None else None
            if difference is not None and difference > 1e-9:
                disagreements.append(f"{row}, {peer}: {a!r} and {b!r} differ by {difference:.1e} relative")
            bound = flop(row) / peak
            agreement = "not comparable" if difference is None else f"{difference:.0e}"
            lines.append(
                f"| {row} | {n:,} / {d} / {k} | {per_iteration(mine)} | {digits(mine / bound)} | {peer} | {per_iteration(other)} | **{digits(ratio)}** "
                f"| {agreement} | {digits(pairs[0][0]['peak_mib'])} | {digits(pairs[0][1]['peak_mib'])} |"
            )
            print(lines[-1], flush=True)
    model = next((line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), platform.processor())
    text = f"""<!-- Written by benches/peers/run.py -->

| row | n / d / k | ours, per iteration | × dense bound | peer | theirs | theirs / ours | objectives differ by | our peak, MiB | theirs |
|:--|:--|--:|--:|:--|--:|--:|--:|--:|--:|
""" + "\n".join(lines) + f"""

Same data, same start, same number of iterations, {arguments.repeats} alternating repeats, medians; all bookkeeping of ours on (trace, ΔQ,
KL). Seconds of the fit alone. The dense bound is flop per iteration (full 2nkd², diag 8nkd, tied nd² + 4nkd, spherical 4nkd, k-means 2nkd) over this
machine's measured peak of {peak / 1e9:.0f} GF/s; exponentials and memory are not in it. {os.cpu_count()} threads, {model}, {platform.system()} {platform.release()},
Python {platform.python_version()}; {", ".join(sorted(versions))}.
"""
    arguments.out.write_text(text)
    for line in disagreements:
        print(f"DISAGREE {line}", file=sys.stderr)
    sys.exit(1 if disagreements else 0)


if __name__ == "__main__":
    main()
