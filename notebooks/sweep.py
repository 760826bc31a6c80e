"""What every notebook does first: open a results folder and say which starts reached the best end.

Columns are explained in docs/records.md. Nothing here is needed to read the files: `polars.read_parquet` opens each.
"""

from __future__ import annotations

import math
from functools import cached_property
from pathlib import Path

import polars as pl

#: Runs of one problem may be compared: they maximise the same function of the same data.
PROBLEM = ["dataset", "draw", "k", "method", "covariance"]

#: Ends this close are the same maximum, unless the stop rule left more (ten times the remaining gap).
SAME = 1e-4

#: Colours that survive print and colour blindness (Okabe & Ito).
COLOURS = {
    "best": "#009E73",
    "other maximum": "#56B4E9",
    "spurious": "#CC79A7",
    "coincident": "#999999",
    "iteration limit": "#F0E442",
    "failed": "#D55E00",
}


class Sweep:
    """The tables of a results folder, each read when it is first asked for."""

    def __init__(self, folder: str | Path):
        self.folder = Path(folder)
        if not (self.folder / "runs.parquet").exists():
            raise FileNotFoundError(
                f"{self.folder} holds no runs.parquet. Run a sweep first, for example\n"
                "    cargo run -p runner -- configs/sweep.toml\n"
                "and give its folder: RESULTS=results/sweep"
            )

    def table(self, name: str) -> pl.DataFrame:
        return pl.read_parquet(self.folder / f"{name}.parquet")

    @cached_property
    def runs(self) -> pl.DataFrame:
        """One row per start, with its `fate`, and for EM under a fixed objective the `gap` to the best proper end."""
        runs = self.table("runs")
        # Under a prior another function is maximised: a problem of its own, judged by its objective.
        penalised = (pl.col("policy").cast(pl.String) == "map").fill_null(False)
        runs = runs.with_columns(problem=pl.struct(*PROBLEM, penalised.alias("penalised")))
        proper = (pl.col("outcome").cast(pl.String) == "converged") & (
            pl.col("end").cast(pl.String).fill_null("proper") == "proper"
        )
        whole = pl.col("k_end").fill_null(pl.col("k")) == pl.col("k")
        best = pl.when(proper & whole).then("objective").max().over("problem")
        runs = runs.with_columns(gap=best - pl.col("objective"))
        tolerance = pl.max_horizontal(pl.lit(SAME), 10 * pl.col("remaining_gap").fill_null(0.0))
        outcome, end = pl.col("outcome").cast(pl.String), pl.col("end").cast(pl.String)
        fate = (
            pl.when(outcome == "max_iterations").then(pl.lit("iteration limit"))
            .when(outcome != "converged").then(pl.lit("failed"))
            .when(end.is_in(["spurious", "coincident"])).then(end)
            .when(whole & (pl.col("gap") <= tolerance)).then(pl.lit("best"))
            .otherwise(pl.lit("other maximum"))
        )
        return runs.with_columns(fate=fate).with_columns(hit=pl.col("fate") == "best")

    @cached_property
    def traces(self) -> pl.DataFrame:
        """One row per recorded iteration."""
        return self.table("traces")

    @cached_property
    def failures(self) -> pl.DataFrame:
        """One row per breakdown."""
        return self.table("failures")

    @cached_property
    def parameters(self) -> pl.DataFrame:
        """One row per component of a run, at its start, its end, and where it failed."""
        return self.table("parameters")

    @cached_property
    def observations(self) -> pl.DataFrame:
        """The data as they were fitted."""
        return self.table("observations")

    def richest(self, method: str = "em") -> dict:
        """The problem whose starts end in the most different places: a good one to look at first."""
        runs = self.runs.filter(pl.col("method").cast(pl.String) == method)
        ends = runs.filter(pl.col("fate").is_in(["best", "other maximum"]))
        places = ends.with_columns(place=pl.col("objective").round(2))
        counted = places.group_by("problem").agg(pl.col("place").n_unique(), pl.len()).sort("place", "len")
        if counted.is_empty():
            raise ValueError(f"no converged run of method {method} in {self.folder}")
        return counted["problem"][-1]

    def of(self, problem: dict) -> pl.DataFrame:
        """The runs of one problem."""
        return self.runs.filter(pl.col("problem") == pl.lit(problem, dtype=self.runs.schema["problem"]))


def label(problem: dict) -> str:
    """A problem in a few words."""
    structure = f", {problem['covariance']}" if problem["covariance"] else ""
    draw = f", draw {problem['draw']}" if problem["draw"] else ""
    prior = ", with a prior" if problem.get("penalised") else ""
    return f"{problem['dataset']}{draw}, K = {problem['k']}{structure}{prior}"


def wilson(hits: int, n: int, z: float = 1.959964) -> tuple[float, float]:
    """95 % score interval of a share (Wilson 1927): unlike p ± 2σ it stays inside [0, 1] and away from a point at 0 of n.

    The report prints Clopper-Pearson intervals, which need the beta distribution and are a little wider.
    """
    centre, spread = hits + z * z / 2, z * math.sqrt(hits * (n - hits) / n + z * z / 4)
    return (centre - spread) / (n + z * z), (centre + spread) / (n + z * z)
