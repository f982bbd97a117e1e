"""Which flights will be late? The same timetable, with trees instead of a sum."""

import joblib
import pandas as pd
from sklearn.compose import make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OrdinalEncoder

NAMES = ["carrier", "origin", "dest"]
NUMBERS = ["month", "weekday", "hour", "distance"]

train = pd.read_csv("data/train.csv")
test = pd.read_csv("data/test.csv")

codes = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1)
model = make_pipeline(
    make_column_transformer((codes, NAMES), ("passthrough", NUMBERS)),
    HistGradientBoostingClassifier(
        max_iter=100, categorical_features=[0, 1, 2], random_state=0
    ),
)
model.fit(train[NAMES + NUMBERS], train["late"])

scores = model.predict_proba(test[NAMES + NUMBERS])[:, 1]
print(f"fitted to {len(train):,} flights")
print(f"ROC AUC {roc_auc_score(test['late'], scores):.4f} on {len(test):,} of other days")
joblib.dump(model, "delays.joblib")
