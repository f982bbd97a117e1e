"""What the name of a file claims: it can make a verdict worse, and never better.

Programs find their files by name. So a file that some program runs by its name is not `safe`,
whatever is in it; and text is `safe` only under a name by which nothing runs it.
"""


def words(*lines: str) -> frozenset[str]:
    """Split lines into words."""
    return frozenset(" ".join(lines).split())


PROGRAMS = words(
    "app awk bash bat c cc class cmd com command cpp cs csh cxx dart desktop dll dylib",
    "egg ex exe exs fish go gradle groovy h hpp hta htm html ipynb jar java jl js jse jsp",
    "jsx kt ksh lnk lua m mak mjs mk mm msi msc nim php phtml pif pl plist pm ps1 psd1",
    "psm1 pth py pyc pyd pyi pyo pyw pyx pyz r rake rb reg rkt rmd rs rules sas scala",
    "scpt scr service sh shtml so sql swift tcl tex timer ts tsx vb vbe vbs whl wsf wsh",
    "xhtml zsh",
)
"""Last parts of names by which something runs a file, or loads it into a program."""

TEXTS = words(
    "arff bib bpe cfg cff classes codes csv dat data features fea geojson idx index info",
    "ini jinja json jsonl label labels lgb lgbm libsvm license list log lst map markdown",
    "md merges meta metadata model names ndjson pmml psv rst svg svm tags tok tokens toml",
    "tsv txt vocab words xml yaml yml",
)
"""Last parts of names that say: data, or something to read."""

PROSE = frozenset(("bib", "cff", "license", "markdown", "md", "rst"))

PLAIN = words(
    "authors changelog citation classes contributors copying labels licence license",
    "merges mlmodel model notice readme version vocab weights",
)
"""Whole names without a last part that say the same."""

SETTINGS = words(
    "action.yaml action.yml cargo.toml compose.yaml compose.yml docker-compose.yaml",
    "docker-compose.yml package.json pip.conf pip.ini pyproject.toml pytest.ini setup.cfg",
    "tox.ini",
)
"""Whole names of files that tell a tool what to run."""


def suffix_of(name: str) -> str:
    """Read the last part of a file's name, in small letters."""
    last = name.rpartition("/")[2].lower()
    stem, dot, suffix = last.rpartition(".")
    return suffix if dot and stem else ""


def runs(name: str) -> str:
    """Say what runs a file of this name; empty if nothing that Cairn knows of."""
    last = name.rpartition("/")[2].lower().rstrip(". ")
    if suffix_of(last) in PROGRAMS:
        return f"by its name (.{suffix_of(last)}) it is a program, or a part of one"
    if last in SETTINGS or last.startswith("."):
        return f"by its name ({last}) it tells a tool what to do"
    return ""


def reads_as_text(name: str) -> bool:
    """Tell whether the name is one by which people store data or something to read."""
    last = name.rpartition("/")[2].lower()
    return not name or suffix_of(name) in TEXTS or last in PLAIN


def is_prose(name: str) -> bool:
    """Tell whether the name is that of something to read, which may quote a program."""
    last = name.rpartition("/")[2].lower()
    return suffix_of(name) in PROSE or last.partition(".")[0] in (
        "license",
        "notice",
        "readme",
    )
