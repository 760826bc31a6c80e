"""Reference values for crates/report/tests/unseen.rs.

    python3 -m venv venv && venv/bin/pip install scikit-bio==0.7.4
    venv/bin/python crates/report/tests/reference/unseen.py > crates/report/tests/reference/unseen.json
"""

import json

import skbio
from skbio.diversity.alpha import chao1, chao1_ci, esty_ci, goods_coverage

CASES = [
    [120, 40, 9, 5, 3, 2, 2, 1, 1, 1, 1],
    [50, 30, 1, 1, 1],
    [80, 60, 40, 20],
    [3, 2, 2],
    [1] * 12 + [2] * 3 + [7],
    [1, 1],
]
Z = 1.959963984540054

print(json.dumps({
    "made_by": f"unseen.py with scikit-bio {skbio.__version__}",
    "cases": [
        {
            "counts": counts,
            "unseen_share": 1 - float(goods_coverage(counts)),
            "unseen_interval": [float(v) for v in esty_ci(counts)],
            "richness": float(chao1(counts)),
            "richness_interval": [float(v) for v in chao1_ci(counts, zscore=Z)],
        }
        for counts in CASES
    ],
}, indent=1))
