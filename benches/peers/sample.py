"""Draws the sample of a row and writes its start, with fixed seeds.

    sample.py FOLDER N D K SPREAD KIND

x.npy (n × d); means.f64, the k starting means as raw doubles; start-KIND.json, the same start as a model for `runner fit --from`:
equal weights, identity covariances. The starting means of k-means are the first k rows, those of mixtures lie near the truth.
"""

import json
import sys
from pathlib import Path

import numpy as np

folder, n, d, k, spread, kind = Path(sys.argv[1]), *map(int, sys.argv[2:5]), float(sys.argv[5]), sys.argv[6]
folder.mkdir(parents=True, exist_ok=True)
rng = np.random.default_rng(20181122)
if spread:
    centres = spread * rng.standard_normal((k, d))
    # Elongated clusters, each in a direction of its own; the rows of all components are mixed.
    roots = np.tril(0.3 / np.sqrt(d) * rng.standard_normal((k, d, d)), -1) + np.eye(d)
    label = rng.integers(k, size=n)
    x = np.empty((n, d))
    for c in range(k):
        rows = np.flatnonzero(label == c)
        x[rows] = centres[c] + rng.standard_normal((len(rows), d)) @ roots[c].T
    means = x[:k] if kind in ("k-means", "seeding") else centres + 0.3 * min(1.0, spread) * rng.standard_normal((k, d))
else:
    from sklearn.datasets import load_iris

    x = np.ascontiguousarray(load_iris().data)
    means = x[[0, 50, 100]]
if not (folder / "x.npy").exists():
    np.save(folder / "x.npy", x)
if n < 1000:  # a sweep reads CSV
    np.savetxt(folder / "x.csv", x, delimiter=",", fmt="%.17g", header=",".join(f"x{j + 1}" for j in range(d)), comments="")
means.tofile(folder / f"means-{kind}.f64")
identity = np.tile(np.eye(d).ravel(), k)
model = {
    "structure": kind if kind in ("diag", "tied", "spherical") else "full",
    "columns": [f"x{j + 1}" for j in range(d)],
    "n": n,
    "log_likelihood": 0.0,
    "parameters": {"weights": [1 / k] * k, "means": means.ravel().tolist(), "covariances": identity.tolist()},
}
(folder / f"start-{kind}.json").write_text(json.dumps(model))
