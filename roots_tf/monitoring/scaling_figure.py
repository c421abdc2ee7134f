"""Draws the scaling law through the runs it was fitted to, and the run it predicts.

Article: §8.1 (模型规模与性能提升).
"""

from collections.abc import Callable, Sequence

import numpy as np

from roots_tf.monitoring.figures import figure_pixels


def scaling_law_image(
    runs: Sequence[tuple[float, float, float]],
    held_out: tuple[float, float, float],
    law: Callable[[np.ndarray, np.ndarray], np.ndarray],
) -> np.ndarray:
    """Draws loss against parameters, a line for each number of tokens.

    Args:
        runs: (parameters, tokens, loss in nats a token) of each fitted run.
        held_out: the same of the run that the law has not seen.
        law: gives the loss of parameters and tokens.

    Returns:
        (height, width, 3) uint8 RGB.
    """
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    sizes = [size for size, _, _ in [*runs, held_out]]
    line = np.geomspace(min(sizes) / 1.3, max(sizes) * 1.3, 60)
    with rc_context({"font.family": ["DejaVu Sans"]}):
        figure = Figure((6.5, 4.2), dpi=100, layout="constrained")
        axes = figure.subplots()
        budgets = sorted({tokens for _, tokens, _ in runs} | {held_out[1]})
        for number, budget in enumerate(budgets):
            colour, label = f"C{number}", f"{budget / 1e6:g} M tokens"
            axes.plot(line, law(line, budget), color=colour, label=label)
            points = [(n, loss) for n, tokens, loss in runs if tokens == budget]
            if points:
                axes.plot(*zip(*points, strict=True), "o", color=colour)
        predicted = float(law(held_out[0], held_out[1]))
        axes.plot(held_out[0], predicted, "k_", markersize=16, label="predicted")
        axes.plot(held_out[0], held_out[2], "k*", markersize=11, label="held out")
        axes.set(xscale="log", xlabel="parameters", ylabel="loss, nats a token")
        axes.legend(fontsize=8)
        return figure_pixels(figure)
