"""A registry of labels in a hundred lines: what the real one is compared with."""

from dataclasses import dataclass, field


@dataclass
class Label:
    """Promotions still standing, the live one last, and versions rolled back from."""

    stack: list[int] = field(default_factory=list[int])
    left: set[int] = field(default_factory=set[int])
    moves: list[int] = field(default_factory=list[int])


@dataclass
class World:
    """Numbers of registered versions, labels, marks."""

    weights: list[str] = field(default_factory=list[str])
    labels: dict[str, Label] = field(default_factory=dict[str, Label])
    bad: set[int] = field(default_factory=set[int])
    deleted: set[int] = field(default_factory=set[int])
    archived: set[int] = field(default_factory=set[int])

    def register(self, weights: str) -> int | None:
        """Return the number, or None if this bundle was deleted."""
        if weights not in self.weights:
            self.weights.append(weights)
        number = self.weights.index(weights) + 1
        return None if number in self.deleted else number

    def live(self, label: str) -> int | None:
        """Return what a label holds."""
        moves = self.label(label).moves
        came_back = label == "archived" and bool(moves) and moves[-1] not in self.archived
        return moves[-1] if moves and not came_back else None

    def promote(self, number: int, label: str) -> bool:
        """Move a label without a gate; False if that must be refused."""
        comes_back = label == "dev" and number in self.archived
        if number in self.deleted or (self.live(label) == number and not comes_back):
            return False
        if label not in ("archived", "dev") and number in self.archived | self.bad:
            return False
        if label == "archived" and self.holds(number) - {"dev", "archived"}:
            return False
        held = self.label(label)
        held.stack.append(number)
        held.left.discard(number)
        held.moves.append(number)
        if label == "archived":
            self.archived.add(number)
        if label == "dev":
            self.archived.discard(number)
        return True

    def rollback(self, label: str) -> int | None:
        """Move a label back; None if there is nothing to go back to."""
        if label == "archived":
            return None
        held = self.label(label)
        for depth in range(len(held.stack) - 2, -1, -1):
            target = held.stack[depth]
            gone = self.bad | self.archived | self.deleted | held.left | {held.stack[-1]}
            if target not in gone:
                held.left.add(held.stack[-1])
                del held.stack[depth + 1 :]
                held.moves.append(target)
                return target
        return None

    def delete(self, number: int) -> bool:
        """Delete a version; False if a label holds it or may roll back to it."""
        if number in self.deleted or self.holds(number):
            return False
        for name, label in self.labels.items():
            if name == "archived":
                continue
            standing = set(label.stack[:-1]) - label.left - self.bad
            if number in standing - set(label.stack[-1:]):
                return False
        self.deleted.add(number)
        return True

    def holds(self, number: int) -> set[str]:
        """Return the labels that a version holds."""
        return {name for name in self.labels if self.live(name) == number}

    def label(self, name: str) -> Label:
        """Return a label, made when it is first named."""
        return self.labels.setdefault(name, Label())
