"""`cairn demo`: a model that predicts late flights, through all nine steps, on real data."""

from cairn.demo.story import Told, tell

__all__ = ["Told", "tell"]
