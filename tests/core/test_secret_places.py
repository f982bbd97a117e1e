"""What is a secret, by its name, form or address; and what is none in ordinary projects."""

import time

import pytest

from cairn.core.errors import Invalid
from cairn.core.label import Anyone, Rollback
from cairn.core.request import checked
from cairn.core.secret import (
    PLACES,
    REDACTED,
    Plain,
    find,
    hides,
    kept_in_ledger,
    redact,
    redact_command,
    redact_value,
)

RANDOM = "k3Jx9QpLmZ27vTbYwE5s"
# In two parts, so that no scanner takes this file for a leak.
TOKENS = [
    "AKIA" + "IOSFODNN7EXAMPLE",
    "ghp_" + "a1B2" * 9,
    "github_pat_" + "a1B2" * 10,
    "glpat-" + "a1B2" * 5,
    "hf_" + "a1B2" * 8,
    "xoxb-" + "1234567890-a1B2c3D4",
    "xapp-" + "1-A1B2C3-1234567890-abcdef",
    "AIza" + "a1B2" * 9,
    "ya29." + "a1B2" * 9,
    "GOCSPX-" + "a1B2" * 7,
    "sk-" + "proj-" + "a1B2" * 9,
    "sk-" + "0123456789abcdef" * 2,
    "sk_" + "live_" + "a1B2" * 6,
    "npm_" + "a1B2" * 9,
    "pypi-" + "AgEIcHlwaS5vcmc" + "a1B2" * 9,
    "SG." + "a1B2" * 5 + "." + "a1B2" * 10,
    "dapi" + "0123456789abcdef" * 2,
    "dop_" + "v1_" + "0123456789abcdef" * 4,
    "1234567890" + ":AA" + "a1B2c" * 6 + "xyz",
    "hvs." + "a1B2" * 9,
    "dckr_" + "pat_" + "a1B2" * 7,
    "lin_" + "api_" + "a1B2" * 10,
    "eyJ" + "hbGciOiJIUzI1NiJ9.eyJ" + "zdWIiOiIxMjM0In0.a1B2c3D4",
]
# Lines as they stand in configurations, logs and command lines of training projects.
ORDINARY = """
lr: 0.1
learning_rate: 3e-4
weight_decay: 1.0e-05
betas: [0.9, 0.999]
model: distilbert-base-uncased-finetuned-sst-2-english
backbone = resnet50_imagenet1k_v2
model_name_or_path: meta-llama/Llama-2-7b-chat-hf
checkpoint: s3://models/churn/2026-01-31/epoch=3-step=1200.ckpt
path: /home/ada/projects/churn/data/part-00001-of-00128.parquet
sha256: 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
digest: sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
commit: 6dcb09b5b57875f334f61aebed695e2e4193db5e
md5: d41d8cd98f00b204e9800998ecf8427e
cache_key: 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
run_id: 550e8400-e29b-41d4-a716-446655440000
idempotency_key: 550e8400-e29b-41d4-a716-446655440000
object_key: models/churn/v3/weights.safetensors
partition_key: customer_id
primary_key: customer_id_2024_region
sort_keys: true
key: month
keys: [customer, order_date]
max_tokens: 2048
num_tokens = 512
n_tokens_per_batch: 4096
pad_token: "[PAD]"
eos_token: </s>
bos_token: <s>
mask_token: <mask>
image_token: <image>
additional_special_tokens: ["<|im_start|>", "<|im_end|>"]
tokenizer: bert-base-uncased
token_pattern: (?u)\\b\\w\\w+\\b
tokenizer_class: LlamaTokenizerFast
pin_memory: true
n_pass: 3
passes: 10
first_pass: true
passthrough: drop
forward_pass: eager
author: Ada Lovelace
authors: [ada, ben]
use_auth_token: true
auth: false
secretary_id: 17
signature: sha1
optimizer: adamw_torch_fused
scheduler: cosine_with_warmup
criterion: squared_error
max_features: sqrt
class_weight: balanced
solver: lbfgs
tree_method: hist
random_state: 20260131
seed: 1234567890123456
uuid: 123e4567-e89b-12d3-a456-426614174000
image: ghcr.io/acme/train:1.4.0@sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15
etag: "33a64df551425fcc55e4d42a148795d9f25f89d4"
hash: 0a4d55a8d778e5022fab701977c5d840bbc486d0
tracking_uri: http://127.0.0.1:5000
mlflow.tracking_uri: https://mlflow.example.com/team/churn
git_url: git@github.com:acme/churn.git
repo: https://github.com/acme/churn.git@v1.2.0#egg=churn
sqlalchemy: sqlite:///data/churn.db
connection: sqlite:///data/customers.db
conn_timeout: 30
license: Apache-2.0
license_name: cc-by-4.0
cert: none
s3_uri: s3://bucket/prefix/key=month/part-0.parquet
columns: [pass_rate, key_rate, token_count, auth_events]
password: ${DB_PASSWORD}
api_key: ${oc.env:OPENAI_API_KEY}
token: {{ secrets.TOKEN }}
secret: <your secret>
label_names: [positive, negative]
dropout: 0.1 hidden_size: 768 intermediate_size: 3072
epoch 3/10 loss=0.2514 acc=0.9312 lr=0.000300 eta 00:12:31
2026-01-31T10:00:00.000Z INFO train.py:42 - saved checkpoints/model-0003.pt (33.1 MB)
Basic internationalization of descriptions is done
bearer-of-bad-news stays
sentence-transformers/all-MiniLM-L6-v2
text-embedding-3-small
task-specific-fine-tuning-of-language-models-2024
pattern: patABCDEFG.txt
openai/clip-vit-large-patch14-336
stabilityai/stable-diffusion-xl-base-1.0
torch==2.4.1+cu121 --hash=sha256:5d9a4ba1bd3a5f0bda4bd66bdbcd8b2b4e8f1c5c1e9b6c2a7f
--learning-rate 3e-4 --model resnet50 --seed 7 -p 8080 --key month
docker run -u 1000:1000 image
SHA256:nThbg6kXUpJWGl7E1IGOCspRomTxdCARLviKw6E5SY8
""".strip().splitlines()


@pytest.mark.parametrize("token", TOKENS)
@pytest.mark.parametrize("place", sorted(PLACES))
def test_a_token_is_known_by_its_form_in_every_place(place: str, token: str) -> None:
    found = find(f"see {token}, or not", PLACES[place])

    assert [f"see {token}, or not"[each.start : each.end] for each in found][:1] == [token]


@pytest.mark.parametrize("line", ORDINARY)
def test_an_ordinary_line_stays_as_it_is(line: str) -> None:
    for place in PLACES.values():
        assert redact(line, place) == line


def test_ordinary_command_lines_stay_as_they_are() -> None:
    command = ["python", "train.py", "--lr=3e-4", "--key", "month", "--max-tokens", "512"]
    command += ["--pad-token", "[PAD]", "-u", "--auth", "true", "--model", "bert-base-uncased"]

    assert redact_command(command) == tuple(command)


@pytest.mark.parametrize(
    "name",
    [
        *("pass", "db_pass", "pw", "passcode", "pin_code", "pin", "MYSERVICE_PAT", "pat"),
        *("license-key", "licenseKey", "SAS", "slack_webhook", "webhook_url", "session_id"),
        *("wandb_api_key", "AWS_ACCESS_KEY_ID", "storageKey", "cookie", "GITHUB_PAT", "jwt"),
    ],
)
def test_more_names_hide_what_they_hold(name: str) -> None:
    assert redact_value(name, "hunter2") == REDACTED


@pytest.mark.parametrize("name", ["pin_code", "passcode", "password", "pin"])
def test_a_number_is_a_secret_where_numbers_are(name: str) -> None:
    assert hides(name, "4711")


@pytest.mark.parametrize("name", ["pass", "auth", "token", "n_pass"])
def test_numbers_and_switches_under_ambiguous_names_are_settings(name: str) -> None:
    assert not hides(name, "3")
    assert not hides(name, "true")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("postgresql://u:p@ss/w0rd@host/db", f"postgresql://{REDACTED}@host/db"),
        ("https://TOKEN1234@host/x", f"https://{REDACTED}@host/x"),
        ("ssh://git@host/x", "ssh://git@host/x"),
        (
            "https://h/d.csv?sv=2022&sig=a%2Bb&x=1",
            f"https://h/d.csv?sv=2022&sig={REDACTED}&x=1",
        ),
        (
            "https://h/o?X-Amz-Signature=ab12&p=1",
            f"https://h/o?X-Amz-Signature={REDACTED}&p=1",
        ),
        (
            "https://hooks.slack.com/services/T0/B0/XyZ123456",
            f"https://hooks.slack.com/services/{REDACTED}",
        ),
        (
            "https://discord.com/api/webhooks/123/abcdefXYZ",
            f"https://discord.com/api/webhooks/{REDACTED}",
        ),
        (
            "https://api.telegram.org/bot12:abcdef/send",
            f"https://api.telegram.org/bot{REDACTED}",
        ),
        (
            "AccountName=x;AccountKey=ab12==;Suffix=y",
            f"AccountName=x;AccountKey={REDACTED};Suffix=y",
        ),
        ("Server=h;Pwd=hunter2;", f"Server=h;Pwd={REDACTED};"),
        ('{\\"password\\": \\"hunter2\\"}', f'{{\\"password\\": \\"{REDACTED}\\"}}'),
        ("{'api_key': 'hunter2'}", f"{{'api_key': '{REDACTED}'}}"),
        ("os.environ['API_TOKEN'] = 'hunter2'", f"os.environ['API_TOKEN'] = '{REDACTED}'"),
        ("mysql --password hunter2 -h db", f"mysql --password {REDACTED} -h db"),
        ("curl -u bob:hunter2 https://h", f"curl -u bob:{REDACTED} https://h"),
        ("CREATE USER x IDENTIFIED BY 'hun ter'", f"CREATE USER x IDENTIFIED BY '{REDACTED}'"),
        ("Authorization: token abc", f"Authorization: {REDACTED} {REDACTED}"),
        ("['--token', 'hunter2']", f"['--token', '{REDACTED}']"),
    ],
)
def test_addresses_options_and_assignments_lose_their_secret(text: str, shown: str) -> None:
    assert redact(text, PLACES["log"]) == shown
    assert redact(shown, PLACES["log"]) == shown


def test_a_command_line_loses_what_stands_behind_short_options() -> None:
    plain = Plain({"l2"}, lambda path: path == "data")
    command = [
        "x",
        "-p",
        "S3CRETx",
        "-p",
        "8080",
        "-p",
        "l2",
        "-p",
        "data",
        "-u",
        "me:S3CRETy",
    ]

    assert redact_command(command, plain) == (
        *("x", "-p", REDACTED, "-p", "8080", "-p", "l2", "-p", "data", "-u", f"me:{REDACTED}"),
    )


def test_the_ledger_keeps_flags_numbers_paths_and_words_of_the_project_alone() -> None:
    plain = Plain({"logistic", "south"}, lambda path: path == "train.py")
    kept = ["python", "train.py", "--lr", "0.1", "--model=logistic", "-v", "data/x_1.csv"]
    kept += ["--region", "south", "-m", "pkg.train", "--n=3", "s3://bucket/data"]
    withheld = ["correcthorse", "--x=Zebra9", "-c", "print('hunter2')", "a b", "-pZebra9"]

    assert kept_in_ledger(kept, plain) == tuple(kept)
    assert kept_in_ledger(["python", *withheld], plain) == (
        *("python", "<withheld>", "--x=<withheld>", "-c", "<withheld>", "<withheld>"),
        "-p<withheld>",
    )


def test_a_request_with_a_token_in_a_reason_is_refused_before_it_is_recorded() -> None:
    asked = Rollback(
        model="default/churn",
        label="production",
        expecting=Anyone(),
        reason=f"rotated {TOKENS[1]}",
    )

    with pytest.raises(Invalid, match=r"reason seems to hold an access token.*stays for ever"):
        checked(asked)


@pytest.mark.parametrize(
    "piece",
    [
        *("a.", "a-", "--a ", "x", "://", "a:b@", "?a=b&", "https://", "password=", '"', "\\"),
        *("-----BEGIN " + "PRIVATE KEY-----", 'password:"', "--password ", "a/", "sk-"),
    ],
)
def test_looking_takes_time_that_grows_with_the_text_alone(piece: str) -> None:
    text = (piece * 60_000)[:120_000]
    started = time.process_time()

    redact(text, PLACES["log"])

    assert time.process_time() - started < 2
