"""Draws cost.svg and threads.svg from scaling.csv:

    figures.py CSV FOLDER

Called by run.py. The same numbers give the same bytes with the same matplotlib.
"""

import sys
from pathlib import Path

import matplotlib

matplotlib.use("svg")
import matplotlib.pyplot as plt

from run import exponents, read

rows, out = read(Path(sys.argv[1])), Path(sys.argv[2])
# Okabe and Ito's colours, told apart without colour vision; markers say the same once more.
LOOKS = dict(zip(("full", "diagonal", "tied", "spherical", "k-means"), zip(("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#D55E00"), "osD^v")))
plt.rcParams.update(
    {"svg.hashsalt": "scaling", "svg.fonttype": "none", "font.family": "sans-serif", "font.size": 9, "axes.spines.top": False,
     "axes.spines.right": False, "axes.grid": True, "grid.color": "#e5e5e5", "grid.linewidth": 0.6, "axes.axisbelow": True}
)
SAVE = {"format": "svg", "metadata": {"Date": None}, "bbox_inches": "tight"}
TITLES = {"n": "rows n", "d": "features d", "k": "components k"}


def fixed(axis):
    """What stays along an axis, in words."""
    row = next(row for row in rows if row["axis"] == axis)
    return ", ".join(f"{name} = {row[name]:,}" for name in "ndk" if name != axis)


found = exponents(rows)
figure, panels = plt.subplots(1, 3, figsize=(11, 4), sharey=True)
for axis, panel in zip("ndk", panels):
    for model, (colour, marker) in LOOKS.items():
        points = sorted((row[axis], row["seconds"]) for row in rows if (row["axis"], row["model"]) == (axis, model))
        if not points:
            continue
        power = f", {axis}$^{{{found[axis, model]:.2f}}}$" if (axis, model) in found else ""
        panel.loglog(*zip(*points), color=colour, marker=marker, markersize=4, linewidth=1.4, label=model + power)
    panel.set_xlabel(f"{TITLES[axis]}   ({fixed(axis)})")
    panel.legend(frameon=False, fontsize=8, loc="upper left")
panels[0].set_ylabel("seconds per iteration, one thread")
figure.suptitle("Cost of an iteration; exponents fitted to the upper half of the sizes", x=0.01, ha="left")
figure.tight_layout()
figure.savefig(out / "cost.svg", **SAVE)

if not any(row["axis"] == "threads" for row in rows):
    sys.exit()
figure, panel = plt.subplots(figsize=(4.6, 3.4))
most = max(row["threads"] for row in rows)
panel.plot([1, most], [1, most], color="#999999", linewidth=1, linestyle="--", label="ideal")
works = [("threads", name, name) for name in ("M", "L", "KM1")] + [("sweep", "S, all rows of each trace", "sweep S, traces recorded")]
for (axis, model, label), colour, marker in zip(works, ("#0072B2", "#E69F00", "#009E73", "#CC79A7"), "osD^"):
    points = sorted((row["threads"], row["seconds"]) for row in rows if (row["axis"], row["model"]) == (axis, model))
    if points and points[0][0] == 1:
        gains = [(threads, points[0][1] / seconds) for threads, seconds in points]
        panel.plot(*zip(*gains), color=colour, marker=marker, markersize=5, linewidth=1.4, label=f"{label}: {gains[-1][1]:.2f}")
panel.set_xticks(range(1, most + 1))
panel.set_xlabel("threads")
panel.set_ylabel("times as fast as one thread")
panel.legend(frameon=False, fontsize=8)
figure.tight_layout()
figure.savefig(out / "threads.svg", **SAVE)
