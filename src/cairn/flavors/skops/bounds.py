# ruff: noqa: SLF001 (what scikit-learn trusts without looking is private to it)
"""Do the parts of a restored model fit together where compiled code does not look?

Scikit-learn checks the width of what it is given against `n_features_in_`, and then trusts its
own parts to agree with that. A forged model's need not. Called before a model is handed out;
the nodes of trees are checked even before they are restored (`trees.py`).
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, cast

from cairn.core.errors import Corrupt


def check_bounds(model: object) -> None:
    """Check everything that a model is made of; raises `Corrupt` saying what does not fit."""
    for part in parts(model):
        check = CHECKS.get(type(part).__name__)
        if check is None or not type(part).__module__.startswith(("sklearn.", "scipy.")):
            continue
        try:
            check(part)
        except (AttributeError, TypeError, ValueError, IndexError, KeyError) as error:
            kind = type(part).__name__
            raise Corrupt(f"this {kind} does not fit together: {error!r}") from error


def parts(model: object) -> Iterator[Any]:
    """Visit the model and every object it is made of, once each."""
    seen: dict[int, Any] = {}  # kept alive, so that no number comes twice
    waiting: list[Any] = [model]
    while waiting:
        part = waiting.pop()
        if id(part) in seen:
            continue
        seen[id(part)] = part
        yield part
        waiting.extend(_inside(part))


def _inside(part: Any) -> list[Any]:
    if isinstance(part, dict):
        return list(cast("dict[Any, Any]", part).values())
    if isinstance(part, list | tuple | set):
        return list(cast("list[Any]", part))
    if type(part).__module__ == "numpy":
        kind = getattr(getattr(part, "dtype", None), "kind", "")
        return part.ravel().tolist() if kind == "O" else []
    return list(getattr(part, "__dict__", {}).values())


def _require(fits: Any, what: str) -> None:
    if not fits:
        raise Corrupt(f"a model does not fit together: {what}")


def _is_fitted(part: Any) -> bool:
    return hasattr(part, "n_features_in_")


def _decision_tree(tree: Any) -> None:
    if _is_fitted(tree):
        _require(tree.tree_.n_features == tree.n_features_in_, "a tree's number of features")


def _forest(forest: Any) -> None:
    if _is_fitted(forest):
        widths = {tree.tree_.n_features for tree in forest.estimators_}
        _require(widths <= {forest.n_features_in_}, "the number of features in a forest")


def _isolation_forest(forest: Any) -> None:
    """Each tree sees its own selection of features, unless all of them are selected."""
    if not _is_fitted(forest):
        return
    pairs = zip(forest.estimators_, forest.estimators_features_, strict=True)
    for tree, features in pairs:
        _require(tree.tree_.n_features == len(features), "the features that a tree sees")
        if forest._max_features == forest.n_features_in_:
            _require(len(features) == forest.n_features_in_, "the features that a tree sees")


def _gradient_boosting(model: Any) -> None:
    """The trees add into an array as wide as what the first guess gives."""
    import numpy as np

    if not _is_fitted(model):
        return
    trees, width = model.estimators_, model.n_features_in_
    widths = {tree.tree_.n_features for tree in trees.ravel()}
    _require(widths <= {width}, "the number of features in a boosting")
    first = model._raw_predict_init(np.zeros((1, width), dtype=np.float32))
    _require(first.shape == (1, trees.shape[1]), "the number of trees in a round")
    shapes = {tree.tree_.value.shape[1:] for tree in trees.ravel()}
    _require(shapes == {(1, 1)}, "the values of a tree")


def _histogram_boosting(model: Any) -> None:
    if not _is_fitted(model):
        return
    width, categorical = model.n_features_in_, model._bin_mapper.is_categorical_
    _require(categorical.shape == (width,), "which features are categories")
    for predictor in (p for round_ in model._predictors for p in round_):
        nodes = predictor.nodes
        inner = nodes[nodes["is_leaf"] == 0]
        features = inner["feature_idx"]
        _require(len(features) == 0 or features.max() < width, "a tree's number of features")
        by_set = features[inner["is_categorical"] != 0]
        _require(categorical[by_set].all(), "which features are categories")
    if model._preprocessor is not None:
        _require(_width_behind(model._preprocessor) == width, "what its encoder gives")


def _width_behind(preprocessor: Any) -> int:
    """Count the columns that the encoder of a boosting gives.

    It has a part for the categories and one for the numbers, and neither changes how many
    columns it is given; anything else in their place does not count.
    """
    total = 0
    for _, part, mask in preprocessor.transformers_:
        if part == "drop":
            continue
        if type(part).__name__ == "OrdinalEncoder":
            _require(len(part.categories_) == mask.sum(), "the categories of its encoder")
        else:
            _require(part.func.func.__name__ == "check_array", "a function of its encoder")
        total += int(mask.sum())
    return total


def _neighbour_tree(tree: Any) -> None:
    """A node stands for a run of points; its children are found by doubling its number."""
    import numpy as np

    data, points, nodes, bounds = tree.__getstate__()[:4]
    n_nodes, sample_weight = tree.__getstate__()[6], tree.__getstate__()[12]
    _require(sorted(points) == list(range(len(data))), "the points of a neighbour tree")
    _require(len(nodes) == n_nodes and bounds.shape[1] == n_nodes, "a neighbour tree's size")
    _require(bounds.shape[2] == data.shape[1], "a neighbour tree's number of features")
    starts, ends = nodes["idx_start"], nodes["idx_end"]
    _require(((starts >= 0) & (starts < ends) & (ends <= len(data))).all(), "a node's points")
    parents = np.flatnonzero(nodes["is_leaf"] == 0)
    _require((2 * parents + 2 < n_nodes).all(), "the children of a node")
    _require(sample_weight is None or len(sample_weight) == len(data), "the weights of points")
    _metric(tree.__getstate__()[11], data.shape[1])


def _metric(metric: Any, width: int) -> None:
    """A weighted distance has a weight for each feature, or the one that stands for none."""
    _, weights, _ = metric.__getstate__()
    needs = type(metric).__name__ == "MinkowskiDistance64" and len(weights) > 1
    _require(not needs or len(weights) == width, "the weights of a distance")


def _neighbours(model: Any) -> None:
    if not _is_fitted(model):
        return
    trees = [getattr(model, name, None) for name in ("_tree", "tree_")]
    for points in (
        getattr(model, "_fit_X", None),
        *(tree.data for tree in trees if tree is not None),
    ):
        shape = getattr(points, "shape", ())
        _require(shape[1:] in ((), (model.n_features_in_,)), "its number of features")
    if hasattr(model, "_y") and hasattr(model, "classes_"):
        _labels(model._y, model.classes_, model.n_samples_fit_)


def _labels(labels: Any, classes: Any, examples: int) -> None:
    """Check the class numbers of the examples, one column for each output."""
    import numpy as np

    several: list[Any] = classes if type(classes).__name__ == "list" else [classes]
    sizes = np.array([len(known) for known in several])
    columns = labels.reshape(len(labels), -1)
    _require(((columns >= 0) & (columns < sizes)).all(), "the classes of its examples")
    _require(len(labels) == examples, "the number of its examples")


def _centres(model: Any) -> None:
    if _is_fitted(model):
        width = model.cluster_centers_.shape[1]
        _require(width == model.n_features_in_, "the number of features of its centres")


def _support_vectors(model: Any) -> None:
    """Bare arrays go to libsvm, which finds their lengths from the number of classes."""
    if not _is_fitted(model):
        return
    classifies = model._impl in ("c_svc", "nu_svc")
    classes = len(model._n_support) if classifies else 2
    pairs, count = classes * (classes - 1) // 2, len(model.support_)
    _require(pairs > 0 and len(model._n_support) > 1, "the classes of its support vectors")
    if classifies:
        fits = (model._n_support >= 0).all() and model._n_support.sum() == count
        _require(fits, "the number of its support vectors")
    _require(model._dual_coef_.shape == (classes - 1, count), "its coefficients")
    _require(model._intercept_.shape == (pairs,), "its intercepts")
    for probabilities in (model._probA, model._probB):
        _require(len(probabilities) in (0, pairs), "its probabilities")
    _vectors(model, classes, count)


def _vectors(model: Any, classes: int, count: int) -> None:
    vectors, width = model.support_vectors_, model.n_features_in_
    if model.kernel == "precomputed":
        places = model.support_
        fits = count == 0 or (places.min() >= 0 and places.max() < width)
        _require(fits, "the places of its support vectors")
    else:
        _require(vectors.shape == (count, width), "its support vectors")
    if model._sparse:
        _require(model._dual_coef_.nnz == (classes - 1) * count, "its coefficients")


def _sparse(matrix: Any) -> None:
    """Compiled code follows the indices of a sparse matrix without looking."""
    if matrix.format == "coo":
        matrix._check()
    elif matrix.format in ("csr", "csc", "bsr"):
        matrix.check_format(full_check=True)


def _one_hot(encoder: Any) -> None:
    """How many columns each feature has, is stored beside the categories that decide it."""
    if _is_fitted(encoder):
        expected = encoder._compute_n_features_outs()
        _require(encoder._n_features_outs == expected, "the columns of an encoder")


def _vocabulary(vectorizer: Any) -> None:
    """The columns of words become indices of a sparse matrix."""
    columns = list(vectorizer.__dict__.get("vocabulary_", {}).values())
    fits = sorted(columns) == list(range(len(columns)))
    _require(fits, "the columns of a vocabulary")


def _each(names: str, check: Callable[[Any], None]) -> dict[str, Callable[[Any], None]]:
    return dict.fromkeys(names.split(), check)


CHECKS: Mapping[str, Callable[[Any], None]] = {
    **_each(
        "DecisionTreeClassifier DecisionTreeRegressor ExtraTreeClassifier ExtraTreeRegressor",
        _decision_tree,
    ),
    **_each(
        "ExtraTreesClassifier ExtraTreesRegressor RandomForestClassifier "
        "RandomForestRegressor RandomTreesEmbedding",
        _forest,
    ),
    **_each("IsolationForest", _isolation_forest),
    **_each("GradientBoostingClassifier GradientBoostingRegressor", _gradient_boosting),
    **_each(
        "HistGradientBoostingClassifier HistGradientBoostingRegressor", _histogram_boosting
    ),
    **_each("BallTree KDTree", _neighbour_tree),
    **_each(
        "KNeighborsClassifier KNeighborsRegressor KernelDensity LocalOutlierFactor "
        "NearestNeighbors RadiusNeighborsClassifier RadiusNeighborsRegressor",
        _neighbours,
    ),
    **_each("KMeans MiniBatchKMeans", _centres),
    **_each("NuSVC NuSVR OneClassSVM SVC SVR", _support_vectors),
    **_each(
        "bsr_array bsr_matrix coo_array coo_matrix csc_array csc_matrix csr_array csr_matrix",
        _sparse,
    ),
    **_each("OneHotEncoder", _one_hot),
    **_each("CountVectorizer DictVectorizer TfidfVectorizer", _vocabulary),
}
"""What is checked of which class, by the class's name."""
