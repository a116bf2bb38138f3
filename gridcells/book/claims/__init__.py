"""What the papers claim, what was measured, and the one rule that compares them.

``figures/claims.toml`` lists the claims. A chapter calls `record` with what it measured: the numbers go to
``figures/measured/<id>.json``, one entry a preset, and the verdict follows from them, never from a hand:

- *reproduced*: the median over seeds lies within the target (``value`` ± tolerance, ``at_least``, ``at_most``) and,
  where the claim says ``exceeds_null``, above the median of the null;
- *in part*: not that, but the median lies within the target or within the wider bound ``in_part``, or at least one seed
  lies within the target;
- *not reproduced*: otherwise;
- *not measured yet*: nothing is recorded.

A claim that names a ``preset`` is judged on that one, whatever else is recorded beside it. One that names none is
judged on all that is recorded: reproduced if each is, not reproduced if none is even in part, else in part. The status
of a figure follows from its measured claims in the same way.
"""

from gridcells.book.claims.listing import Claim, Range, load_claims
from gridcells.book.claims.measured import Verdict, measured_verdicts, record, status_table, verdict_table

__all__ = [
    "Claim",
    "Range",
    "Verdict",
    "load_claims",
    "measured_verdicts",
    "record",
    "status_table",
    "verdict_table",
]
