"""Range and capacity of several modules."""

from itertools import product

import numpy as np
import pytest

from gridcells.theory import capacity, code_rank, coding_range, module_code, realised_share, separable

SEVERAL = [[2, 3], [3, 4, 5], [4, 6], [2, 4, 8], [7], [6, 10, 15], [9, 9]]


@pytest.mark.parametrize("periods", SEVERAL)
def test_codes_differ_until_the_range_is_over(periods):
    over = coding_range(periods)
    code = module_code(periods, over + 1)
    assert (code.sum(axis=1) == len(periods)).all() and code.shape == (over + 1, sum(periods))
    assert len(np.unique(code, axis=0)) == over and (code[0] == code[over]).all()


@pytest.mark.parametrize("periods", SEVERAL)
def test_the_rank_is_counted_and_the_capacity_is_the_rank(periods):
    code = module_code(periods, coding_range(periods))
    rank = np.linalg.matrix_rank(code)
    assert code_rank(periods) == rank == capacity(code)


def test_of_coprime_periods_it_is_nearly_their_sum():
    periods = [31, 43, 59, 83]
    assert code_rank(periods) == sum(periods) - 3 == capacity(module_code(periods, 300))
    assert coding_range(periods) == 31 * 43 * 59 * 83


@pytest.mark.parametrize("periods", [[2, 3], [3, 4], [2, 4]])
def test_within_the_capacity_every_arrangement_can_be_had_and_one_place_on_not(periods):
    rank = code_rank(periods)
    for places, wanted in ((rank, True), (rank + 1, False)):
        if places <= coding_range(periods):
            code = module_code(periods, places)
            assert all(separable(code, fields) for fields in product([False, True], repeat=places)) == wanted


def test_the_share_falls_beyond_the_capacity():
    shares = [realised_share([3, 5, 7], places, arrangements=40, generator=0) for places in (13, 26, 52)]
    assert shares[0] == 1 and 1 > shares[1] > shares[2]


def test_bad_input():
    with pytest.raises(ValueError, match="periods: expected"):
        module_code([0, 3], 4)
    with pytest.raises(ValueError, match="places: expected"):
        module_code([2, 3], 0)
    with pytest.raises(ValueError, match=r"fields: expected shape \(4,\) .* got \(3,\)"):
        separable(module_code([2, 3], 4), [True, False, True])
    with pytest.raises(ValueError, match=r"code: expected shape \[place, cell\], got \(4,\)"):
        capacity(np.ones(4))
