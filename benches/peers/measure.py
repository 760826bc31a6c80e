"""One measurement of one program on one row of the table; a process of its own, so that peak memory is its own too.

    measure.py PEER ROW FOLDER ITERATIONS

FOLDER holds x.npy (n × d) and start.npz (weights, means, covariances). Prints one line of JSON: seconds of the fit alone,
the final log-likelihood (or minus the inertia) recomputed here in the same way for every program, version.
"""

import json
import resource
import sys
import time
from pathlib import Path

import numpy as np

peer, row, folder, iterations = sys.argv[1], sys.argv[2], Path(sys.argv[3]), int(sys.argv[4])
x = np.load(folder / "x.npy")
start = np.load(folder / "start.npz")
weights, means, covariances = start["weights"], start["means"], start["covariances"]
n, d = x.shape
k = len(weights)
structure = {"L-diag": "diag", "L-tied": "tied", "L-spherical": "spherical"}.get(row, "full")
clock = time.perf_counter


def scikit_learn_mixture():
    import sklearn
    from sklearn.mixture import GaussianMixture

    identity = {
        "full": np.repeat(np.eye(d)[None], k, 0),
        "tied": np.eye(d),
        "diag": np.ones((k, d)),
        "spherical": np.ones(k),
    }[structure]
    model = GaussianMixture(
        k, covariance_type=structure, tol=0.0, reg_covar=0.0, max_iter=iterations,
        weights_init=weights, means_init=means, precisions_init=identity,
    )
    begin = clock()
    model.fit(x)
    return clock() - begin, float(model.score(x)) * n, f"scikit-learn {sklearn.__version__}"


def scikit_learn_k_means():
    import sklearn
    from sklearn.cluster import KMeans

    model = KMeans(k, init=means, n_init=1, max_iter=iterations, tol=0.0, algorithm="lloyd")
    begin = clock()
    model.fit(x)
    return clock() - begin, -float(model.inertia_), f"scikit-learn {sklearn.__version__}"


def onedal_mixture():
    import daal4py

    fit = daal4py.em_gmm(
        nComponents=k, maxIterations=iterations, accuracyThreshold=0.0, covarianceStorage="full",
        regularizationFactor=0.0,
    )
    begin = clock()
    result = fit.compute(x, weights[None], means, [np.ascontiguousarray(c) for c in covariances])
    seconds = clock() - begin
    # Its parameters after the last M-step, judged as everybody's.
    from scipy.special import logsumexp
    from scipy.linalg import solve_triangular

    w, m = np.asarray(result.weights).ravel(), np.asarray(result.means)
    total = 0.0
    for rows in np.array_split(x, max(1, n // 20000)):
        terms = []
        for c in range(k):
            factor = np.linalg.cholesky(np.asarray(result.covariances[c]))
            y = solve_triangular(factor, (rows - m[c]).T, lower=True)
            terms.append(np.log(w[c]) - d / 2 * np.log(2 * np.pi) - np.log(np.diag(factor)).sum() - 0.5 * (y * y).sum(0))
        total += logsumexp(np.stack(terms), axis=0).sum()
    return seconds, float(total), "oneDAL (daal4py) " + daal4py.__version__


def faiss_k_means():
    import faiss

    narrow = x.astype(np.float32)
    model = faiss.Kmeans(d, k, niter=iterations, max_points_per_centroid=n, nredo=1)
    begin = clock()
    model.train(narrow, init_centroids=means.astype(np.float32))
    # In single precision, and of the assignment before the last update.
    return clock() - begin, None, f"faiss {faiss.__version__} (f32)"


measures = {
    "scikit-learn": scikit_learn_k_means if row.startswith("KM") else scikit_learn_mixture,
    "oneDAL": onedal_mixture,
    "faiss": faiss_k_means,
}
seconds, objective, version = measures[peer]()
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(json.dumps({"seconds": seconds, "objective": objective, "version": version, "peak_mib": peak}))
