"""The candidate and the live version on rows of numbers: how far off they are, and where."""

from collections.abc import Sequence

from cairn.gates.page.model import Model
from cairn.gates.page.parts import figure, numbers, plain
from cairn.plots import interval
from cairn.plots.interval import Interval
from cairn.stats.residuals import bands


def pictures(models: Sequence[Model]) -> str:
    """Draw the residuals of each model, from rows with small labels to those with large."""
    drawn = "".join(map(_bands, models))
    return f'<div class="pictures">{drawn}</div>\n'


def _bands(model: Model) -> str:
    found = bands(model.rows)
    rows = [
        Interval(f"label {one.low:.4g} to {one.high:.4g}", one.middle, *one.most, model.colour)
        for one in found
    ]
    title = f"{model.name}: predicted less label"
    picture = interval.draw(rows, None, title=title, zero=0.0)
    data = [
        {
            "rows": one.rows,
            "from": one.low,
            "to": one.high,
            "median": one.middle,
            "most": list(one.most),
        }
        for one in found
    ]
    caption = f"{plain(title)}; median, and where 80% of the rows lie"
    return figure(picture, caption, beside=numbers(data))
