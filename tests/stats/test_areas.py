"""The area under the ROC curve: published answers, and the definition at O(mn)."""

import math

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm
from sklearn.metrics import roc_auc_score

from cairn.stats import areas
from cairn.stats.distributions import wilson
from cairn.stats.estimate import Difference, Estimate, Undefined
from cairn.stats.measure import compare, measure
from scores.rows import models, pair, sample

# DeLong, DeLong and Clarke-Pearson (1988), Biometrics 44: patients with ovarian cancer, as
# printed in the SAS/STAT user's guide, "Comparing Receiver Operating Characteristic Curves".
# Four columns a patient: albumin, total protein, Krebs-Goplerud score, and 0 if surgery failed
# to help, which is the event; the score enters as 10 less itself.
OVARIAN = """
    3.0 5.8 10 0  3.2 6.3 5 1  3.9 6.8 3 1  2.8 4.8 6 0  3.2 5.8 3 1  0.9 4.0 5 0  2.5 5.7 8 0
    1.6 5.6 5 1  3.8 5.7 5 1  3.7 6.7 6 1  3.2 5.4 4 1  3.8 6.6 6 1  4.1 6.6 5 1  3.6 5.7 5 1
    4.3 7.0 4 1  3.6 6.7 4 0  2.3 4.4 6 1  4.2 7.6 4 0  4.0 6.6 6 0  3.5 5.8 6 1  3.8 6.8 7 1
    3.0 4.7 8 0  4.5 7.4 5 1  3.7 7.4 5 1  3.1 6.6 6 1  4.1 8.2 6 1  4.3 7.0 5 1  4.3 6.5 4 1
    3.2 5.1 5 1  2.6 4.7 6 1  3.3 6.8 6 0  1.7 4.0 7 0  3.7 6.1 5 1  3.3 6.3 7 1  4.2 7.7 6 1
    3.5 6.2 5 1  2.9 5.7 9 0  2.1 4.8 7 1  2.8 6.2 8 0  4.0 7.0 7 1  3.3 5.7 6 1  3.7 6.9 5 1
    3.6 6.6 5 1
"""


def ovarian() -> dict[str, npt.NDArray[np.float64]]:
    albumin, protein, score, alive = np.array(OVARIAN.split(), dtype=float).reshape(-1, 4).T
    return {"event": 1 - alive, "albumin": -albumin, "protein": -protein, "score": score}


@pytest.mark.parametrize(
    ("test", "area", "error"),
    [("albumin", 0.7366, 0.0927), ("protein", 0.6478, 0.1000), ("score", 0.7258, 0.1028)],
)
def test_delong_areas_and_errors_are_the_published_ones(
    test: str, area: float, error: float
) -> None:
    """SAS/STAT user's guide, PROC LOGISTIC, ROC association statistics."""
    data = ovarian()

    found = measure("roc_auc", sample(data["event"], data[test]))

    assert isinstance(found, Estimate)
    assert (round(found.value, 4), round(found.standard_error, 4)) == (area, error)


@pytest.mark.parametrize(
    ("test", "difference", "error", "chi_square", "p"),
    [
        ("albumin", 0.0108, 0.0953, 0.0127, 0.9102),
        ("protein", -0.0780, 0.1046, 0.5554, 0.4561),
    ],
)
def test_paired_delong_differences_are_the_published_ones(
    test: str, difference: float, error: float, chi_square: float, p: float
) -> None:
    """SAS/STAT user's guide, PROC LOGISTIC, ROC contrast estimation, against the score."""
    data = ovarian()

    found = compare("roc_auc", pair(data["event"], data[test], data["score"]))

    assert isinstance(found, Difference)
    assert round(found.gain, 4) == difference
    assert round(found.standard_error, 4) == error
    z = found.gain / found.standard_error
    assert round(z * z, 4) == chi_square
    assert round(2 * float(norm.sf(abs(z))), 4) == p


def test_rated_images_have_the_published_area() -> None:
    """Hanley and McNeil (1982), Radiology 143, table I: 109 images rated 1 to 5, area 0.893.

    The DeLong error of 0.0307 is what Stata's `roctab` prints for these data.
    """
    normal, abnormal = [33, 6, 6, 11, 2], [3, 2, 2, 11, 33]
    rating = np.repeat([1, 2, 3, 4, 5] * 2, normal + abnormal)
    label = np.repeat([0, 1], [sum(normal), sum(abnormal)])

    found = measure("roc_auc", sample(label, rating))

    assert isinstance(found, Estimate)
    assert (round(found.value, 4), round(found.standard_error, 4)) == (0.8932, 0.0307)


ratings = st.lists(st.tuples(st.booleans(), st.integers(0, 4), st.integers(0, 4)), min_size=4)


def kernel(
    label: npt.NDArray[np.bool_], score: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """1 where a positive row scores above a negative one, 1/2 where they tie."""
    ones, zeros = score[label][:, None], score[~label][None, :]
    return (ones > zeros) + 0.5 * (ones == zeros)


@given(ratings)
def test_areas_and_errors_are_the_definition_with_ties(
    rows: list[tuple[bool, int, int]],
) -> None:
    """DeLong et al. (1988), equations 2 to 5, at O(mn)."""
    label, candidate, live = np.array(rows, dtype=float).T
    data = pair(label, candidate, live)
    ones, zeros = int(data.positive.sum()), int((~data.positive).sum())

    found = compare("roc_auc", data)

    if min(ones, zeros) < 2:
        assert isinstance(found, Undefined)
        return
    ours, theirs = kernel(data.positive, data.candidate), kernel(data.positive, data.live)
    above, below = ((ours - theirs).mean(axis=axis) for axis in (1, 0))
    error = math.sqrt(above.var(ddof=1) / ones + below.var(ddof=1) / zeros)
    if isinstance(found, Undefined):
        assert error == pytest.approx(0, abs=1e-12)
        return
    assert (found.candidate, found.live) == pytest.approx((ours.mean(), theirs.mean()))
    assert found.standard_error == pytest.approx(error, abs=1e-12)


def test_the_area_agrees_with_scikit_learn_on_many_rows() -> None:
    rows = models(20_000, seed=1)

    found = measure("roc_auc", rows.samples()[0])

    assert isinstance(found, Estimate)
    oracle = roc_auc_score(rows.positive, rows.candidate)
    assert found.value == pytest.approx(oracle, abs=1e-13)


def test_the_error_agrees_with_the_jackknife() -> None:
    """Arvesen (1969): leaving out one row at a time gives the same error by no formula."""
    rows = models(150, seed=2)
    everyone = np.ones(rows.rows, dtype=bool)

    def area(keep: npt.NDArray[np.bool_]) -> float:
        ours = kernel(rows.positive[keep], rows.candidate[keep]).mean()
        return float(ours - kernel(rows.positive[keep], rows.live[keep]).mean())

    def without(row: int) -> npt.NDArray[np.bool_]:
        keep = everyone.copy()
        keep[row] = False
        return keep

    left_out = np.array([area(without(row)) for row in range(rows.rows)])
    spread = 0.0
    for members in (rows.positive, ~rows.positive):
        size = members.sum()
        spread += (size - 1) ** 2 / size * left_out[members].var(ddof=1)
    found = compare("roc_auc", rows)

    assert isinstance(found, Difference)
    assert found.standard_error == pytest.approx(math.sqrt(spread), rel=0.01)


def test_a_model_that_ranks_rows_alike_is_equal_as_far_as_they_can_tell() -> None:
    rows = models(200, seed=3)
    same = pair(rows.positive, rows.live**3, rows.live)

    found = compare("roc_auc", same)

    assert isinstance(found, Difference)
    positives = int(rows.positive.sum())
    assert (found.gain, found.lower) == (0, -found.upper)
    assert 0 < found.upper == pytest.approx(3 / positives, rel=0.15)
    assert found.p_superiority() >= 0.5


def test_two_perfect_models_cannot_be_told_apart() -> None:
    label = [0, 0, 0, 1, 1, 1]

    found = compare("roc_auc", pair(label, [1, 2, 3, 4, 5, 6], [3, 2, 1, 4, 5, 6]))

    assert found == Undefined(
        metric="roc_auc", reason="both models separate these rows perfectly"
    )


def test_a_perfect_model_against_a_constant_one_is_no_proof_on_four_rows() -> None:
    found = compare("roc_auc", pair([0, 0, 1, 1], [0.1, 0.2, 0.8, 0.9], [0.5] * 4))

    assert isinstance(found, Undefined)
    assert "every row shows the same difference" in found.reason


def test_a_perfect_area_on_few_rows_has_a_modest_lower_bound() -> None:
    """DeLong's own error is 0 here, and would put the bound at 1."""
    found = measure("roc_auc", sample([0] * 10 + [1] * 5, range(15)))

    assert isinstance(found, Estimate)
    assert (found.value, found.standard_error, found.upper) == (1.0, 0.0, 1.0)
    assert 0.6 < found.lower < 0.9


@pytest.mark.parametrize("area", [0.75, 0.95, 0.995])
@pytest.mark.parametrize(("ones", "zeros"), [(10, 40), (50, 450)])
def test_the_lower_bound_of_an_area_rarely_exceeds_the_truth(
    area: float, ones: int, zeros: int
) -> None:
    """Normal scores a distance d apart have the area Phi(d / sqrt 2)."""
    world = np.random.default_rng([ones, int(100 * area)])
    label = np.repeat([1, 0], [ones, zeros])
    distance = math.sqrt(2) * float(norm.ppf(area))
    runs = 400

    found = [
        measure("roc_auc", sample(label, world.normal(size=label.size) + distance * label))
        for _ in range(runs)
    ]

    misses = sum(isinstance(one, Estimate) and one.lower > area for one in found)
    assert misses / runs <= 0.05 + 3 * math.sqrt(0.05 * 0.95 / runs)


def test_the_score_bound_of_one_row_of_each_label_is_wilsons() -> None:
    """One pair is won or lost: Newcombe's variance is then the binomial one."""
    z = float(norm.ppf(0.95))

    found = areas._score_bound(1.0, z, sizes=(1, 1))  # noqa: SLF001 - `measure` asks for two

    assert found == pytest.approx(wilson(1, 1, 0.05)[0], rel=1e-9)


def test_the_bounds_do_not_overflow_at_the_edge() -> None:
    score = np.append(np.arange(50_000.0), [0.5, 1.5])
    label = np.append(np.zeros(50_000), [1, 1])

    worst = measure("roc_auc", sample(label, score))

    assert isinstance(worst, Estimate)
    assert 0 <= worst.lower < worst.value < worst.upper <= 1
