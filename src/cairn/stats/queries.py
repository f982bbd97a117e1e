"""Rankings: one number a query, so that queries are the unit of chance.

Ties never flatter. NDCG takes the mean over the orders of tied rows (McSherry and Najork 2008,
"Computing information retrieval performance measures efficiently in the presence of tied
scores"; as scikit-learn's `ndcg_score`); the others place a relevant row behind all rows that
tie with it. Queries without a relevant row say nothing about a ranking and are left out.
"""

import numpy as np

from cairn.core.errors import Invalid
from cairn.stats.align import Sample
from cairn.stats.metrics import Metric
from cairn.stats.scored import Flags, Floats, Places


def per_query(metric: Metric, sample: Sample) -> tuple[Floats, Floats | None]:
    """The metric of each query that has a relevant row, and the queries' weights."""
    if sample.unit is None:
        raise Invalid("a ranking needs a unit: the query of each row")
    query = sample.unit.astype(np.intp)
    relevant = np.bincount(query, weights=sample.label > 0)
    if metric.kind == "ndcg":
        ideal = _discounted(query, sample.label, sample.label, metric.k)
        found = _discounted(query, sample.label, sample.score, metric.k)
        values = found / np.where(ideal > 0, ideal, 1.0)
    else:
        first = _first_relevant(query, sample)
        values = 1 / first if metric.kind == "mrr" else (first <= metric.k).astype(np.float64)
    counted = relevant > 0
    return values[counted], _weights(query, sample, counted)


def _weights(query: Places, sample: Sample, counted: Flags) -> Floats | None:
    if sample.weight is None:
        return None
    rows = np.bincount(query)
    return (np.bincount(query, weights=sample.weight) / np.maximum(rows, 1))[counted]


def _discounted(query: Places, gain: Floats, score: Floats, k: float) -> Floats:
    """DCG of each query: gains in order of score, each worth 1 / log2(1 + rank) up to `k`.

    Tied rows share the worth of the ranks that they hold together.
    """
    order = np.lexsort((-score, query))
    of, at = query[order], score[order]
    starts = np.flatnonzero(np.diff(of, prepend=-1))
    rank = np.arange(of.size) - np.repeat(starts, np.diff(starts, append=of.size))
    worth = np.where(rank < k, 1 / np.log2(rank + 2.0), 0.0)
    fresh = np.diff(of, prepend=-1).astype(bool)
    fresh[1:] |= at[1:] != at[:-1]
    tie = np.cumsum(fresh) - 1
    together = np.bincount(tie)
    shared = (np.bincount(tie, weights=worth) / together)[tie]
    most = int(query.max()) + 1
    return np.bincount(of, gain[order] * shared, most).astype(np.float64)


def _first_relevant(query: Places, sample: Sample) -> Floats:
    """Rank of the first relevant row of each query, behind its ties; infinite for none."""
    best = np.full(int(query.max()) + 1, -np.inf)
    hits = sample.label > 0
    np.maximum.at(best, query[hits], sample.score[hits])
    ahead = np.bincount(query, weights=sample.score >= best[query], minlength=best.size)
    return np.where(np.isfinite(best), np.maximum(ahead, 1), np.inf)
