"""Scale clusters and discreteness: known mixtures found, even spacings not taken for clusters, units of length."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from gridcells.scores.scales import cluster_scales, discreteness


def three_scales(units=129, sd=0.03, seed=0):
    """Draw spacings about three means, each 1.5 times the one before."""
    generator = np.random.default_rng(seed)
    return generator.permutation(np.concatenate([generator.normal(m, sd, units // 3) for m in (0.47, 0.705, 1.0575)]))


def test_three_scales_are_found():
    spacings = three_scales()
    clusters = cluster_scales(spacings, generator=0)
    assert clusters.count == 3
    np.testing.assert_allclose(clusters.mean, [0.47, 0.705, 1.0575], rtol=0.03)
    np.testing.assert_allclose(clusters.ratio, 1.5, rtol=0.04)
    np.testing.assert_allclose(clusters.sd, 0.03, rtol=0.3)
    np.testing.assert_allclose(clusters.weight, 1 / 3, atol=0.02)
    np.testing.assert_array_equal(clusters.components, np.arange(1, 9))
    assert clusters.components[clusters.bic.argmin()] == 3
    np.testing.assert_array_equal(clusters.label, np.digitize(spacings, [0.58, 0.88]))


def test_bic_of_one_gaussian_is_the_formula():
    spacings = three_scales(30)
    clusters = cluster_scales(spacings, components=[1], generator=0)
    assert clusters.ratio.shape == (0,)
    assert clusters.mean[0] == pytest.approx(spacings.mean())
    likelihood = stats.norm(spacings.mean(), clusters.sd[0]).logpdf(spacings).sum()
    assert clusters.bic[0] == pytest.approx(2 * np.log(30) - 2 * likelihood)
    assert clusters.sd[0] == pytest.approx(spacings.std(), rel=1e-3)


def test_one_hump_is_one_cluster_even_where_spacings_repeat():
    spacings = np.round(np.random.default_rng(1).normal(0.6, 0.05, 129), 2)
    assert cluster_scales(spacings, generator=0).count == 1


@settings(max_examples=4, deadline=None)
@given(unit=st.sampled_from([1e-3, 1.0, 100.0]), seed=st.integers(0, 99))
def test_unit_of_length_and_order_do_not_matter(unit, seed):
    spacings = three_scales(60, seed=seed)
    order = np.random.default_rng(seed).permutation(60)
    here = cluster_scales(spacings, components=(1, 2, 3), generator=0)
    there = cluster_scales(unit * spacings[order], components=(3, 1, 2), generator=0)
    np.testing.assert_allclose(there.mean, unit * here.mean, rtol=1e-3)
    np.testing.assert_allclose(there.sd, unit * here.sd, rtol=0.02)
    np.testing.assert_array_equal(there.label, here.label[order])
    np.testing.assert_allclose(there.bic, here.bic + 2 * 60 * np.log(unit), atol=0.2)


def test_units_without_a_spacing_have_no_cluster():
    spacings = three_scales()
    holed = np.insert(spacings, [0, 7], np.nan)
    here, there = cluster_scales(spacings, generator=0), cluster_scales(torch.tensor(holed), generator=0)
    np.testing.assert_array_equal(there.mean, here.mean)
    np.testing.assert_array_equal(there.label, np.insert(here.label, [0, 7], -1))


# Discreteness


def test_clusters_are_discrete_as_published():
    result = discreteness(three_scales(), generator=0)
    assert result.value == np.std(np.histogram(three_scales(), 13)[0])
    assert result.p_value == 1 / 501
    assert result.null.shape == (500,)
    assert result.counts.sum() == 129
    assert result.edges[[0, -1]] == pytest.approx([three_scales().min(), three_scales().max()])


def test_even_spacings_have_every_p_value_alike():
    generator = np.random.default_rng(0)
    p = [discreteness(generator.uniform(0.3, 1.1, 129), shuffles=99, generator=generator).p_value for _ in range(300)]
    assert stats.kstest(p, "uniform").pvalue > 0.01
    assert np.mean(np.array(p) <= 0.05) < 0.09


def test_null_has_the_spread_of_multinomial_counts():
    """The mean variance of counts in k even bins of n draws is n (k - 1) / k²."""
    null = discreteness(np.linspace(0.3, 1.0, 130), shuffles=4000, generator=0).null
    assert np.mean(null**2) == pytest.approx(130 * 12 / 13**2, rel=0.03)


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 2**16), unit=st.sampled_from([0.25, 4.0]))
def test_discreteness_knows_neither_unit_nor_order(seed, unit):
    spacings = three_scales(60, seed=seed)
    here = discreteness(spacings, shuffles=20, generator=seed)
    moved = np.append(unit * np.random.default_rng(seed).permutation(spacings), np.nan)
    there = discreteness(torch.tensor(moved), shuffles=20, generator=np.random.default_rng(seed))
    assert (there.value, there.p_value) == (here.value, here.p_value)
    np.testing.assert_array_equal(there.null, here.null)


def test_evenest_counts_have_the_largest_p_value():
    assert discreteness(np.repeat(np.linspace(0.4, 1.0, 13), 10), generator=0).p_value == 1


@pytest.mark.parametrize("function", [cluster_scales, discreteness])
def test_bad_spacings(function):
    with pytest.raises(ValueError, match=r"spacings: expected shape \[unit\], got \(3, 3\)"):
        function(np.ones((3, 3)), generator=0)
    with pytest.raises(ValueError, match="spacings: expected finite lengths above 0 m, got -0.4"):
        function([0.5, -0.4], generator=0)
    with pytest.raises(ValueError, match="spacings: expected finite lengths above 0 m, got inf"):
        function([0.5, np.inf], generator=0)
    with pytest.raises(TypeError, match="spacings: expected real numbers"):
        function([0.5, 1j], generator=0)
    with pytest.raises(TypeError, match="generator: expected a numpy.random.Generator or a seed, got NoneType"):
        function(three_scales(), generator=None)


def test_bad_input():
    with pytest.raises(ValueError, match="spacings: expected at least 8 that are not NaN, got 7"):
        cluster_scales([0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, np.nan], generator=0)
    with pytest.raises(ValueError, match="spacings: expected some that differ, got 9 of 0.5 m"):
        cluster_scales(np.full(9, 0.5), generator=0)
    with pytest.raises(ValueError, match="components: expected at least one number of Gaussians, got none"):
        cluster_scales(three_scales(), components=[], generator=0)
    with pytest.raises(ValueError, match="components: expected a whole number of at least 1, got 0"):
        cluster_scales(three_scales(), components=range(4), generator=0)
    with pytest.raises(ValueError, match="spacings: expected at least two that differ, got 2 that are not NaN"):
        discreteness([0.5, 0.5, np.nan], generator=0)
    with pytest.raises(ValueError, match="spacings: expected at least two that differ, got 0 that are not NaN"):
        discreteness([np.nan], generator=0)
    with pytest.raises(ValueError, match="bins: expected a whole number of at least 2, got 1"):
        discreteness(three_scales(), bins=1, generator=0)
    with pytest.raises(ValueError, match="shuffles: expected a whole number of at least 1, got 0"):
        discreteness(three_scales(), shuffles=0, generator=0)
