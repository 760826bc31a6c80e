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
#
# Every start of a sweep is a row. Before any statistics, three questions: what was run, how did it end, and how far from the
# best do the ends lie? Point the notebook at a sweep of your own with the environment variable `RESULTS`.

# %% tags=["parameters"]
import os

results = os.environ.get("RESULTS", "../results/sweep")

# %%
import altair as alt
import polars as pl

from sweep import COLOURS, Sweep, label

alt.renderers.enable("png", ppi=80)
alt.data_transformers.disable_max_rows()
pl.Config.set_tbl_rows(40)
pl.Config.set_tbl_cols(16)
pl.Config.set_tbl_width_chars(140)
pl.Config.set_tbl_hide_dataframe_shape(True)
pl.Config.set_tbl_hide_column_data_types(True)
pl.Config.set_fmt_str_lengths(60)

sweep = Sweep(results)
runs = sweep.runs
runs.height

# %% [markdown]
# ## What was run
#
# The factors and their levels. A factor that does not apply to a method (covariance for k-means) is missing there.

# %%
factors = ["dataset", "k", "method", "covariance", "start", "start_covariance", "policy"]
pl.DataFrame(
    {
        "factor": factors,
        "levels": [runs[f].n_unique() for f in factors],
        "which": [", ".join(str(v) for v in runs[f].unique(maintain_order=True).to_list()[:12]) for f in factors],
    }
)

# %% [markdown]
# ## How starts end
#
# *Best* is the highest proper end that any start of the problem found (same data, K, structure). *Spurious* ends fit a handful
# of rows with a covariance that is almost singular; *failed* starts met a covariance that was.

# %%
em = runs.filter(pl.col("method").cast(pl.String) == "em")
first_policy = em["policy"].cast(pl.String)[0]
shown = em.filter(pl.col("policy").cast(pl.String) == first_policy).with_columns(
    where=pl.format("{}, K = {}", pl.col("dataset").cast(pl.String), "k"), start=pl.col("start").cast(pl.String)
)
shares = shown.group_by("where", "start", "fate").len().with_columns(share=pl.col("len") / pl.col("len").sum().over("where", "start"))
order = list(COLOURS)
(
    alt.Chart(shares.with_columns(rank=pl.col("fate").replace_strict(order, list(range(6)), return_dtype=pl.Int64)))
    .mark_bar()
    .encode(
        x=alt.X("share", scale=alt.Scale(domain=[0, 1], nice=False), axis=alt.Axis(format="%", title=None)),
        y=alt.Y("start", title=None),
        color=alt.Color("fate", scale=alt.Scale(domain=order, range=list(COLOURS.values())), title=None),
        order="rank",
        facet=alt.Facet("where", columns=3, title=None),
    )
    .properties(width=190, height=alt.Step(16), title=f"How starts end (policy {first_policy})")
)

# %% [markdown]
# ## How far from the best
#
# The gap in log-likelihood to the best end, sorted within each problem: a staircase, one step for each maximum. A long first
# step means that the start hardly matters. Gaps below 1e-4 are drawn at 1e-4: that is the best itself.

# %%
gaps = (
    shown.filter(pl.col("gap").is_not_null() & pl.col("fate").is_in(["best", "other maximum"]))
    .sort("where", "gap")
    .with_columns(floor=pl.max_horizontal("gap", pl.lit(1e-4)), share=((pl.int_range(pl.len()) + 1) / pl.len()).over("where"))
)
(
    alt.Chart(gaps.select("where", "share", "floor"))
    .mark_line(interpolate="step-after")
    .encode(
        x=alt.X("share", axis=alt.Axis(format="%"), title="share of the starts that converged properly"),
        y=alt.Y("floor", scale=alt.Scale(type="log"), axis=alt.Axis(format="~g", values=[1e-4, 1e-2, 1, 10, 100, 1000]), title="gap to the best (nats)"),
        color=alt.Color("where", title=None),
    )
    .properties(width=560, height=260)
)

# %% [markdown]
# ## How long it takes
#
# Iterations to the stop rule; the bar is the median, the box the quartiles. Where EM is slow, much of the information is missing:
# the column `rate` says how much of the gap an iteration leaves.

# %%
lengths = shown.filter(pl.col("outcome").cast(pl.String) == "converged")
(
    alt.Chart(lengths.select("where", "start", "iterations"))
    .mark_boxplot(extent=1.5, outliers={"size": 6, "opacity": 0.3})
    .encode(
        x=alt.X("iterations", scale=alt.Scale(type="log"), axis=alt.Axis(format="~s", values=[3, 10, 30, 100, 300, 1000])),
        y=alt.Y("start", title=None),
        facet=alt.Facet("where", columns=3, title=None),
    )
    .properties(width=190, height=alt.Step(16))
)

# %% [markdown]
# ## In numbers

# %%
em.group_by("dataset", "k", "covariance", "start", "policy", maintain_order=True).agg(
    starts=pl.len(),
    best=pl.col("hit").mean().round(3),
    failed=(pl.col("fate") == "failed").mean().round(3),
    spurious=(pl.col("fate") == "spurious").mean().round(3),
    iterations=pl.col("iterations").median(),
    rate=pl.col("rate").median().round(3),
).sort("dataset", "k", "policy", "best", descending=[False, False, False, True])

# %% [markdown]
# The problem with the most different ends is the one to look at next (notebook `04_maxima`):

# %%
label(sweep.richest())
