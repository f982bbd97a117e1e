"""The nine chapters of the story: each says what a step is for, does it, and checks it."""

from cairn.demo import facts, project
from cairn.demo.facts import LABEL, MODEL
from cairn.demo.flights import LOST, Counts
from cairn.demo.stage import Stage


def inventory(stage: Stage, _counts: Counts) -> None:
    """Say what there is, and what nobody knows."""
    stage.say("""
        Before anything can be versioned, somebody has to say what there is: where the weights
        are, which data they came from, where the code is, which settings it used, how good
        the model was. Cairn reads the folder and runs nothing of it. What it cannot find is a
        gap, with the command that closes it.
    """)
    stage.run("cairn", "inventory")
    open_gaps = facts.open_gaps(stage.folder)
    stage.claim(bool(open_gaps), "the inventory has gaps")
    stage.say(f"""
        Nobody knows: {", ".join(gap.field for gap in open_gaps)}. That is an honest start,
        and the next steps begin to close the gaps.
    """)


def registry(stage: Stage, _counts: Counts) -> None:
    """Make the place where versions, data and decisions are kept."""
    stage.say("""
        The registry keeps versions, data and decisions. Here it is a folder: no server, no
        account.
    """)
    stage.run("cairn", "init")
    stage.say("""
        The demo says in cairn.toml how a version is to be scored, and puts gates/delays.yaml,
        which comes up in step 6, in the place of the example:
    """)
    stage.show(project.write_settings(stage.folder).strip("\n"))
    project.write_policy(stage.folder)


def code(stage: Stage, _counts: Counts) -> None:
    """Put the code under git."""
    stage.say("""
        "Which code made this model?" has an answer only if the code is in git. Data and
        weights are too large for git: .gitignore leaves them to the next steps.
    """)
    stage.run("git", "init", "--quiet")
    stage.run("git", "add", ".")
    stage.run("git", "commit", "--quiet", "--no-gpg-sign", "-m", "Four ways to train a model")
    stage.run("git", "show", "--stat", "--format=commit %h: %s")


def data(stage: Stage, _counts: Counts) -> None:
    """Freeze the data."""
    stage.say("""
        A path is not data: tomorrow the file behind it may be another one. A snapshot is the
        bytes themselves, kept under their SHA-256. The name is for people; whatever refers to
        data refers to the digest.
    """)
    stage.run("cairn", "snapshot", "add", "data/train.csv", "--name", "train")
    stage.run("cairn", "snapshot", "add", "data/test.csv", "--name", "test")


def capture(stage: Stage, _counts: Counts) -> None:
    """Train two models, observed."""
    stage.say("""
        The scripts are plain scikit-learn and stay as they are; open one, nothing in it is
        about Cairn. `cairn run` watches which files a script reads and which commit it is
        from, the packages, seeds and settings, the model it fits and how it measures it.

        A run that succeeds becomes a version: the weights, in a format that cannot run code,
        and all of the above, under one digest. A version never changes.
    """)
    stage.run(*_training(project.BASELINE))
    stage.say("The second script looks at the same timetable, with trees instead of a sum.")
    stage.run(*_training(project.TREES))
    stage.run("cairn", "list", MODEL)
    found = facts.versions(stage.folder)
    stage.claim([v.number for v in found] == [2, 1], "two runs made two versions")
    stage.claim(all(v.complete for v in found), "nothing about the two versions is unknown")


def label(stage: Stage, _counts: Counts) -> None:
    """Let a label say what is live."""
    stage.say("""
        `production` is a label: it says which version is live. Whoever serves the model asks
        for the label, and a release is a move of it. It does not move unjudged, so the rules
        come first, in gates/delays.yaml:
    """)
    stage.show((stage.folder / "gates" / "delays.yaml").read_text("utf-8"))
    stage.run("cairn", "gate", "set", LABEL, "gates/delays.yaml")
    stage.say("""
        Nothing is live yet that a first version could be compared with. The policy has a rule
        for that, `bootstrap`: floor and speed must be kept, and the comparisons wait. Cairn
        scores the version on snap:test and times it.
    """)
    stage.run("cairn", "promote", f"{MODEL}:1", "-m", "the first one")
    first = facts.finding(facts.last_decision(stage.folder), "better")
    stage.claim(first.outcome == "not-applicable", "the first promotion goes by bootstrap")
    stage.say("""
        The second version has to be better than the first: on the same flights and beyond
        chance, no worse for any carrier or airport, and quick enough.
    """)
    stage.run("cairn", "promote", f"{MODEL}:2", "-m", "trees")
    second = facts.finding(facts.last_decision(stage.folder), "better")
    stage.claim(second.outcome == "pass", f"{MODEL}:2 is better than {MODEL}:1")
    stage.run("cairn", "history", MODEL)


def gate(stage: Stage, counts: Counts) -> None:
    """Refuse two candidates that look good."""
    stage.say(f"""
        Two more candidates. The first one knows the weather. On its way it joins a list of
        airlines to have their full names, and the list misses one, as such lists do:
        {counts.lost_name} ({LOST}). A join keeps what both sides have, so {counts.lost:,}
        flights are gone without a word.
    """)
    stage.run(*_training(project.WEATHER))
    stage.run("cairn", "promote", f"{MODEL}:3", "-m", "weather", expecting=6)
    _hurts_a_carrier(stage)
    stage.say("""
        The other candidate has weather and all carriers, and asks many models for their
        opinion instead of one. (To see how slow that is, it is timed for a while.)
    """)
    stage.run(*_training(project.ENSEMBLE))
    stage.run("cairn", "promote", f"{MODEL}:4", "-m", "many opinions", expecting=6)
    _is_too_slow(stage)
    stage.claim(_holds(stage, "promote", 2), f"{LABEL} has not moved")
    stage.say(f"""
        {LABEL} has not moved. The decisions are kept with all their evidence: `cairn gate
        explain` tells them again, `cairn gate replay` judges the same evidence once more.
    """)
    stage.run("cairn", "gate", "history", LABEL)


def rollback(stage: Stage, _counts: Counts) -> None:
    """Rehearse the way back, then take it."""
    stage.say("""
        The way back has to work on the day when it is needed, so it is rehearsed. A process
        of its own loads the model through a label that serves nobody; the label moves there
        and back; each time, the process says the digest of what it has loaded.
    """)
    stage.run("cairn", "rollback", MODEL, "--drill")
    stage.say("And in earnest. It needs no training, no copy and nobody's approval.")
    stage.run("cairn", "rollback", MODEL, "-m", "odd numbers at LGA")
    stage.claim(_holds(stage, "rollback", 1), f"{LABEL} went back to {MODEL}:1")
    stage.say(f"""
        A false alarm, it turns out. {MODEL}:2 was rolled back from, so it has to pass the
        gate once more. What was measured is still there; only the judgement is new.
    """)
    stage.run("cairn", "promote", f"{MODEL}:2", "-m", "false alarm")
    stage.run("cairn", "history", MODEL)
    stage.claim(_holds(stage, "promote", 2), f"{LABEL} is {MODEL}:2 again")


def comparison(stage: Stage, _counts: Counts) -> None:
    """Put a candidate beside the live version."""
    candidate = f"{MODEL}:4"
    stage.say(f"""
        {candidate} is too slow as it is. Would it be worth the work to make it quicker? Before
        a candidate comes near production, it is put beside the live version, flight by flight.
        How often do they agree, who is right where they do not, and which differences are
        more than chance?
    """)
    options = ("--metric", "recall@0.35", "--examples", "5")
    stage.run("cairn", "compare", candidate, LABEL, *options)
    found = facts.comparison(stage.folder, candidate)
    auc = next(each for each in found.metrics if each.metric == "roc_auc")
    is_better = auc.lower is not None and auc.lower > 0
    stage.claim(is_better, f"{candidate} is better than the live version, beyond chance")
    stage.claim(bool(found.flipped), "some flights are predicted otherwise")
    stage.say(f"""
        They agree on {found.agreement:.1%} of {found.rows:,} flights. Of the others,
        {candidate} has {found.gained:,} right and the live version {found.lost:,}; the last
        table shows some. `at least` and `at most` are the bounds of a difference, each at 95%
        confidence.
    """)


def _training(script: str) -> tuple[str, ...]:
    return ("cairn", "run", "--model", MODEL, "--", "python", script)


def _holds(stage: Stage, kind: str, number: int) -> bool:
    return facts.moves(stage.folder)[-1] == (kind, number)


def _hurts_a_carrier(stage: Stage) -> None:
    decision = facts.last_decision(stage.folder)
    better = facts.finding(decision, "better")
    stage.claim(better.outcome == "pass", f"{MODEL}:3 is better over all flights")
    hurt = facts.hurt(decision, "carriers")
    stage.claim(LOST in hurt, f"{MODEL}:3 is refused for hurting {LOST}")
    others = facts.failing(decision) - {"carriers", "airports"}
    stage.claim(not others, f"{MODEL}:3 is refused for nothing else")
    lost = hurt[LOST]
    stage.say(f"""
        Over all flights it is better than the live version ({better.metric}
        {better.observed:.3f} against {better.baseline:.3f}): an average would have let it
        pass. But of the late flights of {LOST} it finds {lost.observed:.0%}, where the live
        version finds {lost.baseline:.0%}.
    """)


def _is_too_slow(stage: Stage) -> None:
    decision = facts.last_decision(stage.folder)
    stage.claim(facts.failing(decision) == {"speed"}, f"{MODEL}:4 fails for its speed alone")
    better, speed = facts.finding(decision, "better"), facts.finding(decision, "speed")
    stage.say(f"""
        It is better than the live version ({better.metric} {better.observed:.3f} against
        {better.baseline:.3f}), is not shown to hurt any carrier or airport, and takes
        {speed.observed:.0f} ms for a flight where {speed.threshold:.0f} ms are allowed.
    """)
