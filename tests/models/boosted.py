"""Models of XGBoost, LightGBM and CatBoost on small made-up data, one builder a kind."""

from collections.abc import Callable
from functools import cache
from typing import Any

import catboost
import lightgbm
import numpy as np
import pandas as pd
import xgboost

_RNG = np.random.default_rng(7)
ROWS = pd.DataFrame(_RNG.normal(size=(120, 3)), columns=["age", "income", "tenure"])
TOTAL = ROWS.sum(axis=1)
YES = (TOTAL > 0).astype(int)
WORDS = np.array(["no", "yes"])[YES]
THREE = np.digitize(ROWS["age"], [-0.5, 0.5])

_XGB: dict[str, Any] = {"n_estimators": 4, "max_depth": 2, "n_jobs": 1}
_LGB: dict[str, Any] = {"n_estimators": 4, "num_leaves": 4, "verbose": -1, "n_jobs": 1}
_CAT: dict[str, Any] = {
    "iterations": 4,
    "depth": 2,
    "thread_count": 1,
    "verbose": False,
    "allow_writing_files": False,
}
_LGB_RAW = {"objective": "binary", "num_leaves": 4, "verbose": -1, "num_threads": 1}

MODELS: dict[str, Callable[[], Any]] = {
    "xgboost": lambda: xgboost.XGBClassifier(**_XGB).fit(ROWS, YES),
    "xgboost_three": lambda: xgboost.XGBClassifier(**_XGB).fit(ROWS, THREE),
    "xgboost_regressor": lambda: xgboost.XGBRegressor(**_XGB).fit(ROWS, TOTAL),
    "xgboost_ranker": lambda: xgboost.XGBRanker(**_XGB).fit(ROWS, YES, group=[60, 60]),
    "xgboost_booster": lambda: xgboost.train(
        {"max_depth": 2, "nthread": 1}, xgboost.DMatrix(ROWS, YES), 3
    ),
    "lightgbm": lambda: lightgbm.LGBMClassifier(**_LGB).fit(ROWS, WORDS),
    "lightgbm_three": lambda: lightgbm.LGBMClassifier(**_LGB).fit(ROWS, THREE),
    "lightgbm_regressor": lambda: lightgbm.LGBMRegressor(**_LGB).fit(ROWS, TOTAL),
    "lightgbm_ranker": lambda: lightgbm.LGBMRanker(**_LGB).fit(ROWS, YES, group=[60, 60]),
    "lightgbm_booster": lambda: lightgbm.train(_LGB_RAW, lightgbm.Dataset(ROWS, YES), 3),
    "catboost": lambda: catboost.CatBoostClassifier(**_CAT).fit(ROWS, WORDS),
    "catboost_three": lambda: catboost.CatBoostClassifier(**_CAT).fit(ROWS, THREE),
    "catboost_regressor": lambda: catboost.CatBoostRegressor(**_CAT).fit(ROWS, TOTAL),
    "catboost_ranker": lambda: catboost.CatBoostRanker(**_CAT).fit(
        ROWS, YES, group_id=[0] * 60 + [1] * 60
    ),
    "catboost_base": lambda: catboost.train(
        catboost.Pool(ROWS, YES), {"loss_function": "Logloss", **_CAT}
    ),
}


def fitted(kind: str) -> tuple[Any, Any]:
    """Return a fitted model, the same each time, and the rows that it was fitted to."""
    return _fitted(kind), ROWS


@cache
def _fitted(kind: str) -> Any:
    return MODELS[kind]()
