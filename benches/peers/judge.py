"""The objective of given parameters, computed in the same way whoever found them: plain NumPy, no code of ours.

    judge.py FOLDER KIND K

Reads FOLDER/x.npy and FOLDER/end/{weights,means,covariances}.f64 (k-means: means only); prints log L, or minus the inertia.
"""

import sys
from pathlib import Path

import numpy as np

folder, kind, k = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
x = np.load(folder / "x.npy", mmap_mode="r")
n, d = x.shape


def read(name):
    return np.fromfile(folder / "end" / f"{name}.f64")


means = read("means").reshape(k, d)
total = 0.0
if kind == "k-means":
    for rows in np.array_split(x, max(1, n // 20_000)):
        # The nearest by the expanded square, its distance by differences.
        nearest = ((means * means).sum(1) - 2 * rows @ means.T).argmin(1)
        total -= ((rows - means[nearest]) ** 2).sum()
else:
    weights, factors = read("weights"), np.linalg.cholesky(read("covariances").reshape(k, d, d))
    inverses = np.linalg.inv(factors)
    constants = np.log(weights) - d / 2 * np.log(2 * np.pi) - np.log(np.diagonal(factors, axis1=1, axis2=2)).sum(1)
    for rows in np.array_split(x, max(1, n // 5000)):
        terms = np.empty((len(rows), k))
        for c in range(k):
            y = (rows - means[c]) @ inverses[c].T
            terms[:, c] = constants[c] - 0.5 * np.einsum("ij,ij->i", y, y)
        largest = terms.max(1)
        total += (largest + np.log(np.exp(terms - largest[:, None]).sum(1))).sum()
print(repr(float(total)))
