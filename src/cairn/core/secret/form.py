"""Tokens that tell what they are: each issuer's form, and the letters that it begins with.

A row is looked for only in a text that has one of its beginnings, so a long log costs as many
searches for a few letters as there are rows.
"""

from collections.abc import Iterator
from typing import NamedTuple

from cairn.core.secret.pattern import Pattern

PRIVATE_KEY, TOKEN = "a private key", "an access token"


class Form(NamedTuple):
    """How the tokens of an issuer look; one of `begins` stands in every one of them."""

    issuer: str
    begins: tuple[str, ...]
    looks: Pattern


class Found(NamedTuple):
    """A stretch of a text that is a secret, and of what kind."""

    start: int
    end: int
    kind: str


def _form(issuer: str, begins: str, looks: str) -> Form:
    # What stands before or after would make it a part of something longer.
    return Form(issuer, tuple(begins.split()), Pattern(rf"(?<![A-Za-z0-9]){looks}"))


_KEY = Pattern(
    r"-----BEGIN (?:[A-Z0-9 ]{0,30} )?PRIVATE KEY(?: BLOCK)?-----"
    r"(?:[^-]{0,20000}-----END (?:[A-Z0-9 ]{0,30} )?PRIVATE KEY(?: BLOCK)?-----)?"
)
FORMS = (
    _form("Amazon", "AKIA ASIA ABIA ACCA", r"(?:AKIA|ASIA|ABIA|ACCA)[0-9A-Z]{16}\b"),
    _form("GitHub", "ghp_ gho_ ghu_ ghs_ ghr_", r"gh[pousr]_[A-Za-z0-9]{20,255}\b"),
    _form("GitHub", "github_pat_", r"github_pat_\w{20,255}"),
    _form("GitLab", "glpat- gldt- glrt- glsoat- glcbt- glptt- glft-", r"gl\w{2,4}-[\w-]{16,}"),
    _form("Hugging Face", "hf_ api_org_", r"(?:hf|api_org)_[A-Za-z0-9]{20,}\b"),
    _form("Slack", "xox", r"xox[abeoprs](?:\.xox[bp])?-[\w-]{10,}"),
    _form("Slack", "xapp-", r"xapp-\d-[\w-]{20,}"),
    _form("Google", "AIza", r"AIza[\w-]{30,}"),
    _form("Google", "ya29.", r"ya29\.[\w-]{20,}"),
    _form("Google", "GOCSPX-", r"GOCSPX-[\w-]{20,}"),
    _form("DeepSeek and others", "sk-", r"sk-[0-9a-f]{32}\b"),
    _form("OpenAI, Anthropic", "sk-", r"sk-(?=[\w-]{0,200}\d)(?=[\w-]{0,200}[A-Z])[\w-]{20,}"),
    _form("Stripe", "_live_ _test_", r"[rsp]k_(?:live|test)_[A-Za-z0-9]{16,}"),
    _form("Stripe", "whsec_", r"whsec_[A-Za-z0-9]{20,}"),
    _form("npm", "npm_", r"npm_[A-Za-z0-9]{30,}"),
    _form("PyPI", "pypi-", r"pypi-[A-Za-z0-9_-]{30,}"),
    _form("SendGrid", "SG.", r"SG\.[\w-]{16,}\.[\w-]{16,}"),
    _form("Mailgun", "key-", r"key-[0-9a-f]{32}\b"),
    _form("Databricks", "dapi", r"dapi[0-9a-f]{32}(?:-\d)?\b"),
    _form("DigitalOcean", "_v1_", r"do[opr]_v1_[0-9a-f]{64}\b"),
    _form("Shopify", "shp", r"shp(?:at|ca|pa|ss)_[0-9a-fA-F]{32}\b"),
    _form("Telegram", ":AA", r"\d{8,10}:AA[\w-]{32,34}(?![\w-])"),
    _form("Atlassian", "ATATT3 ATBB", r"(?:ATATT3|ATBB)[\w=-]{20,}"),
    _form("Linear", "lin_api_", r"lin_api_[A-Za-z0-9]{30,}"),
    _form("Notion", "ntn_", r"ntn_[A-Za-z0-9]{40,}"),
    _form("Grafana", "glsa_ glc_", r"gl(?:sa|c)_[A-Za-z0-9_=+/]{30,}"),
    _form("HashiCorp Vault", "hvs. hvb. hvr.", r"hv[sbr]\.[\w-]{20,}"),
    _form("Terraform", ".atlasv1.", r"[A-Za-z0-9]{14}\.atlasv1\.[\w-]{40,}"),
    _form("Doppler", "dp.", r"dp\.(?:pt|st|ct|sa|scim|audit)\.[\w.-]{30,}"),
    _form("Docker", "dckr_", r"dckr_(?:pat|oat)_[\w-]{20,}"),
    _form("Replicate", "r8_", r"r8_[A-Za-z0-9]{30,}"),
    _form("Groq", "gsk_", r"gsk_[A-Za-z0-9]{30,}"),
    _form("Perplexity", "pplx-", r"pplx-[A-Za-z0-9]{30,}"),
    _form("Pinecone", "pcsk_", r"pcsk_\w{40,}"),
    _form("xAI", "xai-", r"xai-[A-Za-z0-9]{40,}"),
    _form("Prefect", "pnu_ pnb_", r"pn[ub]_[A-Za-z0-9]{30,}"),
    _form("Sentry", "sntry", r"sntry[su]_[\w=+/]{30,}"),
    _form("Postman", "PMAK-", r"PMAK-[0-9a-f]{24}-[0-9a-f]{20,}"),
    _form("New Relic", "NRAK-", r"NRAK-[A-Z0-9]{20,}"),
    _form("Supabase", "sbp_ sb_secret_", r"sb(?:p|_secret)_[\w-]{20,}"),
    _form("Airtable", "pat", r"pat[A-Za-z0-9]{14}\.[0-9a-f]{64}\b"),
    _form("Figma", "figd_", r"figd_[\w-]{30,}"),
    _form("Heroku", "HRKU-", r"HRKU-[\w-]{30,}"),
    _form("RubyGems", "rubygems_", r"rubygems_[0-9a-f]{40,}"),
    _form("Artifactory", "AKCp", r"AKCp[A-Za-z0-9]{60,}"),
    _form("Azure", "8Q~", r"[\w~.-]{3}8Q~[\w~.-]{31,34}"),
    _form("age", "AGE-SECRET-KEY-", r"AGE-SECRET-KEY-1[0-9A-Z]{50,}"),
    _form("Alibaba", "LTAI", r"LTAI[A-Za-z0-9]{12,26}\b"),
    _form("a signed web token", "eyJ", r"eyJ[\w-]{10,}\.eyJ[\w-]{10,}(?:\.[\w-]*)?"),
)


def tokens(text: str) -> Iterator[Found]:
    """Yield private keys and the tokens of known issuers."""
    if "PRIVATE KEY" in text:
        for found in _KEY.finditer(text):
            yield Found(found.start(), found.end(), PRIVATE_KEY)
    for form in FORMS:
        if any(beginning in text for beginning in form.begins):
            for found in form.looks.finditer(text):
                yield Found(found.start(), found.end(), TOKEN)
