"""Everything that is learnt about a table while its rows pass by once: facts and profile."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from cairn.core.snapshot import TableFacts
from cairn.core.table import ColumnProfile
from cairn.data.tables.arrow import Batch, Schema
from cairn.data.tables.logical import ColumnHash, table_facts
from cairn.data.tables.profile import Chosen, ColumnProfiler, RowSample

MOST_PROFILED = 1_000
SHARES = 64


class Gatherer:
    """Reads columns in threads: each column in order, different ones at the same time.

    A table of more than 1,000 columns gets facts and no profile of each of them; so does one
    that is not to be `profiled`.
    """

    def __init__(
        self, schema: Schema, pool: ThreadPoolExecutor, *, profiled: bool = True
    ) -> None:
        self._schema = schema
        self._pool = pool
        self._rows = 0
        self._sample = RowSample()
        self._hashes = [ColumnHash(field.type) for field in schema]
        width = len(schema)
        step = -(-width // SHARES)
        self._shares = [range(at, min(at + step, width)) for at in range(0, width, step)]
        is_profiled = profiled and width <= MOST_PROFILED
        kept = [field.type for field in schema] if is_profiled else []
        self._profilers = [ColumnProfiler(kind) for kind in kept]
        self._nulls = [0] * len(schema)

    def add(self, batches: Sequence[Batch]) -> Callable[[], None]:
        """Begin to read batches of the schema; call what is returned before adding more."""
        chosen = [self._sample.choose(batch.num_rows) for batch in batches if self._profilers]
        self._rows += sum(batch.num_rows for batch in batches)
        begun = [
            self._pool.submit(self._read, columns, batches, chosen) for columns in self._shares
        ]

        def wait() -> None:
            for each in begun:
                each.result()

        return wait

    def finish(self) -> tuple[TableFacts, tuple[ColumnProfile, ...]]:
        """Return what was learnt."""
        values = [f"sha256:{each.digest().hex()}" for each in self._hashes]
        facts = table_facts(self._schema, self._rows, nulls=self._nulls, values=values)
        pairs = zip(self._profilers, values, strict=False)
        return facts, tuple(profiler.finish(digest) for profiler, digest in pairs)

    def _read(
        self, columns: Sequence[int], batches: Sequence[Batch], chosen: Sequence[Chosen]
    ) -> None:
        for at in columns:
            profiler = self._profilers[at] if self._profilers else None
            for number, batch in enumerate(batches):
                array = batch.column(at)
                self._nulls[at] += array.null_count
                self._hashes[at].update(array)
                if profiler is not None:
                    profiler.update(array, chosen[number])
