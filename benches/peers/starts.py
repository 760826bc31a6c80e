"""Reads the starts and ends of a sweep of this project for the peers.

    starts.py RESULTS FOLDER

starts.f64: for each run weights (k), means (k × d), covariances (k × d × d), raw doubles, runs in order; for k-means the centres
only. ends.npy: the objective at the end of each run, NaN where it failed.
"""

import sys
from pathlib import Path

import numpy as np
import polars as pl

results, folder = Path(sys.argv[1]), Path(sys.argv[2])
runs = pl.read_parquet(results / "runs.parquet").sort("run")
parameters = pl.read_parquet(results / "parameters.parquet").with_columns(pl.col("moment").cast(pl.String))
start = parameters.filter(pl.col("moment") == "start").sort("run", "component")
k = runs["k"][0]
count = len(runs)
means = np.stack(start["mean"].to_numpy()).reshape(count, -1)
columns = [means]
if start["covariance"].null_count() == 0:
    weights = start["weight"].to_numpy().reshape(count, k)
    columns = [weights, means, np.stack(start["covariance"].to_numpy()).reshape(count, -1)]
np.hstack(columns).astype(np.float64).tofile(folder / "starts.f64")
failed = ~runs["outcome"].cast(pl.String).is_in(["converged", "max_iterations"]).to_numpy()
ends = runs["objective"].to_numpy().astype(float).copy()
ends[failed] = np.nan
np.save(folder / "ends.npy", ends)
