"""Words that sentences are put together from."""


def counted(count: int, noun: str, many: str = "") -> str:
    """Write `1 gap`, `2 gaps`, `1,200 rows`; `many` is the plural that does not end in `s`."""
    return f"{count:,} {noun if count == 1 else many or noun + 's'}"


def of_all(count: int, whole: int, noun: str, verbs: tuple[str, str] = ("was", "were")) -> str:
    """Write `1 of 1 file was`, `2 of 3 files were`; `verbs` are for one and for more."""
    return f"{count:,} of {counted(whole, noun)} {verbs[0] if count == 1 else verbs[1]}"
