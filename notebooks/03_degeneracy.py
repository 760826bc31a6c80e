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
# # What happens before a covariance becomes singular?
#
# The likelihood of a Gaussian mixture has no upper bound: a component that settles on points of a hyperplane gains without end by
# becoming flatter. Here every such death is a row with its numbers: which component, how many rows, in which direction, and why.

# %% tags=["parameters"]
import os

results = os.environ.get("RESULTS", "../results/sweep")

# %%
import altair as alt
import matplotlib.pyplot as plt
import numpy as np
import polars as pl

from sweep import PROBLEM, Sweep

alt.renderers.enable("png", ppi=80)
alt.data_transformers.disable_max_rows()
pl.Config.set_tbl_rows(40)
pl.Config.set_tbl_cols(16)
pl.Config.set_tbl_width_chars(140)
pl.Config.set_tbl_hide_dataframe_shape(True)
pl.Config.set_tbl_hide_column_data_types(True)
pl.Config.set_fmt_str_lengths(90)
plt.rcParams.update({"figure.dpi": 80, "axes.spines.top": False, "axes.spines.right": False})

sweep = Sweep(results)
em = sweep.runs.filter(pl.col("method").cast(pl.String) == "em")
deaths = sweep.failures.join(em.select("run", *PROBLEM, "d", "start", "policy"), on="run")
singular = deaths.filter(pl.col("kind").cast(pl.String) == "singular_covariance")
f"{deaths.height} breakdowns in {em.height} runs of EM, {singular.height} of them singular covariances"

# %% [markdown]
# ## How often, and why
#
# `few_rows`: at most d + 1 rows belong to the component, so that its covariance cannot have full rank. `tied_values`: its rows share
# one value in one variable, as rounded measurements do. `hyperplane`: its rows lie in a plane askew.

# %%
singular.group_by("dataset", "k", "start", "policy", "cause").agg(
    deaths=pl.len(), rows=pl.col("rows").median(), distinct_values=pl.col("distinct_values").median()
).sort("deaths", descending=True).head(20)

# %% [markdown]
# ## How fast
#
# The smallest pivot of the covariances, relative to that of the total covariance, counted back from the death. Far from it, the
# pivot hardly moves; at the end it falls by orders of magnitude from one iteration to the next: the flatter the component, the more
# exclusively it owns its rows.

# %%
last = deaths.filter(pl.col("remedy").cast(pl.String) == "stop").group_by("run").agg(death=pl.col("iteration").max())
falls = (
    sweep.traces.join(last, on="run")
    .with_columns(before=pl.col("death").cast(pl.Int64) - pl.col("iteration").cast(pl.Int64))
    .filter((pl.col("before") <= 16) & pl.col("smallest_relative_pivot").is_not_null())
    .select("run", "before", pivot="smallest_relative_pivot")
)
fatal = singular.filter(pl.col("stage").cast(pl.String) == "maximization").select(
    "run", before=pl.lit(0, dtype=pl.Int64), pivot=pl.max_horizontal("smallest_relative_pivot", pl.lit(1e-36))
)
curves = pl.concat([falls, fatal.join(last, on="run", how="semi")]).join(
    singular.unique("run").select("run", cause=pl.col("cause").cast(pl.String)), on="run"
)
(
    alt.Chart(curves)
    .mark_line(opacity=0.25, clip=True)
    .encode(
        x=alt.X("before", scale=alt.Scale(reverse=True), title="iterations before the death"),
        y=alt.Y("pivot", scale=alt.Scale(type="log", domain=[1e-36, 1]), axis=alt.Axis(format=".0e", tickCount=8), title="smallest relative pivot (0 drawn at 1e-36)"),
        detail="run",
        color=alt.Color("cause", title=None),
    )
    .properties(width=560, height=300)
)

# %% [markdown]
# ## Deaths in pictures
#
# For each of the two most frequent causes the run that died latest: the last good covariance of the component that was lost, in the
# variable in which it is narrowest and the one in which it is widest. Filled points are its rows.


# %%
def draw_death(death: dict) -> None:
    """Data, the rows of the lost component, and the ellipses (2σ) of all components at the last good parameters."""
    parts = sweep.parameters.filter((pl.col("run") == death["run"]) & (pl.col("moment").cast(pl.String) == "failure"))
    if parts.is_empty():
        print("this sweep does not record the parameters of failures (record.failure-parameters)")
        return
    x = np.array(
        sweep.observations.filter(
            (pl.col("dataset").cast(pl.String) == str(death["dataset"])) & (pl.col("draw") == death["draw"])
        )["x"].to_list()
    )
    d = x.shape[1]
    lost = death["component"]
    covariances = [np.array(row).reshape(d, d) for row in parts["covariance"]]
    means = [np.array(row) for row in parts["mean"]]
    relative = np.diag(covariances[lost]) / x.var(axis=0)
    across = int(relative.argmin())
    along = int(np.argmax(np.where(np.arange(d) == across, -1.0, relative)))
    log_weight = np.log(parts["weight"].to_numpy())
    density = np.stack(
        [
            w
            - 0.5 * np.linalg.slogdet(c)[1]
            - 0.5 * np.einsum("ni,ij,nj->n", x - m, np.linalg.inv(c), x - m)
            for w, m, c in zip(log_weight, means, covariances)
        ]
    )
    mine = density.argmax(axis=0) == lost
    figure, axes = plt.subplots(figsize=(6.2, 4.2))
    axes.scatter(x[~mine, along], x[~mine, across], s=14, facecolors="none", edgecolors="#999999")
    axes.scatter(x[mine, along], x[mine, across], s=18, color="#D55E00", label=f"{mine.sum()} rows of the lost component")
    angle = np.linspace(0, 2 * np.pi, 200)
    for k, (mean, covariance) in enumerate(zip(means, covariances)):
        pair = [along, across]
        root = np.linalg.cholesky(covariance[np.ix_(pair, pair)])
        ring = mean[pair] + 2 * (root @ np.stack([np.cos(angle), np.sin(angle)])).T
        axes.plot(*ring.T, color="#D55E00" if k == lost else "#0072B2", lw=1.6)
    axes.set_xlabel(f"variable {along + 1}")
    axes.set_ylabel(f"variable {across + 1} (narrowest)")
    axes.set_title(f"{death['dataset']}, K = {death['k']}, run {death['run']}, iteration {death['iteration']}: {death['cause']}", fontsize=10)
    axes.legend(frameon=False, fontsize=9)
    plt.show()


drawable = singular.filter((pl.col("d") > 1) & (pl.col("stage").cast(pl.String) == "maximization"))
causes = drawable.filter(pl.col("cause").is_not_null()).group_by("cause").len().sort("len", descending=True)
if causes.is_empty():
    print("no start of this sweep met a singular covariance in more than one variable")
else:
    for cause in causes["cause"].head(2):
        draw_death(drawable.filter(pl.col("cause") == cause).sort("iteration", descending=True).row(0, named=True))

# %% [markdown]
# ## What a policy makes of the same starts
#
# Policies are a factor: the same starts, data and seeds. Each row counts the fates under one policy. A ridge lets nobody die; look at
# what it puts in the place of deaths.

# %%
em.group_by("policy", "fate").len().pivot("fate", index="policy", values="len").fill_null(0).sort("policy")

# %% [markdown]
# The starts that died under `stop`, and what became of them under the other policies:

# %%
key = [*PROBLEM, "start", "start_covariance", "replicate"]
died = em.filter((pl.col("policy").cast(pl.String) == "stop") & (pl.col("fate") == "failed")).select(key)
others = em.filter(pl.col("policy").cast(pl.String) != "stop")
fates = others.join(died, on=key, how="semi", nulls_equal=True)
if fates.is_empty():
    print("no start died under `stop`, or this sweep has no other policy")
else:
    print(fates.group_by("policy", "fate").len().pivot("fate", index="policy", values="len").fill_null(0).sort("policy"))
