"""SciPy's convolutions are recorded: their replacements give SciPy's numbers."""

import types
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import signal

from harness.checking.layers import check_layers
from harness.checking.result import Agreement
from harness.recording.stand_ins import convolutions
from tests.network_files import write_file

NAMES = ("correlate2d", "convolve2d")


@pytest.mark.parametrize("mode", ["full", "same", "valid"])
@pytest.mark.parametrize("name", NAMES)
def test_the_numbers_are_those_of_scipy(name: str, mode: str) -> None:
    replaced = types.SimpleNamespace(**{one: getattr(signal, one) for one in NAMES})
    convolutions.install(replaced)
    rng = np.random.default_rng(0)
    for image, kernel in (((6, 7), (3, 3)), ((6, 7), (2, 4)), ((5, 5), (4, 1))):
        x, y = rng.normal(size=image), rng.normal(size=kernel)
        np.testing.assert_allclose(getattr(replaced, name)(x, y, mode), getattr(signal, name)(x, y, mode))


@pytest.mark.parametrize("options", [{"fillvalue": 2.0}, {"boundary": "wrap"}, {"boundary": "symm"}])
@pytest.mark.parametrize("name", NAMES)
def test_what_is_not_zero_around_the_image_counts_as_in_scipy(name: str, options: dict[str, Any]) -> None:
    replaced = types.SimpleNamespace(**{one: getattr(signal, one) for one in NAMES})
    convolutions.install(replaced)
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(6, 7)), rng.normal(size=(3, 3))
    given, expected = (getattr(one, name)(x, y, "same", **options) for one in (replaced, signal))
    np.testing.assert_allclose(given, expected)


LAYER = """
import numpy as np
from scipy import signal

class Convolutional:
    def __init__(self, input_shape, kernel_size, depth):
        self.depth, self.planes = depth, input_shape[0]
        self.output_shape = (depth, input_shape[1] - kernel_size + 1, input_shape[2] - kernel_size + 1)
        self.kernels = np.random.randn(depth, self.planes, kernel_size, kernel_size)
        self.biases = np.random.randn(*self.output_shape)

    def forward(self, image):
        self.image = image
        output = np.copy(self.biases)
        for i in range(self.depth):
            for j in range(self.planes):
                output[i] += signal.correlate2d(image[j], self.kernels[i, j], "valid")
        return output

    def backward(self, output_gradient, learning_rate):
        kernels_gradient = np.zeros_like(self.kernels)
        input_gradient = np.zeros_like(self.image)
        for i in range(self.depth):
            for j in range(self.planes):
                kernels_gradient[i, j] = signal.correlate2d(self.image[j], output_gradient[i], "valid")
                input_gradient[j] += signal.convolve2d(output_gradient[i], self.kernels[i, j], "full")
        self.kernels -= learning_rate * kernels_gradient
        self.biases -= learning_rate * output_gradient
        return input_gradient
"""


@pytest.mark.slow
def test_a_layer_that_uses_them_is_judged(tmp_path: Path) -> None:
    (pair,) = check_layers(write_file(tmp_path / "layer.py", LAYER))
    assert [gradient.agreement for gradient in pair.gradients] == [Agreement.AGREES] * 3


@pytest.mark.slow
def test_the_input_gradient_needs_the_turned_kernel(tmp_path: Path) -> None:
    path = write_file(tmp_path / "layer.py", LAYER.replace("signal.convolve2d(", "signal.correlate2d("))
    (pair,) = check_layers(path)
    by_name = {gradient.name: gradient.agreement for gradient in pair.gradients}
    assert by_name["return value"] is Agreement.DIFFERS
    assert by_name["update of self.kernels"] is Agreement.AGREES
