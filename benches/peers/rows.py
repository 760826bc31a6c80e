"""The rows of the table: what is fitted, for how long, against whom, and what it costs at least. Standard library only."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Fit:
    """One long fit: seconds per iteration are compared. Data: k Gaussian clusters in d dimensions, means N(0, spread² I)."""

    n: int
    d: int
    k: int
    kind: str  # full, diag, tied, spherical, k-means, seeding
    spread: float
    iterations: int
    peers: tuple

    @property
    def key(self) -> str:
        """Rows with the same sample share its file."""
        return f"{self.n}-{self.d}-{self.k}-{self.spread}"

    def flop(self) -> float:
        """Of a dense iteration, without exponentials."""
        n, d, k = float(self.n), float(self.d), float(self.k)
        return {
            "full": 2 * n * k * d * d,
            "tied": n * d * d + 4 * n * k * d,
            "diag": 8 * n * k * d,
            "spherical": 4 * n * k * d,
            "k-means": 2 * n * k * d,
            "seeding": 2 * n * k * d,
        }[self.kind]

    def exponentials(self) -> float:
        return 0.0 if self.kind in ("k-means", "seeding") else float(self.n * self.k)


@dataclass(frozen=True)
class Many:
    """Many short fits of a small sample: fits per second are compared."""

    n: int
    d: int
    k: int
    kind: str
    spread: float  # 0: iris
    stop: str  # as in a config
    starts: int  # of ours, timed from process start to its end, Parquet included
    peers: tuple  # (name, number of starts)
    checked: str  # the stop rule under which the ends are compared: as many iterations for all

    @property
    def key(self) -> str:
        return f"many-{self.n}-{self.d}-{self.k}-{self.kind}"


MIXTURE_PEERS = ("oneDAL", "scikit-learn")
MEANS_PEERS = ("scikit-learn", "scikit-learn (Elkan)", "faiss", "mlpack (Hamerly)")

ROWS = {
    "S": Many(150, 4, 3, "full", 0.0, "gain-per-row = 1e-6\nmax-iterations = 1000", 100_000,
              (("oneDAL", 3000), ("scikit-learn", 200), ("mclust", 600)), "max-iterations = 20"),
    "S2": Many(500, 2, 2, "full", 2.0, "max-iterations = 100", 20_000,
               (("oneDAL", 2000), ("scikit-learn", 100), ("Armadillo", 600), ("mclust", 200)), "max-iterations = 100"),
    "KM-small": Many(150, 4, 3, "k-means", 0.0, "absolute-gain = 0\nmax-iterations = 100", 200_000,
                     (("Armadillo", 20_000), ("scikit-learn", 2000)), "absolute-gain = 0\nmax-iterations = 100"),
    "M": Fit(100_000, 16, 16, "full", 0.6, 12, (*MIXTURE_PEERS, "Armadillo", "mclust")),
    "H": Fit(20_000, 256, 8, "full", 1.0, 8, (*MIXTURE_PEERS, "Armadillo")),
    "L": Fit(1_000_000, 32, 32, "full", 0.5, 3, MIXTURE_PEERS),
    "L-separated": Fit(1_000_000, 32, 64, "full", 3.0, 3, ("oneDAL",)),
    "L-diag": Fit(1_000_000, 32, 64, "diag", 0.5, 4, ("scikit-learn", "oneDAL", "Armadillo")),
    "L-tied": Fit(1_000_000, 32, 32, "tied", 0.5, 3, ("scikit-learn",)),
    "L-spherical": Fit(1_000_000, 32, 32, "spherical", 0.5, 5, ("scikit-learn",)),
    "KM1": Fit(1_000_000, 32, 64, "k-means", 0.5, 12, MEANS_PEERS),
    "KM2": Fit(200_000, 128, 256, "k-means", 0.3, 12, MEANS_PEERS),
    "KM1-clustered": Fit(1_000_000, 32, 64, "k-means", 3.0, 12, MEANS_PEERS),
    "k-means++": Fit(1_000_000, 32, 64, "seeding", 0.5, 1, ("scikit-learn", "scikit-learn (greedy)")),
}

# For a first look, in about a minute.
QUICK = {
    "S": Many(150, 4, 3, "full", 0.0, "gain-per-row = 1e-6\nmax-iterations = 1000", 2000,
              (("oneDAL", 200), ("scikit-learn", 20), ("mclust", 20)), "max-iterations = 20"),
    "S2": Many(500, 2, 2, "full", 2.0, "max-iterations = 100", 2000,
               (("oneDAL", 200), ("scikit-learn", 20), ("Armadillo", 60), ("mclust", 20)), "max-iterations = 100"),
    "KM-small": Many(150, 4, 3, "k-means", 0.0, "absolute-gain = 0\nmax-iterations = 100", 20_000,
                     (("Armadillo", 2000), ("scikit-learn", 200)), "absolute-gain = 0\nmax-iterations = 100"),
    "M": Fit(20_000, 16, 16, "full", 0.6, 8, (*MIXTURE_PEERS, "Armadillo", "mclust")),
    "L-diag": Fit(20_000, 32, 64, "diag", 0.5, 4, ("scikit-learn", "oneDAL", "Armadillo")),
    "L-tied": Fit(20_000, 32, 32, "tied", 0.5, 3, ("scikit-learn",)),
    "L-spherical": Fit(20_000, 32, 32, "spherical", 0.5, 5, ("scikit-learn",)),
    "KM1": Fit(20_000, 32, 64, "k-means", 0.5, 12, MEANS_PEERS),
    "k-means++": Fit(20_000, 32, 64, "seeding", 0.5, 1, ("scikit-learn", "scikit-learn (greedy)")),
}
