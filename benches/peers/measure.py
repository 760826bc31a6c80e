"""One long fit by a Python peer, in a process of its own, so that peak memory is its own too.

    measure.py PEER KIND FOLDER K ITERATIONS

Fits the whole with one iteration as a warm-up, then with one, then with all. Writes the parameters at the end to
FOLDER/end and prints one line of JSON: seconds of the last two fits, iterations, peak, version.
"""

import json
import resource
import sys
import time
from importlib.metadata import version as installed
from pathlib import Path

import numpy as np

peer, kind, folder, k, iterations = sys.argv[1], sys.argv[2], Path(sys.argv[3]), int(sys.argv[4]), int(sys.argv[5])
x = np.load(folder / "x.npy")
n, d = x.shape
means = np.fromfile(folder / f"means-{kind}.f64").reshape(k, d)
weights, identity = np.full(k, 1 / k), np.eye(d)


def scikit_learn_mixture():
    import sklearn
    from sklearn.mixture import GaussianMixture

    precisions = {"full": np.tile(identity, (k, 1, 1)), "tied": identity, "diag": np.ones((k, d)), "spherical": np.ones(k)}

    def fit(rows, limit):
        return GaussianMixture(
            k, covariance_type=kind, tol=0.0, reg_covar=0.0, max_iter=limit,
            weights_init=weights, means_init=means, precisions_init=precisions[kind],
        ).fit(rows)

    def end(model):
        s = model.covariances_
        full = {
            "full": lambda: s,
            "tied": lambda: np.tile(s, (k, 1, 1)),
            "diag": lambda: np.stack([np.diag(v) for v in s]),
            "spherical": lambda: np.stack([v * identity for v in s]),
        }[kind]()
        return model.n_iter_, model.weights_, model.means_, full

    return fit, end, f"scikit-learn {sklearn.__version__}"


def scikit_learn_k_means(algorithm):
    import sklearn
    from sklearn.cluster import KMeans

    def fit(rows, limit):
        return KMeans(k, init=means, n_init=1, max_iter=limit, tol=0.0, algorithm=algorithm).fit(rows)

    return fit, lambda model: (model.n_iter_, weights, model.cluster_centers_, None), f"scikit-learn {sklearn.__version__}"


def scikit_learn_seeding(trials):
    import sklearn
    from sklearn.cluster import kmeans_plusplus

    def fit(rows, _):
        return kmeans_plusplus(rows, min(k, len(rows)), n_local_trials=trials, random_state=1)

    return fit, lambda found: (1, weights, found[0], None), f"scikit-learn {sklearn.__version__}"


def onedal_mixture():
    import daal4py

    storage = {"full": "full", "diag": "diagonal"}[kind]
    covariances = [identity.copy() if kind == "full" else np.ones((1, d)) for _ in range(k)]

    def fit(rows, limit):
        return daal4py.em_gmm(
            nComponents=k, maxIterations=limit, accuracyThreshold=0.0, covarianceStorage=storage, regularizationFactor=0.0
        ).compute(rows, weights[None], means, covariances)

    def end(result):
        full = [np.asarray(c) if kind == "full" else np.diag(np.ravel(c)) for c in result.covariances]
        return int(np.ravel(result.nIterations)[0]), np.ravel(result.weights), result.means, np.stack(full)

    return fit, end, "oneDAL (daal4py) " + installed("daal4py")


def faiss_k_means():
    import faiss

    narrow = {id(x): x.astype(np.float32)}

    def fit(rows, limit):
        model = faiss.Kmeans(d, k, niter=limit, max_points_per_centroid=n, min_points_per_centroid=1, nredo=1)
        model.train(narrow.get(id(rows), narrow[id(x)][: len(rows)]), init_centroids=means.astype(np.float32))
        return model

    return fit, lambda model: (len(model.obj), weights, model.centroids, None), f"faiss {faiss.__version__} (f32)"


def mlpack_k_means():
    import mlpack

    def fit(rows, limit):
        return mlpack.kmeans(
            input_=rows, clusters=k, initial_centroids=means, algorithm="hamerly", max_iterations=limit, copy_all_inputs=True,
        )

    return fit, lambda found: (iterations, weights, found["centroid"], None), f"mlpack {mlpack.__version__}"


MAKERS = {
    ("scikit-learn", "k-means"): lambda: scikit_learn_k_means("lloyd"),
    ("scikit-learn (Elkan)", "k-means"): lambda: scikit_learn_k_means("elkan"),
    ("scikit-learn", "seeding"): lambda: scikit_learn_seeding(1),
    ("scikit-learn (greedy)", "seeding"): lambda: scikit_learn_seeding(None),
    ("faiss", "k-means"): faiss_k_means,
    ("mlpack (Hamerly)", "k-means"): mlpack_k_means,
    ("oneDAL", "full"): onedal_mixture,
    ("oneDAL", "diag"): onedal_mixture,
}
fit, end, version = MAKERS.get((peer, kind), scikit_learn_mixture)()


def timed(limit):
    begin = time.perf_counter()
    model = fit(x, limit)
    return time.perf_counter() - begin, model


# All rows, untimed: the first fit of this size meets memory and threads that are not there yet. Were it the one that is
# taken off, an iteration would look shorter than it is.
fit(x, 1)
first = timed(1)[0] if iterations > 1 else 0.0
seconds, model = timed(iterations)
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
done, *parameters = end(model)
(folder / "end").mkdir(exist_ok=True)
for name, values in zip(("weights", "means", "covariances"), parameters):
    if values is not None:
        np.ascontiguousarray(values, dtype=np.float64).tofile(folder / "end" / f"{name}.f64")
print(json.dumps({"first": first, "seconds": seconds, "iterations": int(done), "version": version, "peak_mib": peak}))
