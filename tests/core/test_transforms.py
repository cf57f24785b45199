from __future__ import annotations

import json
import math

import cv2
import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mfgui.core.arrays import Size
from mfgui.core.errors import InputError, UsageError
from mfgui.core.transforms import Transform

SIZE = Size(600, 400)
TILTED = [[1.02, 0.03, 5.0], [-0.01, 0.97, -3.0], [2e-5, -1e-5, 1.0]]
POINTS = np.array([[0.0, 0.0], [599.0, 0.0], [599.0, 399.0], [0.0, 399.0], [123.25, 310.5]])


def transforms(*, radial: bool = True) -> st.SearchStrategy[Transform]:
    """Maps as large as those between the frames of a stack, and larger."""
    small = st.floats(-0.1, 0.1)
    matrix = st.tuples(small, small, small, small, *[st.floats(-50, 50)] * 2, small, small).map(
        lambda v: [
            [1 + v[0], v[1], v[4]],
            [v[2], 1 + v[3], v[5]],
            [v[6] / 1000, v[7] / 1000, 1.0],
        ]
    )
    terms = st.floats(-0.1, 0.3) if radial else st.just(0.0)
    return st.builds(
        lambda rows, term: Transform.from_matrix(rows, radial=term, size=SIZE), matrix, terms
    )


def test_that_places_are_mapped_as_worked_out_by_hand() -> None:
    places = [[10.0, 20.0]]
    assert Transform.identity().apply(places).tolist() == places
    assert Transform.translation(2.5, -4.0).apply(places).tolist() == [[12.5, 16.0]]
    # (1.02 * 10 + 0.03 * 20 + 5, -0.01 * 10 + 0.97 * 20 - 3) / (2e-4 - 2e-4 + 1)
    mapped = Transform.from_matrix(TILTED).apply(places)
    np.testing.assert_allclose(mapped, [[15.8, 16.3]], rtol=1e-14)


def test_that_similarities_turn_counter_clockwise_about_the_middle() -> None:
    # The middle of 5 x 3 pixels is (2, 1): a place 2 to the right of it goes 4 upwards.
    turned = Transform.similarity(Size(5, 3), scale=2.0, degrees=90.0, shift=(0.5, 0.25))
    np.testing.assert_allclose(turned.apply([[2, 1], [4, 1]]), [[2.5, 1.25], [2.5, -2.75]])
    expected = cv2.getRotationMatrix2D((299.5, 199.5), 3.0, 1.1)
    ours = Transform.similarity(SIZE, scale=1.1, degrees=3.0).matrix
    np.testing.assert_allclose(ours[:2], expected, atol=1e-12)


def test_that_the_radial_term_grows_with_the_cube_of_the_radius() -> None:
    # Half the diagonal of 24 x 7 is 12.5, the middle (11.5, 3).
    bent = Transform.from_matrix(np.eye(3), radial=0.1, size=Size(24, 7))
    np.testing.assert_allclose(
        bent.apply([[11.5, 3.0], [11.5 + 6.25, 3.0], [-0.5, -0.5]]),
        [[11.5, 3.0], [11.5 + 6.25 * 1.025, 3.0], [11.5 - 12 * 1.1, 3 - 3.5 * 1.1]],
        rtol=1e-14,
    )
    # It comes after the matrix.
    moved = Transform.from_matrix([[1, 0, 6.25], [0, 1, 0]], radial=0.1, size=Size(24, 7))
    np.testing.assert_allclose(moved.apply([[11.5, 3.0]]), [[11.5 + 6.25 * 1.025, 3.0]])


def test_that_opencv_maps_the_same_places() -> None:
    ours = Transform.from_matrix(TILTED).apply(POINTS)
    theirs = cv2.perspectiveTransform(POINTS[None], np.array(TILTED))[0]
    np.testing.assert_allclose(ours, theirs, atol=1e-9)


@given(transforms())
@settings(max_examples=60, deadline=None)
def test_that_places_come_back(transform: Transform) -> None:
    there = transform.apply(POINTS)
    np.testing.assert_allclose(transform.apply_inverse(there), POINTS, atol=1e-8)


@pytest.mark.parametrize("radial", [-0.3, -0.1, 0.05, 1.0])
def test_that_the_radial_term_is_inverted_out_to_the_corners(radial: float) -> None:
    bent = Transform.from_matrix(np.eye(3), radial=radial, size=SIZE)
    np.testing.assert_allclose(bent.apply_inverse(bent.apply(POINTS)), POINTS, atol=1e-8)


@given(transforms(radial=False), transforms())
@settings(max_examples=60, deadline=None)
def test_that_maps_follow_each_other_and_are_inverted(first: Transform, last: Transform) -> None:
    together = first.then(last)
    np.testing.assert_allclose(together.apply(POINTS), last.apply(first.apply(POINTS)), atol=1e-8)
    back = first.then(first.inverse())
    np.testing.assert_allclose(back.apply(POINTS), POINTS, atol=1e-8)


@given(transforms(), st.sampled_from([0.25, 0.5, 2.0, 3.7]))
@settings(max_examples=60, deadline=None)
def test_that_scaled_maps_join_the_same_places(transform: Transform, factor: float) -> None:
    def enlarged(places: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        return (places + 0.5) * factor - 0.5

    larger = transform.scaled(factor)
    expected = enlarged(transform.apply(POINTS))
    np.testing.assert_allclose(larger.apply(enlarged(POINTS)), expected, atol=1e-8)


def test_that_scaling_keeps_the_edges_not_the_first_pixel() -> None:
    # Twice as large about the outer corner is also about the corner in a larger picture.
    corner = Transform.from_matrix([[2, 0, 0.5], [0, 2, 0.5]])
    np.testing.assert_allclose(corner.scaled(4.0).apply([[-0.5, -0.5]]), [[-0.5, -0.5]])
    assert Transform.translation(3.0, 1.0).scaled(2.0) == Transform.translation(6.0, 2.0)


@given(transforms())
@settings(max_examples=60, deadline=None)
def test_that_json_gives_the_same_transform(transform: Transform) -> None:
    again = Transform.from_json(json.loads(json.dumps(transform.to_json())))
    assert again == transform
    assert hash(again) == hash(transform)


def test_that_the_corner_shift_is_the_largest() -> None:
    assert Transform.translation(3.0, -4.0).corner_shift(SIZE) == 5.0
    # Half the diagonal of 600 x 400 is 360.555; 2 % of it.
    zoomed = Transform.similarity(SIZE, scale=1.02)
    assert zoomed.corner_shift(SIZE) == pytest.approx(0.02 * 360.5551275, abs=1e-6)
    one_corner = Transform.similarity(SIZE, scale=1.02, shift=(6.0, 4.0))
    assert one_corner.corner_shift(SIZE) == pytest.approx(math.hypot(12, 8), abs=1e-9)


@pytest.mark.parametrize(
    ("matrix", "model"),
    [
        (np.eye(3) * -3, "identity"),
        ([[1, 0, 1e-6], [0, 1, 0]], "translation"),
        ([[0.8, 0.6, 7], [-0.6, 0.8, 0]], "similarity"),
        ([[1.1, 0, 0], [0, 1.1, 0]], "similarity"),
        ([[-1, 0, 599], [0, 1, 0]], "affine"),
        ([[1, 1e-6, 0], [0, 1, 0]], "affine"),
        ([[1, 0, 0], [0, 1, 0], [1e-9, 0, 1]], "homography"),
    ],
)
def test_that_the_model_is_the_simplest_that_holds(matrix: npt.ArrayLike, model: str) -> None:
    transform = Transform.from_matrix(matrix)
    assert transform.model == model
    assert transform.then(Transform.identity()).model == model


def test_that_rounding_does_not_change_the_model() -> None:
    turn = Transform.similarity(SIZE, scale=1.05, degrees=1.0)
    assert turn.then(turn.inverse()).model == "identity"
    assert Transform.translation(0.1, 0.3).scaled(1 / 3).model == "translation"


def test_that_the_matrix_cannot_be_written() -> None:
    matrix = Transform.from_matrix(np.array(TILTED) * 4).matrix
    np.testing.assert_array_equal(matrix, TILTED)
    with pytest.raises(ValueError, match="read-only"):
        matrix[0, 0] = 2.0


@pytest.mark.parametrize(
    ("matrix", "words"),
    [
        (np.zeros((2, 2)), "3 x 3"),
        (np.full((3, 3), np.nan), "finite"),
        (np.diag([1.0, 1.0, 0.0]), "the horizon of a transform passes"),
        ([[1, 2, 0], [2, 4, 0], [0, 0, 1]], "singular"),
        ([[1e200, 0, 0], [0, 1e200, 0], [0, 0, 1]], "singular"),
    ],
)
def test_that_matrices_without_inverse_are_refused(matrix: npt.ArrayLike, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        Transform.from_matrix(matrix)


def test_that_a_horizon_in_the_picture_is_refused() -> None:
    # 1 - x / 500 is 0 in column 500.
    tilted = Transform.from_matrix([[1, 0, 0], [0, 1, 0], [-1 / 500, 0, 1]])
    tilted.check(Size(500, 400))
    with pytest.raises(UsageError, match="horizon of a transform passes through a picture of 501"):
        tilted.check(Size(501, 400))
    with pytest.raises(UsageError, match="beyond the horizon"):
        tilted.apply([[501.0, 0.0]])
    with pytest.raises(UsageError, match="the first pixel lies beyond"):
        Transform.translation(600.0, 0.0).then(tilted)


def test_that_a_radial_term_that_turns_back_is_refused() -> None:
    # 1 - 3 * 0.4 r^2 is 0 at r = 0.913: in the corners of the picture, not of its inner part.
    bent = Transform.from_matrix(np.eye(3), radial=-0.4, size=SIZE)
    with pytest.raises(UsageError, match="turns back in a picture of 600 x 400"):
        bent.check(SIZE)
    Transform.from_matrix(np.eye(3), radial=-0.3, size=SIZE).check(SIZE)
    with pytest.raises(UsageError, match="shows nothing"):
        bent.apply_inverse([[0.0, 0.0]])


def test_that_radial_terms_are_last_and_complete() -> None:
    bent = Transform.from_matrix(np.eye(3), radial=0.1, size=SIZE)
    assert bent.then(Transform.identity()) == bent
    assert Transform.identity().then(bent) == bent
    with pytest.raises(UsageError, match="nothing can follow"):
        bent.then(Transform.translation(1.0, 0.0))
    with pytest.raises(UsageError, match="no inverse of the same kind"):
        bent.inverse()
    with pytest.raises(UsageError, match="go together"):
        Transform.from_matrix(np.eye(3), radial=0.1)
    with pytest.raises(UsageError, match="radial term 2"):
        Transform.from_matrix(np.eye(3), radial=2.0, size=SIZE)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ([1, 2], "not a JSON object"),
        ({}, "needs the entry matrix"),
        ({"matrix": [[1, 0, 0], [0, 1, 0], [0, 0, 1]], "k": 1}, "and no other"),
        ({"matrix": [[1, 0, 0], [0, 1, 0]]}, "matrix of a transform has a wrong shape"),
        ({"matrix": [[1, 0], [0, 1], [0, 0]]}, "matrix of a transform has a wrong shape"),
        ({"matrix": [["1", 0, 0], [0, 1, 0], [0, 0, 1]]}, "other than numbers"),
        ({"matrix": [[True, 0, 0], [0, 1, 0], [0, 0, 1]]}, "other than numbers"),
        ({"matrix": [[10**400, 0, 0], [0, 1, 0], [0, 0, 1]]}, "too large"),
        ({"matrix": [[float("nan"), 0, 0], [0, 1, 0], [0, 0, 1]]}, "finite"),
        ({"matrix": [[2, 0, 0], [0, 2, 0], [0, 0, 2]]}, "must be 1"),
        ({"matrix": [[1, 0, 0], [0, 1, 0], [0, 0, 1]], "radial": 0.1}, "go together"),
        ({"matrix": [[1, 0, 0], [0, 1, 0], [0, 0, 1]], "radial": None}, "other than numbers"),
    ],
)
def test_that_other_json_is_one_line(data: object, words: str) -> None:
    with pytest.raises(InputError, match=words) as caught:
        Transform.from_json(data)
    assert "\n" not in str(caught.value)
