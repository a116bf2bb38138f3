"""The code to predict."""

import numpy as np
import pytest
import torch

from gridcells.world.arenas import Circle, Rectangle
from gridcells.world.ensembles import cross_entropy
from gridcells.world.head_direction_cells import HeadDirectionCells
from gridcells.world.place_cells import TUNINGS, PlaceCells, uniform_centers
from gridcells.world.polygons import Polygon

CENTERS = uniform_centers(512, Rectangle(), np.random.default_rng(0))
POSITION = Rectangle().sample(300, np.random.default_rng(1))


@pytest.mark.parametrize("tuning", TUNINGS)
def test_targets_are_distributions_that_peak_near_the_animal(tuning):
    cells = PlaceCells(CENTERS, 0.12, tuning=tuning)
    targets = cells.targets(POSITION)
    assert (targets >= 0).all()
    np.testing.assert_allclose(targets.sum(-1), 1, atol=1e-12)
    if not tuning.endswith("unit_amplitude"):  # whose activity vanishes at the centre of the field
        assert np.linalg.norm(cells.decode(targets) - POSITION, axis=-1).mean() < 0.06


def test_normalised_difference_of_gaussians_is_the_difference_of_softmaxes():
    """The reply to Schaeffer et al. 2022: with 1/sigma^2 the two agree up to the uneven spacing of centres."""
    grid = np.stack(np.meshgrid(*[np.linspace(-1.1, 1.1, 45)] * 2, indexing="ij"), -1).reshape(-1, 2)
    position = POSITION[np.abs(POSITION).max(-1) < 0.5]
    softmaxes = PlaceCells(grid, 0.12, surround_ratio=4.0).targets(position)
    gaussians, unit_amplitude = (
        PlaceCells(grid, 0.12, surround_ratio=4.0, tuning=tuning).targets(position)
        for tuning in ("difference_of_gaussians", "difference_of_gaussians_unit_amplitude")
    )
    assert np.abs(gaussians - softmaxes).max() < 0.01 * softmaxes.max()
    assert np.abs(unit_amplitude - softmaxes).max() > 0.5 * softmaxes.max()


def test_difference_of_gaussians_values():
    at = np.array([[0.0, 0.0], [0.3, 0.0]])
    unit = PlaceCells([[0.0, 0.0]], 0.1, tuning="difference_of_gaussians_unit_amplitude", surround_ratio=4.0)
    np.testing.assert_allclose(unit.activity(at)[:, 0], [0, np.exp(-4.5) - np.exp(-1.125)])
    scaled = PlaceCells([[0.0, 0.0]], 0.1, tuning="difference_of_gaussians", surround_ratio=4.0)
    np.testing.assert_allclose(scaled.activity(at)[:, 0], [1, (np.exp(-4.5) - np.exp(-1.125) / 4) / 0.75])


def test_behind_a_wall_a_field_is_as_far_as_the_way_around_it():
    room = Polygon("-1:-1,1:-1,1:1,-1:1", "-0.05:-0.9,0.05:-0.9,0.05:0.9,-0.05:0.9")
    centers = [[0.1, 0.0], [-0.1, 0.0], [-0.1, 0.97]]
    here = np.array([0.1, 0.0])
    straight, around = (
        PlaceCells(centers, 0.2, tuning="gaussian", arena=room, distance=one) for one in ("straight", "geodesic")
    )
    assert straight.log_density(here)[1] == pytest.approx(-0.5)  # 20 cm, through the wall
    way = 2 * np.hypot(0.05, 0.9) + 0.1
    assert around.log_density(here)[1] == pytest.approx(-0.5 * (way / 0.2) ** 2, rel=1e-5)
    assert around.targets(here)[1] < 1e-3 < straight.targets(here)[1]
    position = torch.tensor([[0.4, 0.2], [-0.5, 0.3]], requires_grad=True)
    around.targets(position).square().sum().backward()
    assert position.grad is not None and position.grad.isfinite().all() and position.grad.abs().max() > 0


@pytest.mark.parametrize("arena", [Rectangle(2.0, 1.0), Circle(0.8), Polygon([[-1, -1], [1, -1], [0, 1]])])
def test_in_a_convex_room_ways_are_straight(arena):
    centers, position = uniform_centers(30, arena, 0), arena.sample(20, 1)
    straight, around = (PlaceCells(centers, 0.2, arena=arena, distance=one) for one in ("straight", "geodesic"))
    np.testing.assert_allclose(around.targets(position), straight.targets(position), atol=1e-12)


def test_periodic_tuning_is_the_same_on_both_sides_of_the_edge():
    cells = PlaceCells([[1.0, 0.0], [-0.2, 0.0]], 0.2, tuning="gaussian", arena=Rectangle(periodic=True))
    near, across = cells.log_density(np.array([[0.9, 0.0], [-1.1, 0.0]]))[:, 0]
    assert near == pytest.approx(across)


def test_periodic_decoding_goes_over_the_edge():
    cells = PlaceCells([[1.05, 0.0], [-1.05, 0.0], [1.0, 0.1]], 0.2, arena=Rectangle(periodic=True))
    activity = np.array([[0.5, 0.3, 0.2]])
    np.testing.assert_allclose(cells.decode(activity), [[1.1 - 0.1 / 3, 0.1 / 3]], atol=1e-12)
    np.testing.assert_allclose(cells.decode(activity, over_edge=False), [[1.0 / 3, 0.1 / 3]], atol=1e-12)


def test_sampled_targets_follow_the_posterior():
    cells = HeadDirectionCells(np.linspace(-np.pi, np.pi, 12, endpoint=False), concentration=2.0)
    heading = np.full(20_000, 0.3)
    drawn = cells.targets(heading, "sampled", generator=torch.Generator().manual_seed(0))
    assert set(np.unique(drawn)) == {0.0, 1.0}
    np.testing.assert_allclose(drawn.mean(0), cells.activity(heading[:1])[0], atol=0.015)
    again = cells.targets(heading, "sampled", generator=torch.Generator().manual_seed(0))
    np.testing.assert_array_equal(drawn, again)


def test_heading_is_decoded():
    cells = HeadDirectionCells(np.linspace(-np.pi, np.pi, 12, endpoint=False), concentration=20.0)
    heading = np.linspace(-3, 3, 50)
    np.testing.assert_allclose(cells.decode(cells.activity(heading)), heading, atol=0.05)


def test_gradients_pass_through_the_place_code():
    position = torch.tensor(POSITION, requires_grad=True)
    cells = PlaceCells(CENTERS, 0.12)
    cells.activity(position).square().sum().backward()
    shift = torch.tensor([[1e-6, 0.0]], dtype=torch.float64)
    with torch.no_grad():
        slope = (
            cells.activity(position + shift).square().sum(-1) - cells.activity(position - shift).square().sum(-1)
        ) / 2e-6
    torch.testing.assert_close(position.grad[:, 0], slope, rtol=1e-4, atol=1e-4)


def test_cross_entropy_of_the_targets_themselves_is_their_entropy():
    targets = torch.tensor(PlaceCells(CENTERS, 0.12, tuning="gaussian").targets(POSITION))
    entropy = -(targets * targets.clamp_min(1e-300).log()).sum(-1)
    torch.testing.assert_close(cross_entropy(targets.clamp_min(1e-300).log(), targets), entropy)


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: PlaceCells(CENTERS, 0), ValueError, "width: expected a number above 0 m, got 0"),
        (lambda: PlaceCells(CENTERS, -0.1), ValueError, "width: expected a number above 0 m, got -0.1"),
        (lambda: PlaceCells(CENTERS * 2, 0.1), ValueError, r"centers: expected all inside Rectangle.*of 512 outside"),
        (lambda: PlaceCells(CENTERS, 0.1, arena=Circle(0.5)), ValueError, "centers: expected all inside Circle"),
        (lambda: PlaceCells(CENTERS[0], 0.1), ValueError, r"centers: expected shape \[cell, 2\].*got \(2,\)"),
        (lambda: PlaceCells(["a"], 0.1), TypeError, "centers: expected real numbers"),
        (lambda: PlaceCells(CENTERS, 0.1, distance="geodesik"), ValueError, "did you mean 'geodesic'"),
        (
            lambda: PlaceCells(CENTERS, 0.1, arena=Rectangle(periodic=True), distance="geodesic"),
            ValueError,
            "distance: expected 'straight' in a periodic arena",
        ),
        (lambda: PlaceCells(CENTERS, 0.1, tuning="gausian"), ValueError, "did you mean 'gaussian'"),
        (
            lambda: PlaceCells(CENTERS, 0.1, surround_ratio=1.0),
            ValueError,
            "surround_ratio: expected a ratio .* above 1",
        ),
        (
            lambda: PlaceCells(CENTERS, 0.1).activity(np.zeros((5, 3))),
            ValueError,
            r"position: expected shape \[..., 2\]",
        ),
        (lambda: PlaceCells(CENTERS, 0.1).activity([[0.0, np.nan]]), ValueError, "position: expected finite metres"),
        (lambda: PlaceCells(CENTERS, 0.1).activity([[0j, 1]]), TypeError, "position: expected real numbers"),
        (
            lambda: PlaceCells(CENTERS, 0.1).decode(np.zeros((3, 5))),
            ValueError,
            r"activity: expected shape \[..., 512\]",
        ),
        (
            lambda: PlaceCells(CENTERS[:2], 0.1).decode(np.zeros(2)),
            ValueError,
            "k: expected from 1 to the 2 cells, got 3",
        ),
        (lambda: PlaceCells(CENTERS, 0.1).targets(POSITION, "soft"), ValueError, "kind: expected one of 'softmax'"),
        (lambda: PlaceCells(CENTERS, 0.1).targets(POSITION, "sampled"), ValueError, "generator: expected a torch.Gen"),
        (lambda: HeadDirectionCells([0.0, np.inf], 20.0), ValueError, "preferred: expected finite radians"),
        (lambda: HeadDirectionCells([0.0], 0.0), ValueError, "concentration: expected a number above 0"),
        (lambda: HeadDirectionCells([0.0], 1.0).activity([np.nan]), ValueError, "heading: expected finite radians"),
        (lambda: cross_entropy(torch.zeros(2, 3), torch.zeros(3)), ValueError, "targets: expected the shape of logits"),
    ],
)
def test_bad_input(make, error, message):
    with pytest.raises(error, match=message):
        make()
