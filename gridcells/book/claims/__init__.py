"""What the papers claim, what was measured, and the one rule that compares them.

``figures/claims.toml`` lists the claims: each number once with every paper that claims it, where it stands there, how
sure we are of it, and how near is near enough and why. What no paper claims, the project's checks on itself, stands
apart. A chapter calls `record` with what it measured: the numbers go to ``figures/measured/<id>.json``, one entry a
preset, and the verdict follows from them by `gridcells.book.claims.assess`, never from a hand: *reproduced*, *not
reproduced*, *undecided* where the interval over seeds straddles the bound, *cannot be told* where the quantity is not
identifiable, *untested* where it was not measured.

A claim that names a ``preset`` is judged on that one, whatever else is recorded beside it. One that names none is
judged on all that is recorded, and undecided where these differ.
"""

from gridcells.book.claims.listing import Claim, Range, Source
from gridcells.book.claims.matrix import NETWORKS, claim_matrix, scorecard, strength
from gridcells.book.claims.measured import Verdict, measured_verdicts, record
from gridcells.book.claims.reading import load_checks, load_claims
from gridcells.book.claims.rule import OUTCOMES, Assessment, assess, seed_interval
from gridcells.book.claims.tables import check_table, preset_table, status_table, tally, verdict_table

__all__ = [
    "NETWORKS",
    "OUTCOMES",
    "Assessment",
    "Claim",
    "Range",
    "Source",
    "Verdict",
    "assess",
    "check_table",
    "claim_matrix",
    "load_checks",
    "load_claims",
    "measured_verdicts",
    "preset_table",
    "record",
    "scorecard",
    "seed_interval",
    "status_table",
    "strength",
    "tally",
    "verdict_table",
]
