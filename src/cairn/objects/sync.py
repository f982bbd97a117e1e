"""Durability: what was written outlives a power cut once these return."""

import os
from collections.abc import Callable, Iterable
from pathlib import Path

THREADS = 8


def sync_folder(folder: Path) -> None:
    """Make what is listed in a folder durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def make_folder(folder: Path) -> None:
    """Make a folder and those above it, durably."""
    if folder.is_dir():
        return
    make_folder(folder.parent)
    folder.mkdir(exist_ok=True)
    sync_folder(folder.parent)


def together(calls: Iterable[Callable[[], None]]) -> None:
    """Run calls that wait for the disk several at a time, so that it commits them together.

    All of them end before the first error is raised.
    """
    waiting = list(calls)
    if len(waiting) < THREADS:
        for call in waiting:
            call()
        return
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(THREADS) as threads:
        running = [threads.submit(call) for call in waiting]
    for call in running:
        call.result()
