"""Questions about tables, as they are typed and answered."""

import pickle

from desk import Desk


def test_what_was_not_searched_is_said_and_the_exit_code_is_7(desk: Desk) -> None:
    desk.write("a.csv", "customer,v\nc1-77,1\n")
    (desk.folder / "b.pkl").write_bytes(pickle.dumps({"customer": "c1-77"}))
    desk("snapshot", "add", "a.csv", "--name", "a")
    everywhere = desk("why", "--row", "customer=nobody-9")
    desk("snapshot", "add", "b.pkl", "--name", "b")

    found = desk("why", "--row", "customer=c1-77", expect=7)
    none = desk("why", "--row", "customer=nobody-9", expect=7)
    column = desk("why", "--row", "custmer=c1-77", expect=7)

    assert "customer = nobody-9: in none of" in everywhere
    assert "customer = c1-77: in 1 of" in found
    assert "snap:b: b.pkl is a pickle, which is not opened" in found
    assert "snapshots that could be searched whole" in none
    assert "no file that was searched has such a column" in column
