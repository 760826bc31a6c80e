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
# # What does the start change?
#
# A good start is not the one that often ends well: one that costs ten times as much must do so ten times as often. So starts are
# compared at equal *budget*, counted in passes over the data, those for making the start included (in the manner of Biernacki,
# Celeux & Govaert 2003).

# %% tags=["parameters"]
import os

results = os.environ.get("RESULTS", "../results/sweep")

# %%
import altair as alt
import numpy as np
import polars as pl

from sweep import Sweep, label, wilson

alt.renderers.enable("png", ppi=80)
alt.data_transformers.disable_max_rows()
pl.Config.set_tbl_rows(40)
pl.Config.set_tbl_cols(16)
pl.Config.set_tbl_width_chars(140)
pl.Config.set_tbl_hide_dataframe_shape(True)
pl.Config.set_tbl_hide_column_data_types(True)

sweep = Sweep(results)
problem = sweep.richest()
runs = sweep.of(problem).with_columns(pl.col("start", "policy", "start_covariance").cast(pl.String))
policy = runs["policy"][0]
runs = runs.filter(pl.col("policy") == policy).with_columns(
    kind=pl.when(pl.col("start_covariance").n_unique().over("start") > 1)
    .then(pl.format("{} ({})", "start", "start_covariance"))
    .otherwise("start")
)
f"{label(problem)}, policy {policy}: {runs.height} starts"

# %% [markdown]
# ## How often the best is reached
#
# Shares with 95 % intervals. Kinds of start share the data but not the starting rows, so these are independent samples: where
# two intervals overlap widely, nothing was shown.

# %%
rates = []
for (kind,), part in runs.group_by("kind", maintain_order=True):
    low, high = wilson(int(part["hit"].sum()), part.height)
    rates.append({"kind": kind, "starts": part.height, "share": part["hit"].mean(), "low": low, "high": high})
rates = pl.DataFrame(rates).sort("share", descending=True)
by_share = rates["kind"].to_list()
base = alt.Chart(rates).encode(y=alt.Y("kind", sort=by_share, title=None))
(
    base.mark_rule(strokeWidth=2, color="#0072B2").encode(x=alt.X("low", axis=alt.Axis(format="%"), title="starts that reach the best proper maximum"), x2="high")
    + base.mark_point(filled=True, size=60, color="#0072B2", opacity=1).encode(x="share")
).properties(width=480, height=alt.Step(20), title=label(problem))

# %% [markdown]
# ## What it costs
#
# Passes over the data of one start: those of the start itself and those of EM after it.

# %%
costs = runs.with_columns(passes=pl.col("e_passes") + pl.col("start_passes"))
costs.group_by("kind").agg(
    starts=pl.len(),
    start_passes=pl.col("start_passes").median(),
    passes=pl.col("passes").median(),
    share=pl.col("hit").mean().round(3),
    passes_per_hit=(pl.col("passes").sum() / pl.col("hit").sum()).round(0),
).with_columns(
    passes_per_hit=pl.when(pl.col("passes_per_hit").is_finite()).then("passes_per_hit")
).sort("passes_per_hit", nulls_last=True)

# %% [markdown]
# ## Success at equal budget
#
# Take the recorded starts of a kind in random order and run one after another until a budget of passes is spent; a start that the
# budget cuts off does not count. The curve is the share of 2,000 such orders that contain a hit.


# %%
def success(passes: np.ndarray, hits: np.ndarray, budgets: np.ndarray, orders: int = 2000) -> np.ndarray:
    """Share of random orders in which a hit is finished within each budget."""
    rng = np.random.default_rng(1)
    first = np.full(orders, np.inf)
    for i in range(orders):
        order = rng.permutation(len(passes))
        spent, hit = np.cumsum(passes[order]), hits[order]
        if hit.any():
            first[i] = spent[hit.argmax()]
    return (first[:, None] <= budgets[None, :]).mean(axis=0)


largest = float(costs.group_by("kind").agg(pl.col("passes").sum())["passes"].min())
budgets = np.geomspace(10, max(largest, 20), 60)
curves = []
for (kind,), part in costs.group_by("kind", maintain_order=True):
    shares = success(part["passes"].to_numpy(), part["hit"].to_numpy(), budgets)
    curves.append(pl.DataFrame({"kind": kind, "passes": budgets, "share": shares}))
curves = pl.concat(curves)
(
    alt.Chart(curves)
    .mark_line()
    .encode(
        x=alt.X("passes", scale=alt.Scale(type="log", nice=False), axis=alt.Axis(format="~s", values=[10, 30, 100, 300, 1000, 3000, 10000, 30000, 100000]), title="budget (passes over the data)"),
        y=alt.Y("share", axis=alt.Axis(format="%"), title="chance that the best was found"),
        color=alt.Color("kind", sort=by_share, title=None),
    )
    .properties(width=560, height=300, title=label(problem))
)

# %% [markdown]
# ## Does a better beginning end better?
#
# The log-likelihood of θ₀ against where the start ends. If the cloud has no slope, choosing among starts by their first
# log-likelihood is worth nothing.

# %%
first = sweep.traces.filter(pl.col("iteration") == 0).select("run", begin="objective")
pairs = runs.join(first, on="run").filter(pl.col("fate").is_in(["best", "other maximum"]))
(
    alt.Chart(pairs.select("begin", "objective", "kind"))
    .mark_point(size=14, opacity=0.5)
    .encode(
        x=alt.X("begin", scale=alt.Scale(zero=False), title="log-likelihood of the start"),
        y=alt.Y("objective", scale=alt.Scale(zero=False), title="log-likelihood of the end"),
        color=alt.Color("kind", sort=by_share, title=None),
    )
    .properties(width=480, height=300, title=label(problem))
)
