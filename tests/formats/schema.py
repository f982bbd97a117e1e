"""The fields of every stored record, written down a second time from the specification."""

from formats.shapes import (
    Default,
    Fields,
    absent,
    anything,
    both,
    demand,
    either,
    many,
    nullable,
    number,
    pair,
    record,
    scalar,
    table,
    text,
    truth,
    union,
    whole,
    within,
    word,
)

WORD = r"[a-z0-9](?:[a-z0-9._-]{0,98}[a-z0-9])?"
TEXT, STRING = text(most=2000), text()
DIGEST = text(r"sha256:[0-9a-f]{64}")
HEX32 = text(r"[0-9a-f]{32}")
COMMIT = text(r"[0-9a-f]{40}([0-9a-f]{24})?")
TEAM, MODEL = text(WORD), text(f"{WORD}/{WORD}")
LABEL = text(r"[a-z](?:[a-z0-9-]{0,48}[a-z0-9])?")
METRIC = text(r"[A-Za-z_][A-Za-z0-9_.@/ -]{0,99}")
CHECK = text(r"[a-z][a-z0-9_-]{0,49}")
TIME = text(r"[0-9]{4}(-[0-9]{2}){2}T[0-9]{2}(:[0-9]{2}){2}\.[0-9]{6}Z")
DIGESTS, STRINGS = Default(many(DIGEST), []), Default(many(STRING), [])
MEASURES, EMPTY_TEXT = Default(table(number()), {}), Default(TEXT, "")
FOLLOW, CAUSE = Default(table(DIGEST), {}), Default(word("person", "secret"), "person")

GAP = record(field=STRING, reason=TEXT, fix=EMPTY_TEXT)
CODE = record(
    commit=COMMIT,
    remote=absent(TEXT),
    patch=absent(DIGEST),
    entry_point=absent(TEXT),
    config_files=STRINGS,
    submodules=Default(table(STRING), {}),
)
ENVIRONMENT = record(
    python=STRING,
    implementation=STRING,
    operating_system=STRING,
    machine=STRING,
    lock=DIGEST,
    libc=Default(STRING, ""),
    accelerators=STRINGS,
)
HOST = record(
    name=Default(STRING, ""),
    kernel=Default(STRING, ""),
    cpu=Default(STRING, ""),
    cores=Default(whole(), 0),
    memory_bytes=Default(STRING, ""),
    drivers=STRINGS,
)
SEED = record(generator=STRING, value=STRING)
INPUT = record(
    role=word("train", "test", "input", "config"), snapshot=DIGEST, path=Default(STRING, "")
)
SHARED = {
    "inputs": Default(many(INPUT), []),
    "code": absent(CODE),
    "environment": absent(ENVIRONMENT),
    "seeds": Default(many(SEED), []),
    "unseeded": STRINGS,
    "parameters": Default(table(scalar), {}),
    "metrics": MEASURES,
    "evaluations": DIGESTS,
    "gaps": Default(many(GAP), []),
}
ARTIFACTS = record(
    tree=DIGEST,
    flavor=STRING,
    safety=word("safe", "unsafe", "unknown"),
    formats=Default(table(STRING), {}),
    reasons=Default(many(TEXT), []),
    golden=absent(DIGEST),
)
SIGNATURE = record(inputs=Default(many(pair), []), outputs=Default(many(pair), []))

TASK = Default(word("binary", "multiclass", "regression", "ranking", "values"), "binary")
REFERENCE = Default(word("live", "fixed"), "live")
SPENDING = Default(word("inverse_square", "equal"), "inverse_square")
CONFIDENCE = Default(number(0.5, 1, strict=True), 0.95)
MARGIN = Default(number(0), 0)
PERCENTILE = Default(number(0, 100, strict=True), 99)
POSITIVE = number(0, strict=True)
MIN_ROWS = Default(whole(2), 200)
SMALL_GROUPS = Default(word("list", "approve"), "list")
BY = many(either(STRING, many(STRING, 2)), 1)
PERTURBATION = record(
    kind=word("noise", "missing", "shift", "seed"),
    amount=POSITIVE,
    columns=STRINGS,
    seed=Default(whole(), 0),
)
CHECKS = union(
    superiority=record(id=CHECK, metric=METRIC, margin=MARGIN, confidence=CONFIDENCE),
    non_inferiority=record(
        id=CHECK, metric=METRIC, margin=POSITIVE, confidence=CONFIDENCE, reference=REFERENCE
    ),
    floor=record(id=CHECK, metric=METRIC, value=number(), confidence=CONFIDENCE),
    ceiling=record(id=CHECK, metric=METRIC, value=number(), confidence=CONFIDENCE),
    no_subgroup_regression=record(
        id=CHECK,
        by=BY,
        metric=METRIC,
        margin=MARGIN,
        min_rows=MIN_ROWS,
        confidence=CONFIDENCE,
        burden=Default(word("detect", "prove"), "detect"),
        min_positives=Default(whole(0), 0),
        small_groups=SMALL_GROUPS,
    ),
    fairness_gap=record(
        id=CHECK,
        by=BY,
        measure=word("demographic_parity", "equal_opportunity", "equalised_odds"),
        max=within(above=0, most=1),
        threshold=Default(number(), 0.5),
        min_rows=MIN_ROWS,
        confidence=CONFIDENCE,
        small_groups=SMALL_GROUPS,
    ),
    robustness=record(
        id=CHECK,
        metric=METRIC,
        perturbation=PERTURBATION,
        max_drop=POSITIVE,
        confidence=CONFIDENCE,
    ),
    calibration=record(
        id=CHECK,
        max=number(0, 1, strict=True),
        bins=Default(whole(2, 100), 15),
        confidence=CONFIDENCE,
    ),
    latency=record(id=CHECK, max_ms=POSITIVE, percentile=PERCENTILE, confidence=CONFIDENCE),
    latency_ratio=record(
        id=CHECK, max_ratio=POSITIVE, percentile=PERCENTILE, confidence=CONFIDENCE
    ),
    artifact_size=record(id=CHECK, max_mb=POSITIVE),
    required_artifacts=record(id=CHECK, files=many(STRING, 1)),
    required_metadata=record(id=CHECK, fields=many(STRING, 1)),
    safety_scan=record(id=CHECK),
    reproduced=record(id=CHECK, max_age_days=absent(POSITIVE)),
    rollback_drill=record(id=CHECK, max_age_days=Default(POSITIVE, 30)),
    label_order=record(id=CHECK, after=many(LABEL, 1)),
    soak_time=record(id=CHECK, label=LABEL, min_hours=POSITIVE),
    rate_limit=record(id=CHECK, max=whole(1), within_hours=POSITIVE),
    own=record(id=CHECK, run=TEXT),
    complete=record(id=Default(CHECK, "complete")),
)
OUTCOME = word("pass", "fail", "inconclusive", "not-applicable")
GROUP = record(
    group=STRING,
    rows=whole(),
    observed=absent(number()),
    baseline=absent(number()),
    difference=absent(number()),
    p_adjusted=absent(number()),
    outcome=Default(OUTCOME, "pass"),
    reason=EMPTY_TEXT,
    pooled=STRINGS,
    by=Default(STRING, ""),
    lower=absent(number()),
    upper=absent(number()),
    p=absent(number()),
    discordant=absent(whole()),
    detectable=absent(number()),
)
MEASURED = (
    "observed",
    "baseline",
    "difference",
    "lower",
    "upper",
    "p",
    "threshold",
    "detectable",
    "p_adjusted",
    "alpha",
    "alpha_left",
    "effective",
)
FINDING = record(
    check=CHECK,
    type=STRING,
    outcome=OUTCOME,
    code=STRING,
    reason=TEXT,
    fix=EMPTY_TEXT,
    metric=absent(STRING),
    rows=absent(whole()),
    discordant=absent(whole()),
    groups=Default(many(GROUP), []),
    method=Default(STRING, ""),
    flipped=STRINGS,
    rows_needed=absent(whole()),
    units=absent(whole()),
    look=absent(whole()),
    approval=EMPTY_TEXT,
    **{name: absent(number()) for name in MEASURED},
)
SWITCH = record(
    step=word("start", "promote", "rollback"),
    expected=DIGEST,
    loaded=DIGEST,
    seconds=number(0),
)

PERSON = text(r"\S{1,400}")
DAY = text(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
WHY = both(TEXT, text(r"(?s).+"))
APPROVALS = record(
    people=many(PERSON, 1),
    count=Default(whole(1), 1),
    expire_days=Default(within(above=0, most=3650), 14),
    covers=Default(many(word("promotion", "policy", "deletion", "erasure"), 1), ["promotion"]),
    also=Default(many(record(people=many(PERSON, 1), count=Default(whole(1), 1))), []),
    deputies=Default(many(record(by=PERSON, of=PERSON, until=DAY)), []),
)
LOOK = record(
    number=whole(0),
    evidence=DIGEST,
    metric=Default(STRING, ""),
    by=Default(many(either(STRING, many(STRING, 2))), []),
    seen=Default(whole(0), 0),
)
CLAIMS = {
    "measured/1": record(evidence=DIGEST),
    "approval/1": record(subject=DIGEST, reason=EMPTY_TEXT),
    "override/1": record(decision=DIGEST, reason=WHY),
    "review/1": record(override=whole(0), reason=WHY),
    "proposal/1": record(
        model=MODEL,
        change=union(
            policy=record(label=LABEL, policy=DIGEST, replaces=DIGEST),
            deletion=record(version=DIGEST),
            erasure=record(objects=many(DIGEST), successors=FOLLOW, cause=CAUSE),
        ),
    ),
}

KINDS = CLAIMS | {
    "run/1": record(
        command=STRINGS,
        branch=absent(STRING),
        outputs=Default(table(DIGEST), {}),
        host=absent(HOST),
        artifacts=Default(table(DIGEST), {}),
        log=absent(DIGEST),
        duration_seconds=Default(number(), 0),
        exit_code=absent(whole()),
        sources=Default(table(DIGEST), {}),
        **SHARED,
    ),
    "manifest/1": record(
        artifacts=absent(ARTIFACTS),
        signature=absent(SIGNATURE),
        feature_spec=absent(DIGEST),
        image=absent(DIGEST),
        parents=DIGESTS,
        fields=Default(table(scalar), {}),
        reconstructed=STRINGS,
        asserted=STRINGS,
        **SHARED,
    ),
    "scorer/1": record(
        score=STRING,
        label=STRING,
        id=absent(STRING),
        groups=STRINGS,
        drop=STRINGS,
        data=Default(STRING, ""),
        source=absent(DIGEST),
        task=TASK,
        values=Default(table(word("higher", "lower")), {}),
        **dict.fromkeys(("unit", "weight", "metrics"), absent(STRING)),
        metrics_source=absent(DIGEST),
        perturbation=absent(PERTURBATION),
        ids_key=Default(STRING, ""),
    ),
    "evaluation/1": record(
        artifacts=DIGEST,
        snapshot=DIGEST,
        scorer=DIGEST,
        predictions=DIGEST,
        rows=whole(1),
        task=TASK,
        groups=STRINGS,
        metrics=MEASURES,
        trusted=Default(truth, value=False),
    ),
    "latency/1": record(
        artifacts=DIGEST,
        snapshot=DIGEST,
        samples_ms=many(number(0), 1),
        warm_up=whole(0),
        batch_rows=whole(1),
        machine=STRING,
        rate_per_second=Default(number(0), 0),
        live=absent(DIGEST),
        live_ms=Default(many(number(0)), []),
        round_calls=Default(whole(0), 0),
        rows=Default(whole(0), 0),
    ),
    "result/1": record(
        run=TEXT,
        artifacts=DIGEST,
        snapshot=DIGEST,
        outcome=word("pass", "fail", "inconclusive"),
        reason=TEXT,
        plugin=STRING,
        version=STRING,
        source=DIGEST,
        observed=absent(number()),
    ),
    "policy/1": record(
        evaluation=DIGEST,
        checks=many(CHECKS, 1),
        scorer=absent(DIGEST),
        against=Default(text(r"@[a-z][a-z0-9-]*"), "@production"),
        bootstrap=Default(word("floors_only", "refuse"), "refuse"),
        reuse=absent(record(spending=SPENDING, looks=absent(whole(1)))),
        approvals=absent(APPROVALS),
        override=Default(many(PERSON), []),
        measurers=Default(many(PERSON), []),
        authors=Default(many(PERSON), []),
        reference=absent(DIGEST),
    ),
    "decision/1": record(
        model=MODEL,
        label=LABEL,
        candidate=DIGEST,
        policy=DIGEST,
        snapshot=DIGEST,
        verdict=word("pass", "fail", "inconclusive"),
        findings=many(FINDING),
        live=absent(DIGEST),
        evidence=DIGESTS,
        look=Default(whole(1), 1),
        waiver=EMPTY_TEXT,
        looks=Default(many(LOOK), []),
        since=absent(whole(0)),
        statistics=Default(whole(1), 1),
    ),
    "drill/1": record(
        model=MODEL, label=LABEL, switches=many(SWITCH), rollback_seconds=number(0)
    ),
}
COLUMN = record(
    name=STRING,
    type=word("text", "float64", "category"),
    levels=STRINGS,
    better=Default(word("higher", "lower"), "higher"),
)
HEADER = record(columns=many(COLUMN), rows=whole(1), task=TASK, classes=STRINGS)
ACTOR = record(id=TEXT, assurance=word("os-user", "key", "token"), key=Default(STRING, ""))
ENTRY = record(
    v=lambda value: demand(type(value) is int and value == 1, "entry version", value),
    seq=whole(0),
    time=TIME,
    actor=ACTOR,
    team=TEAM,
    action=STRING,
    change_id=HEX32,
    request=DIGEST,
    subject=TEXT,
    before=table(anything),
    after=table(anything),
    evidence=many(DIGEST),
    reason=TEXT,
    salt=HEX32,
    signature=Default(STRING, ""),
)
STORE = record(id=HEX32, log=STRING, objects_key=Default(HEX32, ""))
SIDECAR = Fields(
    {
        "model_name": MODEL,
        "version": whole(1),
        "commit": nullable(COMMIT),
        "data_id": nullable(DIGEST),
        "metrics": table(number()),
        "stage_at_creation": TEXT,
        "created_by": TEXT,
        "cairn.digest": DIGEST,
        "cairn.created_at": TIME,
    }
)
