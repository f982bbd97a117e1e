"""Erasures: where a row, a file or a secret lies, and away with it."""

from collections.abc import Collection
from typing import TYPE_CHECKING

from cairn.core.digest import Digest
from cairn.core.erasure import ListErasable
from cairn.project import Project

if TYPE_CHECKING:
    from cairn.data.leak import Leaks
    from cairn.data.person.place import Erasing
    from cairn.data.row_holders import Search


class WithErasures(Project):
    """What is found by its content, and erased on purpose."""

    def find_row(self, row: str) -> "Search":
        """Find the snapshots and versions that hold `COLUMN=VALUE`."""
        from cairn.data.row_holders import find_row

        return find_row(self, row)

    def find_file(self, digest: Digest) -> "Search":
        """Find the snapshots and versions that hold a file."""
        from cairn.data.row_holders import find_file

        return find_file(self, digest)

    def find_person(
        self, row: str, *, whole: bool = False, also: Collection[str] = ()
    ) -> "Erasing":
        """Find a person's rows, and what would become of them; changes nothing."""
        from cairn.data.person.find import find_person

        return find_person(self, row, whole=whole, also=also)

    def erase_person(
        self, row: str, *, reason: str, whole: bool = False, also: Collection[str] = ()
    ) -> "Erasing":
        """Erase a person's rows; `whole` and `also` take what cannot be rewritten whole."""
        from cairn.data.person.erase import erase_person

        return erase_person(self, row, reason=reason, whole=whole, also=also)

    def find_leaks(self, value: str) -> "Leaks":
        """Find the objects, ledger entries and files in which a leaked value lies."""
        from cairn.data.leak import find_leaks

        return find_leaks(self, value)

    def forget_secret(self, objects: tuple[Digest, ...], *, reason: str) -> tuple[Digest, ...]:
        """Erase those of the objects without which the ledger can be read; returns them."""
        from cairn.data.erasure import erase

        erasable = self.engine.send(ListErasable(objects=objects, cause="secret"))
        erase(self, erasable, cause="secret", reason=reason)
        return erasable
