"""What becomes of each pack is decided from what is needed and how old things are."""

from cairn.objects.upkeep.sweep import (
    DAY,
    HOUR,
    SMALL_BYTES,
    SMALL_PACKS,
    Ages,
    Fate,
    Lying,
    decide,
)

NOW = 100 * DAY
AGES = Ages()
BIG = 8 << 20


def pack(
    name: str, blobs: dict[bytes, int], *, written: float = 0.0, tomb: float | None = None
) -> Lying:
    return Lying(f"packs/{name}", max(BIG, sum(blobs.values())), written, tomb, blobs)


def fates(
    *lying: Lying, needed: bytes = b"", oldest_lease: float | None = None
) -> dict[str, Fate]:
    wanted = {bytes([byte]) for byte in needed}
    decided = decide(lying, wanted, now=NOW, oldest_lease=oldest_lease, ages=AGES)
    return {fate.key.removeprefix("packs/"): fate for fate in decided}


def test_a_pack_that_is_needed_stays():
    found = fates(pack("a", {b"x": 90, b"y": 10}), needed=b"x")

    assert found["a"].act == "keep"
    assert found["a"].why == "1 of 2 blobs are needed"


def test_a_pack_that_nobody_needs_is_buried_first():
    found = fates(pack("a", {b"x": 1}))

    assert (found["a"].act, found["a"].why) == ("bury", "nobody needs it")


def test_a_young_pack_stays_whatever_is_needed_of_it():
    found = fates(pack("a", {b"x": 1}, written=NOW - AGES.grace + 60))

    assert found["a"].act == "keep"
    assert "its writer may not be done" in found["a"].why


def test_a_buried_pack_waits_a_week_and_then_goes():
    fresh = pack("fresh", {b"x": 1}, tomb=NOW - AGES.buried + 60)
    old = pack("old", {b"x": 1}, tomb=NOW - AGES.buried)

    found = fates(fresh, old)

    assert {name: fate.act for name, fate in found.items()} == {
        "fresh": "wait",
        "old": "remove",
    }


def test_a_removal_waits_for_writers_who_looked_before_the_tomb():
    buried = pack("a", {b"x": 1}, tomb=NOW - 9 * DAY)

    before = fates(buried, oldest_lease=NOW - 10 * DAY)
    after = fates(buried, oldest_lease=NOW - 8 * DAY)

    assert (before["a"].act, after["a"].act) == ("wait", "remove")


def test_a_buried_pack_that_is_needed_again_comes_back():
    found = fates(pack("a", {b"x": 1}, tomb=NOW - 9 * DAY), needed=b"x")

    assert found["a"].act == "revive"
    assert found["a"].live == (b"x",)


def test_a_buried_pack_may_go_if_another_without_a_tomb_has_what_is_needed():
    found = fates(
        pack("old", {b"x": 1}, tomb=NOW - 9 * DAY), pack("new", {b"x": 1}), needed=b"x"
    )

    assert (found["old"].act, found["new"].act) == ("remove", "keep")


def test_of_two_packs_with_the_same_bytes_one_stays():
    found = fates(pack("a", {b"x": 5}), pack("b", {b"x": 5}), needed=b"x")

    assert sorted(fate.act for fate in found.values()) == ["bury", "keep"]
    assert sum(len(fate.live) for fate in found.values()) == 1


def test_two_buried_packs_with_what_is_needed_both_come_back():
    tomb = NOW - 9 * DAY

    found = fates(
        pack("a", {b"x": 5}, tomb=tomb), pack("b", {b"x": 5}, tomb=tomb), needed=b"x"
    )

    assert {fate.act for fate in found.values()} == {"revive"}


def test_a_pack_of_which_much_is_dead_is_written_anew():
    found = fates(
        pack("a", {b"x": 69, b"y": 31}), pack("b", {b"z": 70, b"w": 30}), needed=b"xz"
    )

    assert (found["a"].act, found["a"].why) == ("repack", "31% of it is needed by nobody")
    assert found["b"].act == "keep"


def test_many_small_packs_are_gathered_and_few_are_left_alone():
    small = [
        Lying(f"packs/{number}", SMALL_BYTES - 1, 0, None, {bytes([number]): 10})
        for number in range(SMALL_PACKS)
    ]
    everything = bytes(range(SMALL_PACKS))

    many, few = fates(*small, needed=everything), fates(*small[1:], needed=everything)

    assert {fate.act for fate in many.values()} == {"repack"}
    assert {fate.act for fate in few.values()} == {"keep"}


def test_objects_of_their_own_are_never_gathered():
    loose = [
        Lying(f"sha256/{number}", 10, 0, None, {bytes([number]): 10})
        for number in range(2 * SMALL_PACKS)
    ]

    found = fates(*loose, needed=bytes(range(2 * SMALL_PACKS)))

    assert {fate.act for fate in found.values()} == {"keep"}


def test_an_age_is_told_in_words_that_fit_it():
    young = fates(pack("a", {b"x": 1}, written=NOW - HOUR))

    assert young["a"].why == "written 60 min ago: its writer may not be done"
