"""Which flights will be late? Timetable and weather, and the average of many opinions."""

import joblib
import pandas as pd
from sklearn.compose import make_column_transformer
from sklearn.ensemble import VotingClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import KBinsDiscretizer, OrdinalEncoder

NAMES = ["carrier", "origin"]
NUMBERS = ["month", "weekday", "hour", "distance"]
WEATHER = ["temp", "humid", "wind_dir", "wind_speed", "precip", "pressure", "visib"]
FEATURES = NAMES + NUMBERS + WEATHER
OPINIONS = range(20, 50)

train = pd.read_csv("data/train.csv").sample(frac=0.15, random_state=0)
test = pd.read_csv("data/test.csv")


def opinion(bins):
    steps = KBinsDiscretizer(n_bins=bins, strategy="uniform"), LogisticRegression(C=0.1)
    return make_pipeline(*steps)


columns = make_column_transformer(
    (OrdinalEncoder(), NAMES), (SimpleImputer(), NUMBERS + WEATHER)
)
opinions = [(f"bins{bins}", opinion(bins)) for bins in OPINIONS]
model = make_pipeline(columns, VotingClassifier(opinions, voting="soft"))
model.fit(train[FEATURES], train["late"])

scores = model.predict_proba(test[FEATURES])[:, 1]
print(f"fitted {len(OPINIONS)} models to {len(train):,} flights")
print(f"ROC AUC {roc_auc_score(test['late'], scores):.4f} on {len(test):,} of other days")
joblib.dump(model, "delays.joblib")
