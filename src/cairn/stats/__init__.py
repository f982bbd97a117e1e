"""Numbers on arrays: metrics with their uncertainty, paired tests, bounds. Pure, numpy only.

Conventions that hold in every module:

- `alpha` is the error probability of one bound. A pair of bounds at `alpha` is therefore a
  two-sided interval of confidence `1 - 2 * alpha`.
- A *gain* is oriented: positive means that the candidate is better, whichever direction the
  metric has. Margins are in the metric's own units and not negative.
- What the rows cannot answer is `Undefined` with a reason; it is never NaN, never 0.
"""
