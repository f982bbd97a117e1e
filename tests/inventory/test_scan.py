"""Large projects."""

import pytest

from cairn import inventory
from projects.planted import Project

KINDS = {
    "py": "import pandas as pd\nlr = 0.1\nmodel.fit(pd.read_csv('train.csv'))\n",
    "json": '{"lr": 0.1}',
    "csv": "x,y\n1,2\n",
    "gguf": "GGUF",
    "yaml": "model:\n  lr: 0.1\n",
    "txt": "nothing of interest\n",
    "bin": "\x00\x01\x02",
    "ipynb": '{"cells": [{"cell_type": "code", "source": "epochs = 3"}]}',
}


@pytest.mark.costly("ten thousand files")
def test_ten_thousand_files_are_looked_at_and_listed(project: Project) -> None:
    for number in range(10_000):
        kind = list(KINDS)[number % len(KINDS)]
        project.plant(f"folder-{number % 50}/file-{number}.{kind}", KINDS[kind])
    told: list[tuple[int, ...]] = []

    found = inventory.scan(
        project.folder, on_progress=lambda a, b, c, d: told.append((a, b, c, d))
    )

    assert told[9_999] == (10_000, 0, 10_000, 0)
    assert told[-1] == (1250, 5000, 1250, 5000)
    assert len(found.weights) == len(found.configuration) // 2 == 1250
    assert len(found.hard_coded) == len(found.code) == 2500
    assert len(found.reads) == 1250
    assert sum(data.files for data in found.data) == 1250
    assert found.unread == ()
    inventory.write(found, project.page)
    assert inventory.read(project.page) == found
