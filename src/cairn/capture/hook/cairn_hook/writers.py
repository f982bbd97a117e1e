"""Libraries that write models in code of their own: the path is an argument of the call."""

from . import calls, journal, opened, saved, seeds

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any

# Module -> its functions: where among the arguments the path is, and how it is called.
WRITERS = {
    "torch": {"save": (1, "f")},
    "safetensors.numpy": {"save_file": (1, "filename")},
    "safetensors.torch": {"save_file": (1, "filename"), "save_model": (1, "filename")},
    "onnx": {"save": (1, "f"), "save_model": (1, "f")},
}


def watch(module: "ModuleType") -> None:
    """Watch what writes a file without Python's own `open`."""
    if module.__name__ == "torch":
        seeds.watch(module)
    for name, (place, word) in WRITERS[module.__name__].items():
        if hasattr(module, name):
            calls.replace(module, name, _follower(place, word))


def _follower(place: int, word: str) -> "Any":
    def wrote(_start: "Any", _result: "Any", args: "Any", named: "Any") -> None:
        path = saved.place_of(calls.argument(args, named, place, word))
        if path is not None:
            opened.written_elsewhere(path)

    return journal.guarded(wrote)
