"""Words that sentences are put together from."""


def counted(count: int, noun: str) -> str:
    """Write `1 gap`, `2 gaps`, `1,200 rows`."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
