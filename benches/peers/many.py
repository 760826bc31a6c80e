"""Many short fits of a small sample by a Python peer, on all cores: one process each, with one thread.

    many.py PEER KIND FOLDER K STARTS LIMIT TOLERANCE

TOLERANCE is the gain of the objective per row below which a fit ends; 0 for exactly LIMIT iterations. Prints one line of JSON: seconds from the
first fit to the last, objectives at the ends (null where the peer gave up), version.
"""

import json
import multiprocessing
import os
import sys
import time
import warnings
from importlib.metadata import version as installed
from pathlib import Path

import numpy as np

warnings.filterwarnings("ignore")
peer, kind, folder, k = sys.argv[1], sys.argv[2], Path(sys.argv[3]), int(sys.argv[4])
count, limit, tolerance = int(sys.argv[5]), int(sys.argv[6]), float(sys.argv[7])
x = np.load(folder / "x.npy")
n, d = x.shape
size = k * d if kind == "k-means" else k + k * d + k * d * d
starts = np.fromfile(folder / "starts.f64").reshape(-1, size)[:count]


def parts(row):
    return row[:k], row[k : k + k * d].reshape(k, d), row[k + k * d :].reshape(k, d, d)


def scikit_learn_mixture(rows):
    from sklearn.mixture import GaussianMixture

    def one(row):
        weights, means, covariances = parts(row)
        model = GaussianMixture(
            k, tol=tolerance, reg_covar=0.0, max_iter=limit,
            weights_init=weights, means_init=means, precisions_init=np.linalg.inv(covariances),
        )
        try:
            return model.fit(x)
        except ValueError:
            return None

    models = [one(row) for row in rows]
    return lambda: [None if model is None else float(model.score(x)) * n for model in models]


def scikit_learn_k_means(rows):
    from sklearn.cluster import KMeans

    # Its own loop over restarts, which gives the best of them only: faster than a call for each.
    centres = iter(rows.reshape(-1, k, d))
    model = KMeans(k, init=lambda *_, **__: next(centres), n_init=len(rows), max_iter=limit, tol=0.0, algorithm="lloyd").fit(x)
    return lambda: [-float(model.inertia_)]


def onedal_mixture(rows):
    import daal4py

    daal4py.daalinit(1)

    def one(row):
        weights, means, covariances = parts(row)
        # One object for all fits is not faster and ends elsewhere from the second fit on.
        algorithm = daal4py.em_gmm(
            nComponents=k, maxIterations=limit, accuracyThreshold=tolerance * n, covarianceStorage="full", regularizationFactor=0.0
        )
        try:
            return algorithm.compute(x, weights[None], means, list(covariances))
        except RuntimeError:
            return None

    def log_likelihood(found):
        factors = np.linalg.cholesky(np.stack([np.asarray(c) for c in found.covariances]))
        y = np.linalg.solve(factors, np.swapaxes(x[None] - np.asarray(found.means)[:, None], 1, 2))
        terms = np.log(np.ravel(found.weights)) - np.log(np.diagonal(factors, axis1=1, axis2=2)).sum(1)
        terms = terms[:, None] - d / 2 * np.log(2 * np.pi) - 0.5 * (y * y).sum(1)
        return float(np.logaddexp.reduce(terms, axis=0).sum())

    def judged(found):
        try:
            return None if found is None else log_likelihood(found)
        except np.linalg.LinAlgError:
            return None

    models = [one(row) for row in rows]
    return lambda: [judged(found) for found in models]


def onedal_version():
    import daal4py

    assert daal4py  # loaded before the clock starts
    return "oneDAL (daal4py) " + installed("daal4py")


def scikit_learn_version():
    import sklearn
    import sklearn.cluster
    import sklearn.mixture  # noqa: F401

    return f"scikit-learn {sklearn.__version__}"


FITS = {
    ("scikit-learn", "full"): (scikit_learn_mixture, scikit_learn_version),
    ("scikit-learn", "k-means"): (scikit_learn_k_means, scikit_learn_version),
    ("oneDAL", "full"): (onedal_mixture, onedal_version),
}
fits, version = FITS[peer, kind]


def worker(share, pipe):
    fits(share[:2])
    pipe.send("ready")
    pipe.recv()
    begin = time.perf_counter()
    ends = fits(share)
    end = time.perf_counter()
    pipe.send((begin, end, ends()))


if __name__ == "__main__":
    name, pipes = version(), []
    for share in np.array_split(starts, os.cpu_count() or 1):
        ours, theirs = multiprocessing.Pipe()
        multiprocessing.Process(target=worker, args=(share, theirs), daemon=True).start()
        pipes.append(ours)
    for pipe in pipes:
        pipe.recv()
    for pipe in pipes:
        pipe.send("go")
    told = [pipe.recv() for pipe in pipes]
    seconds = max(end for _, end, _ in told) - min(begin for begin, _, _ in told)
    print(json.dumps({"seconds": seconds, "objectives": [value for *_, values in told for value in values], "version": name}))
