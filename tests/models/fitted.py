"""Scikit-learn models fitted on small made-up data, one builder for each kind."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import ColumnTransformer, make_column_selector
from sklearn.ensemble import (
    AdaBoostClassifier,
    BaggingClassifier,
    ExtraTreesRegressor,
    GradientBoostingClassifier,
    GradientBoostingRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    IsolationForest,
    RandomForestClassifier,
    StackingClassifier,
    VotingClassifier,
)
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.feature_selection import SelectKBest, f_classif
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge, SGDClassifier
from sklearn.model_selection import GridSearchCV, KFold
from sklearn.naive_bayes import CategoricalNB, GaussianNB
from sklearn.neighbors import KNeighborsClassifier, LocalOutlierFactor
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import (
    FunctionTransformer,
    OneHotEncoder,
    OrdinalEncoder,
    PolynomialFeatures,
    QuantileTransformer,
    StandardScaler,
    TargetEncoder,
)
from sklearn.svm import SVC, LinearSVC, OneClassSVM
from sklearn.tree import DecisionTreeClassifier

ROWS = 120
WORDS = ("late", "early", "rain", "wind", "gate", "crew", "fuel", "snow")

Build = Callable[[], tuple[Any, Any]]
"""Gives a fitted model and the rows that it was fitted on."""


def numbers(classes: int = 2) -> tuple[Any, Any]:
    """Five columns of noise, and a label that the first two decide."""
    rng = np.random.default_rng(7)
    rows = rng.normal(size=(ROWS, 5))
    score = rows[:, 0] + 2 * rows[:, 1]
    return rows, np.digitize(score, np.quantile(score, np.linspace(0, 1, classes + 1)[1:-1]))


def table() -> tuple[pd.DataFrame, Any]:
    """A table with numbers, gaps, text and categories."""
    rng = np.random.default_rng(8)
    rows, label = numbers()
    frame = pd.DataFrame(rows[:, :2], columns=["delay", "distance"])
    frame.loc[::7, "delay"] = np.nan
    frame["carrier"] = rng.choice(["AA", "UA", "DL"], ROWS)
    frame["origin"] = pd.Categorical(rng.choice(["JFK", "EWR"], ROWS))
    return frame, label


def texts() -> tuple[list[str], Any]:
    """Sentences of a few words, and a label."""
    rng = np.random.default_rng(9)
    return [" ".join(rng.choice(WORDS, 6)) for _ in range(ROWS)], numbers()[1]


def fitted(model: Any, rows: Any, label: Any = None) -> tuple[Any, Any]:
    """Fit, and give the model with its rows."""
    return model.fit(rows, label), rows


def on_numbers(make: Callable[[], Any], classes: int = 2) -> Build:
    """Fit a fresh model on numbers."""
    return lambda: fitted(make(), *numbers(classes))


def column_pipeline() -> tuple[Any, Any]:
    """Columns of each type prepared in their own way, then a logistic regression."""
    rows, label = table()
    prepare = ColumnTransformer(
        [
            (
                "numbers",
                make_pipeline(SimpleImputer(), StandardScaler()),
                ["delay", "distance"],
            ),
            ("carrier", OneHotEncoder(handle_unknown="ignore"), ["carrier"]),
            ("origin", OrdinalEncoder(), make_column_selector(dtype_include="category")),
        ],
        remainder="drop",
    )
    return fitted(
        Pipeline([("prepare", prepare), ("model", LogisticRegression())]), rows, label
    )


def named_classes() -> tuple[Any, Any]:
    """Labels that are text, weighted by a dictionary."""
    rows, label = numbers(3)
    words = np.array(["low", "middle", "high"], dtype=object)[label]
    model = RandomForestClassifier(
        4, random_state=1, class_weight={"low": 1, "middle": 2, "high": 1}
    )
    return fitted(model, rows, words)


MODELS: Mapping[str, Build] = {
    "ada_boost": on_numbers(partial(AdaBoostClassifier, n_estimators=3, random_state=0)),
    "bagging": on_numbers(partial(BaggingClassifier, n_estimators=3, random_state=0)),
    "bagging_in_processes": on_numbers(
        partial(BaggingClassifier, KNeighborsClassifier(), 3, n_jobs=2, random_state=0)
    ),
    "calibrated_isotonic": on_numbers(
        lambda: CalibratedClassifierCV(GaussianNB(), method="isotonic", cv=3)
    ),
    "calibrated_sigmoid": on_numbers(
        lambda: CalibratedClassifierCV(LinearSVC(random_state=0), cv=3).set_params(
            ensemble=False
        )
    ),
    "categorical_bayes": lambda: fitted(
        CategoricalNB(), (numbers()[0] > 0).astype(int), numbers()[1]
    ),
    "column_pipeline": column_pipeline,
    "decision_tree": on_numbers(partial(DecisionTreeClassifier, random_state=0)),
    "decision_tree_pruned": on_numbers(
        partial(DecisionTreeClassifier, random_state=0, ccp_alpha=0.01)
    ),
    "extra_trees": on_numbers(partial(ExtraTreesRegressor, 4, random_state=0)),
    "gradient_boosting": on_numbers(
        partial(GradientBoostingClassifier, n_estimators=3, random_state=0), 3
    ),
    "gradient_boosting_regressor": on_numbers(
        partial(GradientBoostingRegressor, n_estimators=3, random_state=0)
    ),
    "grid_search": on_numbers(lambda: GridSearchCV(Ridge(), {"alpha": [0.1, 1.0]}, cv=2)),
    "hist_boosting": on_numbers(
        partial(HistGradientBoostingClassifier, max_iter=3, random_state=0), 3
    ),
    "hist_boosting_categories": lambda: fitted(
        HistGradientBoostingClassifier(max_iter=3, random_state=0),
        table()[0].drop(columns="carrier"),
        table()[1],
    ),
    "hist_boosting_regressor": on_numbers(
        partial(HistGradientBoostingRegressor, max_iter=3, random_state=0)
    ),
    "isolation_forest": on_numbers(
        partial(IsolationForest, n_estimators=3, max_features=3, random_state=0)
    ),
    "linear_regression": on_numbers(LinearRegression),
    "log_pipeline": lambda: fitted(
        make_pipeline(
            FunctionTransformer(np.log1p),
            PolynomialFeatures(2, include_bias=False),
            SelectKBest(f_classif, k=3),
            QuantileTransformer(n_quantiles=20),
            LogisticRegression(),
        ),
        np.abs(numbers()[0]),
        numbers()[1],
    ),
    "multi_layer": on_numbers(
        partial(MLPClassifier, (4,), random_state=0, early_stopping=True, solver="adam")
    ),
    "named_classes": named_classes,
    "nearest": on_numbers(partial(KNeighborsClassifier, algorithm="kd_tree", leaf_size=5)),
    "nearest_ball": on_numbers(partial(KNeighborsClassifier, algorithm="ball_tree")),
    "nearest_brute": on_numbers(partial(KNeighborsClassifier, algorithm="brute")),
    "one_class": on_numbers(OneClassSVM),
    "outliers": on_numbers(partial(LocalOutlierFactor, novelty=True)),
    "own_generator": on_numbers(
        lambda: RandomForestClassifier(3, random_state=np.random.RandomState(5))
    ),
    "random_forest_in_threads": on_numbers(
        partial(RandomForestClassifier, 6, random_state=0, n_jobs=3)
    ),
    "stacking": on_numbers(
        lambda: StackingClassifier(
            [("bayes", GaussianNB()), ("tree", DecisionTreeClassifier(random_state=0))], cv=2
        )
    ),
    "stochastic": on_numbers(partial(SGDClassifier, loss="log_loss", random_state=0)),
    "support_vectors": on_numbers(SVC, 3),
    "target_encoder": lambda: fitted(
        make_pipeline(TargetEncoder().set_params(cv=KFold(2)), LogisticRegression()),
        table()[0][["carrier"]],
        table()[1],
    ),
    "text": lambda: fitted(
        make_pipeline(TfidfVectorizer(stop_words=["gate"]), SGDClassifier(random_state=0)),
        *texts(),
    ),
    "voting": on_numbers(
        lambda: VotingClassifier(
            [("bayes", GaussianNB()), ("line", LogisticRegression())], voting="soft", n_jobs=2
        )
    ),
}
"""Every kind of model that is stored in the tests, by name."""
