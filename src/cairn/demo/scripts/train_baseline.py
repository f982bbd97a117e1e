"""Which flights will be late? The first attempt: what the timetable says, added up."""

import joblib
import pandas as pd
from sklearn.compose import make_column_transformer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

NAMES = ["carrier", "origin"]
NUMBERS = ["month", "weekday", "hour", "distance"]

train = pd.read_csv("data/train.csv")
test = pd.read_csv("data/test.csv")

model = make_pipeline(
    make_column_transformer((OneHotEncoder(), NAMES), (StandardScaler(), NUMBERS)),
    LogisticRegression(C=1.0, max_iter=200),
)
model.fit(train[NAMES + NUMBERS], train["late"])

scores = model.predict_proba(test[NAMES + NUMBERS])[:, 1]
print(f"fitted to {len(train):,} flights")
print(f"ROC AUC {roc_auc_score(test['late'], scores):.4f} on {len(test):,} of other days")
joblib.dump(model, "delays.joblib")
