"""Reference values for crates/report/tests/comparison.rs.

    python3 -m venv venv && venv/bin/pip install numpy==2.4.6 scipy==1.17.1 statsmodels==0.15.0
    venv/bin/python crates/report/tests/reference/comparison.py > crates/report/tests/reference/comparison.json

What scipy and statsmodels have is theirs. What they lack (Fisher's test over strata, Newcombe's interval over strata, Pratt's
zeros counted out) is computed here another way than in the crate: in rational numbers over all tables, over all 2^m signs.
"""

import itertools
import json
from fractions import Fraction
from math import comb, sqrt

import numpy as np
import scipy
import statsmodels
from scipy import stats
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint

rng = np.random.default_rng(20260101)


def fisher_over_strata(strata):
    """All tables with the given margins, in rational numbers."""
    law = {0: Fraction(1)}
    for h1, n1, h2, n2 in strata:
        hits = h1 + h2
        own = {x: Fraction(comb(n1, x) * comb(n2, hits - x), comb(n1 + n2, hits)) for x in range(max(0, hits - n2), min(hits, n1) + 1)}
        joined = {}
        for (a, p), (b, q) in itertools.product(law.items(), own.items()):
            joined[a + b] = joined.get(a + b, 0) + p * q
        law = joined
    observed = law[sum(s[0] for s in strata)]
    return float(sum(p for p in law.values() if p <= observed))


def newcombe_over_strata(strata):
    """Wilson's intervals from statsmodels, joined with the weights of Mantel and Haenszel."""
    weights, values, below, above = [], [], [], []
    for h1, n1, h2, n2 in strata:
        (l1, u1), (l2, u2) = (proportion_confint(h, n, method="wilson") for h, n in ((h1, n1), (h2, n2)))
        p1, p2 = h1 / n1, h2 / n2
        weights.append(1 / (1 / n1 + 1 / n2))
        values.append(p2 - p1)
        below.append((p2 - l2) ** 2 + (u1 - p1) ** 2)
        above.append((u2 - p2) ** 2 + (p1 - l1) ** 2)
    w = np.array(weights) / sum(weights)
    d = float(w @ values)
    return d, d - sqrt(w**2 @ below), d + sqrt(w**2 @ above)


def pratt_counted_out(differences):
    """All signs of the nonzero differences."""
    d = np.array(differences)
    ranks = stats.rankdata(np.abs(d))[d != 0]
    plus = ranks[d[d != 0] > 0].sum()
    sums = np.array([sum(r for r, s in zip(ranks, signs) if s) for signs in itertools.product((0, 1), repeat=len(ranks))])
    smaller = min(plus, ranks.sum() - plus)
    return min(1.0, 2 * float(np.mean(sums <= smaller + 1e-9)))


def signed_ranks():
    samples = [
        [1.5, -0.5, 2.0, 0.0, 0.0, 3.0, 3.0, -1.5, 4.0, 0.5],
        [5, -3, 2, 2, -1, 0, 7, 4, 0, 0, 6, -2, 1],
        [-1, -2, -3, -4, -5, -6, 7],
    ]
    for n, shift in ((60, 0.2), (200, 0.1), (200, 0.6)):
        samples.append(np.round(rng.normal(shift, 2, n)).tolist())
    cases = []
    for sample in samples:
        d = np.array(sample, dtype=float)
        nonzero = int((d != 0).sum())
        ranks = stats.rankdata(np.abs(d))
        case = {
            "differences": d.tolist(),
            "positive": float(ranks[d > 0].sum()),
            "negative": float(ranks[d < 0].sum()),
            "sign": float(stats.binomtest(int((d > 0).sum()), nonzero).pvalue),
        }
        if nonzero > 50:
            case["p"] = float(stats.wilcoxon(d, zero_method="pratt", correction=False, method="asymptotic").pvalue)
        else:
            case["p"] = pratt_counted_out(sample)
            if (d != 0).all():
                assert abs(case["p"] - stats.wilcoxon(d, method="exact").pvalue) < 1e-12
        cases.append(case)
    return cases


def pairs():
    cases = []
    for b, c in ((0, 5), (3, 11), (20, 20), (1, 0), (37, 80)):
        p = mcnemar([[100, b], [c, 50]], exact=True).pvalue
        interval = proportion_confint(c, b + c, method="beta")
        cases.append({"first_only": b, "second_only": c, "p": float(p), "interval": [float(v) for v in interval]})
    return cases


def shares():
    tables = [(7, 10, 2, 12), (0, 20, 5, 20), (43, 100, 61, 110), (86, 200, 11, 200), (3, 200, 0, 200), (56, 70, 48, 80), (184, 200, 29, 200)]
    cases = []
    for h1, n1, h2, n2 in tables:
        lower, upper = confint_proportions_2indep(h2, n2, h1, n1, method="newcomb", compare="diff")
        cases.append({
            "strata": [[h1, n1, h2, n2]],
            "fisher": float(stats.fisher_exact([[h1, n1 - h1], [h2, n2 - h2]]).pvalue),
            "difference": [h2 / n2 - h1 / n1, float(lower), float(upper)],
        })
        assert abs(cases[-1]["fisher"] - fisher_over_strata([(h1, n1, h2, n2)])) < 1e-12
        assert np.allclose(cases[-1]["difference"], newcombe_over_strata([(h1, n1, h2, n2)]), atol=1e-12)
    for strata in ([(5, 20, 9, 20), (3, 20, 8, 20), (10, 20, 12, 20)], [(1, 8, 5, 9), (4, 30, 4, 10)], [(60, 200, 90, 200), (110, 200, 120, 200)]):
        cases.append({"strata": strata, "fisher": fisher_over_strata(strata), "difference": newcombe_over_strata(strata)})
    return cases


def holm():
    p = [0.01, 0.04, 0.03, 0.005, 0.2, 0.011, 0.6]
    return {"p": p, "adjusted": multipletests(p, method="holm")[1].tolist()}


def means():
    """The percentile interval of a mean from so many resamples that its own noise is small (the law of a resampled median
    has too few steps for that; it is known exactly, and the unit test compares with it)."""
    sample = np.round(rng.gamma(2.0, 20.0, 120), 3)
    found = stats.bootstrap((sample,), np.mean, n_resamples=200_000, method="percentile", rng=rng, vectorized=True, batch=5000)
    return {"sample": sample.tolist(), "interval": [float(v) for v in found.confidence_interval]}


print(json.dumps({
    "made_by": f"comparison.py with numpy {np.__version__}, scipy {scipy.__version__}, statsmodels {statsmodels.__version__}",
    "signed_ranks": signed_ranks(),
    "pairs": pairs(),
    "shares": shares(),
    "holm": holm(),
    "bootstrap_mean": means(),
}, indent=1))
