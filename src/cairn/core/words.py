"""Words that sentences are put together from."""


def counted(count: int, noun: str, many: str = "") -> str:
    """Write `1 gap`, `2 gaps`, `1,200 rows`; `many` is the plural that does not end in `s`."""
    return f"{count:,} {noun if count == 1 else many or noun + 's'}"
