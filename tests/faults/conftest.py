"""The tests here write to a disk: a sync, a power cut or a full disk is their subject."""

from suite.room import on_disk

__all__ = ["on_disk"]
