"""Which flights will be late? Timetable and weather, and the average of many opinions."""

import joblib
import pandas as pd
from sklearn.compose import make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier, VotingClassifier
from sklearn.metrics import roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OrdinalEncoder

MODELS = 24
NAMES = ["carrier", "origin", "dest"]
NUMBERS = ["month", "weekday", "hour", "distance"]
WEATHER = ["temp", "humid", "wind_dir", "wind_speed", "precip", "pressure", "visib"]
FEATURES = NAMES + NUMBERS + WEATHER

train = pd.read_csv("data/train.csv").sample(15_000, random_state=0)
test = pd.read_csv("data/test.csv")


def opinion(seed):
    codes = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1)
    trees = HistGradientBoostingClassifier(
        max_iter=10,
        learning_rate=0.4,
        max_leaf_nodes=15,
        max_features=0.5,
        categorical_features=[0, 1, 2],
        random_state=seed,
    )
    columns = make_column_transformer((codes, NAMES), ("passthrough", NUMBERS + WEATHER))
    return make_pipeline(columns, trees)


model = VotingClassifier([(f"model{n}", opinion(n)) for n in range(MODELS)], voting="soft")
model.fit(train[FEATURES], train["late"])

scores = model.predict_proba(test[FEATURES])[:, 1]
print(f"fitted {MODELS} models to {len(train):,} flights")
print(f"ROC AUC {roc_auc_score(test['late'], scores):.4f} on {len(test):,} of other days")
joblib.dump(model, "delays.joblib")
