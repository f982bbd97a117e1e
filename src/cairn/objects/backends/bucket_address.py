"""A place in a cloud, as people write it: `s3://bucket/prefix?sse=aws:kms&kms-key=...`.

Only what is not a secret stands in an address; credentials and endpoints come from the
environment, where the clouds' own tools look for them.
"""

import re
from typing import NamedTuple
from urllib.parse import parse_qsl, urlsplit

from cairn.core.errors import Invalid

CLOUDS = {
    "s3": "S3",
    "gs": "Google Cloud Storage",
    "az": "Azure Blob Storage",
}
_ENCRYPTION = ("AES256", "aws:kms", "aws:kms:dsse")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{1,220}[A-Za-z0-9]")
_PREFIX = re.compile(r"[^/\\\x00-\x1f\x7f]+(/[^/\\\x00-\x1f\x7f]+)*")


class Place(NamedTuple):
    """A prefix in a bucket; `sse` and `kms_key` ask S3 to encrypt what it stores."""

    scheme: str
    bucket: str
    prefix: str = ""
    sse: str = ""
    kms_key: str = ""

    @property
    def url(self) -> str:
        """Name the place as people do, without its options."""
        return f"{self.scheme}://{self.bucket}" + (f"/{self.prefix}" if self.prefix else "")


def read_place(url: str) -> Place:
    """Read an address; raises `Invalid` with what is wrong and what one looks like."""
    parts = urlsplit(url)
    example = f"{parts.scheme}://bucket/prefix"
    if parts.scheme not in CLOUDS:
        raise Invalid(f"{url!r} names no cloud: write s3://, gs:// or az://, then the bucket")
    if "@" in parts.netloc or parts.fragment:
        raise Invalid(
            f"the address of a bucket holds no credentials: write {example}, and leave them "
            "to the environment"
        )
    prefix = parts.path.strip("/")
    if not _NAME.fullmatch(parts.netloc):
        raise Invalid(f"{parts.netloc!r} cannot be the name of a bucket: write {example}")
    if prefix and (not _PREFIX.fullmatch(prefix) or {".", ".."} & set(prefix.split("/"))):
        raise Invalid(f"{prefix!r} cannot be a prefix in a bucket: write {example}")
    return Place(parts.scheme, parts.netloc, prefix, **_options(parts.scheme, parts.query))


def _options(scheme: str, query: str) -> dict[str, str]:
    given = dict(parse_qsl(query, keep_blank_values=True))
    if unknown := sorted(given.keys() - {"sse", "kms-key"}):
        raise Invalid(f"the address of a bucket takes sse and kms-key, not {unknown[0]!r}")
    if given and scheme != "s3":
        raise Invalid(
            f"{CLOUDS[scheme]} encrypts everything, with the key that the bucket is set to: "
            "leave sse and kms-key out"
        )
    sse = given.get("sse", "aws:kms" if "kms-key" in given else "")
    if sse not in ("", *_ENCRYPTION) or given.get("sse") == "":
        raise Invalid(f"sse={sse} is none of {', '.join(_ENCRYPTION)}")
    if "kms-key" in given and (sse == "AES256" or not given["kms-key"]):
        raise Invalid("kms-key names a key of AWS KMS and goes with sse=aws:kms")
    return {"sse": sse, "kms_key": given.get("kms-key", "")}
