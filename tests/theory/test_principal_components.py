"""Principal components with and without the constraint that no weight is negative."""

import numpy as np
import pytest

from gridcells.theory.principal_components import nonnegative_pca


@pytest.fixture(scope="module")
def activity():
    return (
        np.random.default_rng(0).normal(size=(400, 6))
        * [3.0, 2.5, 2.0, 1.5, 1.0, 0.5]
        @ (np.linalg.qr(np.random.default_rng(1).normal(size=(6, 6)))[0])
    )


def test_unconstrained_components_are_those_of_the_singular_values(activity):
    found = nonnegative_pca(activity, 3, nonnegative=False, generator=0)
    centred = activity - activity.mean(0)
    vectors = np.linalg.svd(centred, full_matrices=False)[2][:3]
    np.testing.assert_allclose(np.abs(np.sum(found.weights * vectors, 1)), 1, atol=1e-6)
    np.testing.assert_allclose(found.output, found.weights @ centred.T)


def test_no_weight_is_negative_and_no_start_does_better(activity):
    found = nonnegative_pca(activity, 12, hierarchy=False, generator=0)
    assert (found.weights >= 0).all() and found.change.max() < 1e-6
    covariance = np.cov(activity.T)
    variance = np.einsum("ij,jk,ik->i", found.weights, covariance, found.weights)
    tries = np.abs(np.random.default_rng(2).normal(size=(20_000, 6)))
    tries /= np.linalg.norm(tries, axis=1, keepdims=True)
    assert np.einsum("ij,jk,ik->i", tries, covariance, tries).max() <= variance.max() * (1 + 1e-9)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"activity": np.ones((5, 3))}, "activity: expected cells that vary"),
        ({"activity": np.ones(5)}, r"activity: expected finite numbers of shape \[sample, cell\]"),
        ({"rate": 2.0}, "rate: expected a number up to 1, got 2.0"),
        ({"count": 0}, "count: expected"),
    ],
)
def test_bad_input(activity, options, message):
    with pytest.raises(ValueError, match=message):
        nonnegative_pca(**{"activity": activity, "generator": 0, **options})
