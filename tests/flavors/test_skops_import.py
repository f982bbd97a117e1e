"""skops is imported lightly, and is whole for whoever uses it beside Cairn."""

import subprocess
import sys

LISTS = """
import sys
from skops.io import _general, _general as found
print("sklearn.cluster" in sys.modules, end=" ")
names = ("SKLEARN_ESTIMATOR_TYPE_NAMES", "SCIPY_UFUNC_TYPE_NAMES", "NUMPY_UFUNC_TYPE_NAMES")
print(*(len(getattr(found, name)) for name in names), end=" ")
from skops.io import loads, dumps, _utils
import numpy as np
from sklearn.preprocessing import FunctionTransformer
print(loads(dumps(FunctionTransformer(np.log1p))).func.__name__, end=" ")
whole = [len(getattr(found, name) + []) for name in names]
print(min(whole) > 80, end=" ")
from sklearn.cluster import Birch
try:
    dumps(Birch())
except _general.UnsupportedTypeException as error:
    print("Birch" in str(error))
"""


def test_its_defaults_are_there_when_somebody_asks_for_them() -> None:
    light = "from cairn.flavors.packages import package; package('skops.io')\n"

    done = subprocess.run(
        [sys.executable, "-c", light + LISTS], capture_output=True, text=True, check=True
    )

    assert done.stdout == "False 0 0 0 log1p True True\n", done.stderr
