"""Records of every kind: the least that each may hold, and all that it can."""

from cairn.core.digest import Digest
from cairn.core.evaluation import Evaluation, Latency, Perturbation, Scorer
from cairn.core.label import Drill, Switch
from cairn.core.request import Record
from cairn.core.run import Code, Environment, Gap, Host, Input, RunFacts, Seed
from cairn.core.version import Artifacts, Manifest, Signature
from formats.sample_digests import SNAPSHOT, A, B, C
from formats.sample_gates import GATES
from formats.sample_snapshots import SNAPSHOTS

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
    "scorer/hashed-ids": Scorer(
        score="predict", label="churned", id="customer", ids_key="0f1e2d3c4b5a6978"
    ),
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
    **GATES,
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
