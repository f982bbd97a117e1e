"""A run captured from inside: `with cairn.run("churn", seed=7) as run: ...`."""

from types import TracebackType

from cairn.capture.run import SHOWN_ID
from cairn.capture.session import Captured
from cairn.registry import Registry
from cairn.registry.run import stage


class Session(Captured):
    """One training run; everything is recorded when the `with` block ends."""

    def __init__(self, registry: Registry, model: str, *, seed: int | None = None) -> None:
        super().__init__(registry, model, seed=seed)
        self._registry = registry

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End: record the facts, register the model if there is one, and move `staging`.

        Raises what `cairn run` would report when a run succeeded and its model is refused.
        """
        super().__exit__(kind, error, trace)
        if self._is_new:
            reason = f"registered by run {self.id[:SHOWN_ID]}"
            stage(self._registry, self.version, reason=reason)
            self._version = self._registry.version(self.version.name)
