# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # A first look at a sweep
# %% [markdown]
# # Maxima, basins and traces
#
# EM climbs to whichever maximum its start belongs to. Which maxima are there, how large are their basins, what do they look like, and
# how does EM approach them?

# %% tags=["parameters"]
import os

results = os.environ.get("RESULTS", "../results/sweep")

# %%
import altair as alt
import matplotlib.pyplot as plt
import numpy as np
import polars as pl

from sweep import SAME, Sweep, label, wilson

alt.renderers.enable("png", ppi=80)
alt.data_transformers.disable_max_rows()
pl.Config.set_tbl_rows(40)
pl.Config.set_tbl_cols(16)
pl.Config.set_tbl_width_chars(140)
pl.Config.set_tbl_hide_dataframe_shape(True)
pl.Config.set_tbl_hide_column_data_types(True)
plt.rcParams.update({"figure.dpi": 80, "axes.spines.top": False, "axes.spines.right": False})

sweep = Sweep(results)
problem = sweep.richest()
runs = sweep.of(problem).with_columns(pl.col("start", "policy").cast(pl.String))
policy = runs["policy"][0]
runs = runs.filter(pl.col("policy") == policy)
ends = runs.filter(pl.col("fate").is_in(["best", "other maximum"])).sort("objective", descending=True)
f"{label(problem)}, policy {policy}: {ends.height} proper ends of {runs.height} starts"

# %% [markdown]
# ## The maxima
#
# Ends belong together if their log-likelihoods agree within 1e-4, or within ten times the gap that the stop rule left. (The report
# also compares the components; `report/maxima.csv` or `.parquet` has its answer.)

# %%
place, number, height = [], -1, np.inf
for objective, left in ends.select("objective", pl.col("remaining_gap").fill_null(0.0)).iter_rows():
    if height - objective > max(SAME, 10 * left):
        number, height = number + 1, objective
    place.append(number)
ends = ends.with_columns(maximum=pl.Series(place, dtype=pl.Int64) + 1)
maxima = ends.group_by("maximum").agg(
    log_likelihood=pl.col("log_likelihood").max(),
    hits=pl.len(),
    iterations=pl.col("iterations").median(),
    rate=pl.col("rate").median(),
    smallest_count=pl.col("smallest_count").median(),
    hathaway=pl.col("hathaway").median(),
).sort("maximum")
bounds = [wilson(hits, runs.height) for hits in maxima["hits"]]
maxima = maxima.with_columns(
    share=(pl.col("hits") / runs.height).round(4),
    low=pl.Series([low for low, _ in bounds]).round(4),
    high=pl.Series([high for _, high in bounds]).round(4),
)
maxima.head(12)

# %% [markdown]
# Maxima found once say that there are more: the share of all starts whose maximum no other start found estimates the
# basins that nobody has seen (Good 1953).

# %%
once = int((maxima["hits"] == 1).sum())
f"{maxima.height} maxima, {once} of them found once: about {once / max(ends.height, 1):.1%} of proper ends lead to maxima not in this table"

# %% [markdown]
# ## Basins by kind of start

# %%
top = maxima.sort("hits", descending=True)["maximum"].head(7).to_list()
top = sorted({1, *top} if not maxima.is_empty() else top)
shares = (
    ends.with_columns(maximum=pl.when(pl.col("maximum").is_in(top)).then(pl.col("maximum").cast(pl.String)).otherwise(pl.lit("others")))
    .group_by("start", "maximum")
    .len()
    .with_columns(share=pl.col("len") / pl.col("len").sum().over("start"))
)
names = [str(number) for number in top] + ["others"]
(
    alt.Chart(shares)
    .mark_rect()
    .encode(
        x=alt.X("maximum", sort=names, title="maximum (1 = best; the most frequent ones)", axis=alt.Axis(labelAngle=0)),
        y=alt.Y("start", title=None),
        color=alt.Color("share", scale=alt.Scale(scheme="blues", domain=[0, 1]), legend=alt.Legend(format="%", title="of the start's proper ends")),
    )
    .properties(width=420, height=alt.Step(24), title=label(problem))
)

# %% [markdown]
# ## What they look like
#
# The components of the best maximum and of the most frequent ones (2σ ellipses) in the first two principal components of the data.


# %%
def best_parameters(maximum: int) -> tuple[list[np.ndarray], list[np.ndarray], np.ndarray]:
    """Means, covariances and weights of the highest run that ended at a maximum."""
    run = ends.filter(pl.col("maximum") == maximum)["run"][0]
    parts = sweep.parameters.filter((pl.col("run") == run) & (pl.col("moment").cast(pl.String) == "end"))
    means = [np.array(row) for row in parts["mean"]]
    d = len(means[0])
    return means, [np.array(row).reshape(d, d) for row in parts["covariance"]], parts["weight"].to_numpy()


observations = sweep.observations.filter(
    (pl.col("dataset").cast(pl.String) == problem["dataset"]) & (pl.col("draw") == problem["draw"])
)
x = np.array(observations["x"].to_list())
centre = x.mean(axis=0)
axes_of_data = np.linalg.svd(x - centre, full_matrices=False)[2][: min(2, x.shape[1])]
if len(axes_of_data) < 2:
    print("one variable: nothing to draw")
else:
    shown = [1, *maxima.filter(pl.col("maximum") > 1).sort("hits", descending=True)["maximum"].head(3).to_list()]
    figure, panels = plt.subplots(1, len(shown), figsize=(3.1 * len(shown), 3.1), sharex=True, sharey=True, squeeze=False)
    flat = (x - centre) @ axes_of_data.T
    angle = np.linspace(0, 2 * np.pi, 200)
    for panel, maximum in zip(panels[0], shown):
        means, covariances, weights = best_parameters(maximum)
        panel.scatter(*flat.T, s=5, color="#999999")
        for mean, covariance in zip(means, covariances):
            root = np.linalg.cholesky(axes_of_data @ covariance @ axes_of_data.T)
            ring = axes_of_data @ (mean - centre) + 2 * (root @ np.stack([np.cos(angle), np.sin(angle)])).T
            panel.plot(*ring.T, lw=1.4)
        row = maxima.row(by_predicate=pl.col("maximum") == maximum, named=True)
        panel.set_title(f"{maximum}: log L = {row['log_likelihood']:.3f}\n{row['hits']} hits", fontsize=9)
    panels[0][0].set_xlabel("principal component 1")
    panels[0][0].set_ylabel("principal component 2")
    plt.tight_layout()
    plt.show()

# %% [markdown]
# ## How EM gets there
#
# The gap to the end of each run, iteration by iteration. On a logarithmic axis linear convergence is a straight line, and its slope
# is the rate. Long plateaus before the descent are saddles.

# %%
whole = ends.join(sweep.traces.group_by("run").agg(rows=pl.len()), on="run").filter(pl.col("rows") == pl.col("iterations") + 1)
few = whole.filter(pl.col("maximum").is_in(maxima.sort("hits", descending=True)["maximum"].head(3).to_list())).group_by("maximum", maintain_order=True).head(12)
curves = (
    sweep.traces.join(few.select("run", "maximum", end="objective", left=pl.col("remaining_gap").fill_null(0.0)), on="run")
    .with_columns(gap=pl.col("end") + pl.col("left") - pl.col("objective"))
    .filter(pl.col("gap") > 1e-9)
    .select("run", "iteration", "gap", maximum=pl.col("maximum").cast(pl.String))
)
(
    alt.Chart(curves)
    .mark_line(opacity=0.6)
    .encode(
        x="iteration",
        y=alt.Y("gap", scale=alt.Scale(type="log"), axis=alt.Axis(format=".0e", tickCount=7), title="gap to the run's own limit (nats)"),
        color=alt.Color("maximum", title="maximum"),
        detail="run",
    )
    .properties(width=560, height=300, title=label(problem))
)

# %% [markdown]
# ## The rate, twice
#
# Near its limit EM shrinks the distance by the rate ρ at each step and the gap in log-likelihood by ρ². And the gain of each step is ΔQ
# + KL, where KL/ΔQ tends to ρ as well: the fraction of information that is missing because the components are not seen
# (Dempster, Laird & Rubin 1977). Both are measured for each run; they should lie on the diagonal.

# %%
pairs = ends.filter(pl.col("rate").is_not_null() & pl.col("missing_information").is_not_null() & pl.col("rate").is_between(0, 1.05))
diagonal = pl.DataFrame({"rate": [0.0, 1.0], "missing_information": [0.0, 1.0]})
(
    alt.Chart(diagonal).mark_line(color="#999999", strokeDash=[4, 3]).encode(x="rate", y="missing_information")
    + alt.Chart(pairs.select("rate", "missing_information", "start"))
    .mark_point(size=16, opacity=0.6)
    .encode(
        x=alt.X("rate", title="√ of the ratio of gains"),
        y=alt.Y("missing_information", title="KL / ΔQ"),
        color=alt.Color("start", title=None),
    )
).properties(width=360, height=320, title=label(problem))
