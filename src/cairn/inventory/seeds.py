"""Random generators in the source: seeded, or left to chance."""

import ast
import re
from collections.abc import Iterator

from cairn.inventory.findings import SeedUse
from cairn.inventory.source import Source, called, scalar, shown

_SETTERS = re.compile(
    r"(?:.*\.)?(?:random\.seed|manual_seed(?:_all)?|seed_everything|set_random_seed|set_seed)"
)
_GENERATORS = re.compile(
    r"(?:.*\.)?(?:default_rng|RandomState|PCG64|MT19937|Philox|SFC64|random\.Random)"
)
_KEYWORDS = ("random_state", "seed", "random_seed")
# scikit-learn draws from the global generator where these get no `random_state`.
_DRAWING = frozenset(
    {"train_test_split", "ShuffleSplit", "StratifiedShuffleSplit", "GroupShuffleSplit"}
    | {"RandomForestClassifier", "RandomForestRegressor", "ExtraTreesClassifier"}
    | {"ExtraTreesRegressor", "BaggingClassifier", "BaggingRegressor", "SGDClassifier"}
    | {"GradientBoostingClassifier", "GradientBoostingRegressor", "SGDRegressor"}
    | {"HistGradientBoostingClassifier", "HistGradientBoostingRegressor", "MLPClassifier"}
    | {"MLPRegressor", "DecisionTreeClassifier", "DecisionTreeRegressor", "KMeans"}
    | {"MiniBatchKMeans", "IsolationForest", "RandomizedSearchCV", "AdaBoostClassifier"}
)
_GLOBAL_DRAWS = re.compile(
    r"(?:numpy\.random|random)\.(?:rand|randn|randint|random|choice|choices|shuffle|permutation"
    r"|normal|uniform|sample|gauss|binomial|poisson)"
)


def seeds(source: Source) -> Iterator[SeedUse]:
    """List where generators are seeded, and where they are used without a seed."""
    calls = [node for node in source.nodes if isinstance(node, ast.Call)]
    names = [(node, called(source, node)) for node in calls]
    seeded = {_family(name) for _, name in names if _SETTERS.fullmatch(name)}
    for node, name in names:
        last = name.rpartition(".")[2]
        if _SETTERS.fullmatch(name) or _GENERATORS.fullmatch(name):
            yield _use(source, node, name, value=_value(source, node))
        elif (given := _keyword(node)) is not None and _tells(source, last, given):
            yield _use(source, node, last, value=_spelled(source, given))
        elif last in _DRAWING and "numpy" not in seeded:
            yield _use(source, node, last)
        elif _GLOBAL_DRAWS.fullmatch(name) and _family(name) not in seeded:
            yield _use(source, node, name)


def _use(source: Source, node: ast.Call, name: str, *, value: str | None = None) -> SeedUse:
    return SeedUse(at=source.place(node.lineno), generator=shown(name), value=value)


def _tells(source: Source, called_last: str, given: ast.expr) -> bool:
    """Tell a seed from an argument that is only handed on, `Session(seed=seed)`."""
    if isinstance(given, ast.Name):
        given = source.constants.get(given.id, given)
    return called_last in _DRAWING or scalar(given) is not None


def _family(name: str) -> str:
    """Tell whose global generator is meant: of numpy, or of the standard library."""
    return "numpy" if name.startswith(("numpy.", "np.")) else name.partition(".")[0]


def _keyword(node: ast.Call) -> ast.expr | None:
    return next((k.value for k in node.keywords if k.arg in _KEYWORDS), None)


def _value(source: Source, node: ast.Call) -> str | None:
    given = node.args[0] if node.args else _keyword(node)
    return None if given is None else _spelled(source, given)


def _spelled(source: Source, node: ast.expr) -> str | None:
    """Spell a seed: its value, that of a constant of the file, or the expression itself."""
    if isinstance(node, ast.Name):
        node = source.constants.get(node.id, node)
    found = scalar(node)
    if found is None:
        return shown(ast.unparse(node))
    return None if found[0] is None else str(found[0])
