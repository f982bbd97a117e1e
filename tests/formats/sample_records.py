"""Records of every kind: the least that each may hold, and all that it can."""

from cairn.core.check import (
    ArtifactSize,
    Calibration,
    Ceiling,
    Complete,
    FairnessGap,
    Floor,
    LabelOrder,
    LatencyBudget,
    LatencyRatio,
    NonInferiority,
    NoSubgroupRegression,
    OwnCheck,
    RateLimit,
    Reproduced,
    RequiredArtifacts,
    RequiredMetadata,
    Robustness,
    RollbackDrill,
    SafetyScan,
    SoakTime,
    Superiority,
)
from cairn.core.digest import Digest, digest_bytes
from cairn.core.evaluation import Evaluation, Latency, Perturbation, Scorer
from cairn.core.gate import Decision, Finding, GroupFinding, Policy, Reuse
from cairn.core.label import Drill, Switch
from cairn.core.request import Record
from cairn.core.run import Code, Environment, Gap, Host, Input, RunFacts, Seed
from cairn.core.version import Artifacts, Manifest, Signature
from formats.sample_snapshots import SNAPSHOTS

A, B, C, SNAPSHOT = (digest_bytes(name) for name in (b"a", b"b", b"c", b"snapshot"))
SHA1, SHA256 = "0123456789abcdef0123456789abcdef01234567", "89abcdef" * 8

CODE = Code(
    commit=SHA1,
    remote="ssh://git@forge.example/risk/churn.git",
    patch=A,
    entry_point="train.py",
    config_files=("conf/base.yaml", "conf/caf\\xe9.yaml"),
    submodules={"vendor/features": SHA1},
)
ENVIRONMENT = Environment(
    python="3.11.9",
    implementation="CPython",
    operating_system="Debian GNU/Linux 12",
    machine="x86_64",
    lock=B,
    libc="glibc 2.36",
    accelerators=("NVIDIA H100 80GB HBM3",),
)
HOST = Host(
    name="node-7",
    kernel="6.1.0",
    cpu="4 x EPYC",
    cores=4,
    memory_bytes="25769803776",
    drivers=("nvidia 550.54",),
)
SEEDS = (
    Seed(generator="numpy.random", value="7"),
    Seed(generator="random", value="340282366920938463463374607431768211455"),
)
INPUTS = (
    Input(role="train", snapshot=SNAPSHOT, path="data/train.csv"),
    Input(role="test", snapshot=A, path="data/caf\u00e9.csv"),
    Input(role="config", snapshot=B),
    Input(role="input", snapshot=C, path="caf\\xe9"),
)
PARAMETERS = {
    "learning_rate": 0.1,
    "max_depth": 6,
    "warm_start": False,
    "class_weight": None,
    "loss": "log_loss",
    "random_state": "18446744073709551616",
    "tol": 1e-7,
    "big": 1e16,
    "\u03bb": -0.0,
}
METRICS = {"roc_auc": 0.7315, "log_loss": 1e-9, "rows": 67346.0, "f1@0.5": 0.30000000000000004}
GAPS = (
    Gap(field="environment.libc", reason="not Linux"),
    Gap(field="seeds", reason="numpy.random was not seeded", fix="np.random.seed(7)"),
)


FINDINGS = (
    Finding(
        check="better",
        type="superiority",
        outcome="fail",
        code="not_better",
        reason="roc_auc is 0.012 lower than with the live version",
        fix="train on newer data",
        metric="roc_auc",
        observed=0.7195,
        baseline=0.7315,
        difference=-0.012,
        lower=-0.02,
        upper=-0.004,
        p=0.9985,
        threshold=0.0,
        rows=67346,
        discordant=1204,
        detectable=0.003,
    ),
    Finding(
        check="groups",
        type="no_subgroup_regression",
        outcome="inconclusive",
        code="small_groups",
        reason="too few rows",
        groups=(
            GroupFinding(
                group="HA",
                rows=342,
                observed=0.5,
                baseline=0.75,
                difference=-0.25,
                p_adjusted=0.003,
                outcome="fail",
                reason="lost 0.25 of recall",
            ),
            GroupFinding(group="other", rows=61, pooled=("OO", "\u96ea")),
        ),
    ),
    Finding(
        check="floor",
        type="floor",
        outcome="pass",
        code="ok",
        reason="enough",
        observed=1.0,
        lower=0.0,
    ),
    Finding(
        check="complete",
        type="complete",
        outcome="not-applicable",
        code="none",
        reason="\u2713",
    ),
)

RECORDS: dict[str, Record] = {
    **SNAPSHOTS,
    "run/nothing-known": RunFacts(),
    "run/everything": RunFacts(
        command=("python", "train.py", "--name", "caf\u00e9 \u96ea", "--token=[redacted]"),
        code=CODE,
        branch="feature/\u00fcber",
        inputs=INPUTS,
        outputs={"out/report.html": A, "out/caf\\xe9.txt": B},
        environment=ENVIRONMENT,
        host=HOST,
        seeds=SEEDS,
        unseeded=("numpy.random",),
        parameters=PARAMETERS,
        metrics=METRICS,
        evaluations=(A, B),
        artifacts={"model.pkl": C},
        log=C,
        duration_seconds=12.75,
        exit_code=0,
        gaps=GAPS,
    ),
    "run/killed": RunFacts(
        host=Host(), duration_seconds=1e-06, exit_code=-9, gaps=(Gap(field="", reason=""),)
    ),
    "manifest/nothing-known": Manifest(),
    "manifest/smallest-complete": Manifest(
        artifacts=Artifacts(tree=A, flavor="sklearn", safety="safe"),
        inputs=(Input(role="train", snapshot=SNAPSHOT),),
        code=Code(commit=SHA1),
        environment=Environment(
            python="3.11.9",
            implementation="CPython",
            operating_system="Linux",
            machine="aarch64",
            lock=B,
        ),
        parameters={"C": 1.0},
        metrics={"roc_auc": 0.5},
        evaluations=(C,),
    ),
    "manifest/everything": Manifest(
        artifacts=Artifacts(
            tree=A,
            flavor="pickle",
            safety="unsafe",
            formats={"model.pkl": "pickle", "caf\\xe9.npy": "npy"},
            reasons=("model.pkl calls os.system",),
            golden=B,
        ),
        inputs=INPUTS,
        code=Code(commit=SHA256),
        environment=ENVIRONMENT,
        seeds=SEEDS,
        unseeded=("random",),
        parameters=PARAMETERS,
        metrics=METRICS,
        evaluations=(A, B),
        signature=Signature(
            inputs=(("dep_delay", "float64"), ("carrier", "category")),
            outputs=(("late", "float64"),),
        ),
        feature_spec=A,
        image=B,
        parents=(C,),
        fields={"owner": "risk", "reviewed": True, "ticket": 421, "budget": 0.5, "note": None},
        reconstructed=("code", "metrics"),
        gaps=GAPS,
    ),
    "manifest/empty-parts": Manifest(
        artifacts=Artifacts(tree=A, flavor="none", safety="unknown"), signature=Signature()
    ),
    "scorer/plain": Scorer(score="predict_proba", label="churned"),
    "scorer/everything": Scorer(
        score="churn.eval:score",
        label="late",
        id="flight",
        groups=("carrier", "origin"),
        drop=("tail_num",),
        data="flights.csv",
        source=A,
    ),
    "scorer/every-task": Scorer(
        score="predict",
        label="minutes",
        task="regression",
        unit="customer",
        weight="share",
        values={"cost": "lower", "\u96ea": "higher"},
        metrics="churn.eval:cost",
        metrics_source=B,
        perturbation=Perturbation(kind="shift", amount=0.5, columns=("delay",), seed=3),
    ),
    "evaluation/ranking": Evaluation(
        artifacts=A, snapshot=SNAPSHOT, scorer=B, predictions=C, rows=9, task="ranking"
    ),
    "evaluation/plain": Evaluation(
        artifacts=A, snapshot=SNAPSHOT, scorer=B, predictions=C, rows=1
    ),
    "evaluation/groups-and-metrics": Evaluation(
        artifacts=A,
        snapshot=SNAPSHOT,
        scorer=B,
        predictions=C,
        rows=67346,
        groups=("carrier", "\u96ea"),
        metrics=METRICS,
    ),
    "latency/one-sample": Latency(
        artifacts=A, snapshot=SNAPSHOT, samples_ms=(0.25,), warm_up=0, batch_rows=1, machine=""
    ),
    "latency/many-samples": Latency(
        artifacts=A,
        snapshot=SNAPSHOT,
        samples_ms=(0.0, 0.1, 12.0, 3.3333333333333335, 1e-7),
        warm_up=20,
        batch_rows=16,
        machine="x86_64, 4 cores",
    ),
    "policy/one-check": Policy(evaluation=SNAPSHOT, checks=(Complete(),)),
    "policy/defaults-given": Policy(
        evaluation=SNAPSHOT,
        scorer=None,
        against="@production",
        bootstrap="refuse",
        checks=(Superiority(id="better", metric="roc_auc", margin=0, confidence=0.95),),
    ),
    "policy/every-check": Policy(
        evaluation=SNAPSHOT,
        scorer=A,
        against="@canary",
        bootstrap="floors_only",
        checks=(
            Superiority(id="better", metric="roc_auc"),
            Superiority(id="much-better", metric="roc_auc", margin=0.01, confidence=0.99),
            NonInferiority(id="no-worse", metric="f1@0.5", margin=0.005),
            NonInferiority(id="no-worse-2", metric="log loss", margin=1e-3, confidence=0.9),
            Floor(id="floor", metric="recall", value=0.7),
            Floor(id="floor_2", metric="mean/error", value=-1.0, confidence=0.999),
            NoSubgroupRegression(id="groups", by=("region",), metric="recall"),
            NoSubgroupRegression(
                id="groups-2",
                by=("\u96ea",),
                metric="recall",
                margin=0.02,
                min_rows=50,
                confidence=0.9,
            ),
            LatencyBudget(id="speed", max_ms=40.0),
            LatencyBudget(id="speed-2", max_ms=0.5, percentile=99.9, confidence=0.8),
            RequiredArtifacts(id="files", files=("*.skops", "schema.json")),
            Complete(),
            Complete(id="complete-2"),
        ),
    ),
    "policy/more-checks": Policy(
        evaluation=SNAPSHOT,
        reuse=Reuse(spending="equal", looks=50),
        checks=(
            Ceiling(id="alarms", metric="selection_rate", value=0.3),
            NoSubgroupRegression(
                id="groups",
                by=("sex", ("sex", "age_band")),
                metric="recall",
                margin=0.02,
                burden="prove",
                min_positives=50,
                small_groups="approve",
            ),
            FairnessGap(id="fair", by=("sex",), measure="demographic_parity", max=0.1),
            FairnessGap(
                id="fair-2",
                by=("sex", ("sex", "age_band")),
                measure="equalised_odds",
                max=1.0,
                threshold=0.3,
                min_rows=50,
                confidence=0.9,
                small_groups="approve",
            ),
            Robustness(
                id="noise",
                metric="roc_auc",
                perturbation=Perturbation(kind="noise", amount=0.1),
                max_drop=0.02,
            ),
            Robustness(
                id="blanks",
                metric="roc_auc",
                perturbation=Perturbation(
                    kind="missing", amount=0.05, columns=("age", "\u96ea"), seed=7
                ),
                max_drop=0.02,
                confidence=0.9,
            ),
            Calibration(id="calibrated", max=0.05),
            Calibration(id="calibrated-2", max=0.1, bins=10, confidence=0.9),
            LatencyRatio(id="no-slower", max_ratio=1.2),
            LatencyRatio(id="no-slower-2", max_ratio=1.1, percentile=50.0, confidence=0.9),
            ArtifactSize(id="small", max_mb=500.0),
            RequiredMetadata(id="owned", fields=("owner", "licence")),
            SafetyScan(id="safe"),
            Reproduced(id="again"),
            Reproduced(id="again-2", max_age_days=90.0),
            RollbackDrill(id="drill"),
            RollbackDrill(id="drill-2", max_age_days=7.5),
            LabelOrder(id="order", after=("dev", "staging")),
            SoakTime(id="soak", label="staging", min_hours=24.0),
            RateLimit(id="calm", max=3, within_hours=168.0),
            OwnCheck(id="ours", run="churn.checks:no_leak"),
        ),
    ),
    "policy/reuse": Policy(evaluation=SNAPSHOT, checks=(Complete(),), reuse=Reuse()),
    "decision/first": Decision(
        model="default/churn",
        label="production",
        candidate=A,
        policy=B,
        snapshot=SNAPSHOT,
        verdict="pass",
        findings=(),
    ),
    "decision/everything": Decision(
        model="risk/churn-2.eu",
        label="canary-eu",
        candidate=A,
        policy=B,
        snapshot=SNAPSHOT,
        verdict="fail",
        findings=FINDINGS,
        live=C,
        evidence=(A, B, C),
        look=17,
        waiver="seeds of 2019 are lost",
    ),
    "decision/every-number": Decision(
        model="default/churn",
        label="production",
        candidate=A,
        policy=B,
        snapshot=SNAPSHOT,
        verdict="inconclusive",
        findings=(
            Finding(
                check="groups",
                type="no_subgroup_regression",
                outcome="inconclusive",
                code="needs-approval",
                reason="too few rows",
                method="exact McNemar, Tango",
                p_adjusted=0.06,
                flipped=("row-7", "\u96ea"),
                rows_needed=12000,
                look=3,
                alpha=0.0034,
                alpha_left=0.0087,
                approval="3 groups are too small to judge",
                groups=(
                    GroupFinding(
                        group="f x 30-39",
                        by="sex x age_band",
                        rows=342,
                        lower=-0.02,
                        upper=0.0,
                        p=0.03,
                        discordant=17,
                        detectable=0.04,
                    ),
                ),
            ),
        ),
    ),
    "drill/passed": Drill(
        model="default/churn",
        label="production",
        switches=(
            Switch(step="start", expected=A, loaded=A, seconds=0.0),
            Switch(step="promote", expected=B, loaded=B, seconds=0.125),
            Switch(step="rollback", expected=A, loaded=A, seconds=0.1),
        ),
        rollback_seconds=0.09375,
    ),
    "drill/failed": Drill(
        model="default/churn",
        label="production",
        switches=(Switch(step="rollback", expected=A, loaded=B, seconds=30.0),),
        rollback_seconds=0.0,
    ),
}

DIGESTS: tuple[Digest, ...] = (A, B, C, SNAPSHOT)
