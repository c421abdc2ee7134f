"""A Gaussian process (高斯过程): what the values seen say about those not seen.

Article: §4.3.2 (初始化贝叶斯模型，如高斯过程; 根据贝叶斯模型预测评估值).
Source: Rasmussen & Williams 2006, "Gaussian Processes for Machine Learning",
    algorithm 2.1 (posterior), eq. 4.9 (RBF), eq. 4.17 (Matern 5/2), eq. 2.30 and §5.4
    (choosing hyperparameters by the marginal likelihood).

With K = k(X, X) + noise I and s^2 the signal's variance:

    mean(x) = k(x, X) K^-1 y          variance(x) = s^2 (1 - k(x, X) K^-1 k(X, x))
    log p(y | X) = -y' K^-1 y / (2 s^2) - log det(s^2 K) / 2 - n log(2 pi) / 2

The s^2 that makes the last line largest is y' K^-1 y / n.
"""

import numpy as np

LENGTH_SCALES = np.geomspace(0.05, 3.2, 13)  # sides of the unit cube
NOISES = (1e-6, 1e-4, 1e-2, 1e-1)  # shares of the signal's variance


def rbf(squared_distances: np.ndarray) -> np.ndarray:
    """Gives exp(-r^2 / 2): infinitely smooth functions."""
    return np.exp(-squared_distances / 2)


def matern(squared_distances: np.ndarray) -> np.ndarray:
    """Gives the Matern 5/2 kernel: functions that are smooth twice."""
    r = np.sqrt(5 * squared_distances)
    return (1 + r + r**2 / 3) * np.exp(-r)


class GaussianProcess:
    """The posterior (后验) given points and values.

    Args:
        x: (n, width) coordinates.
        y: (n,) values; the prior mean is their mean.
        length_scales: (width,) distance over which the function changes, by coordinate.
        noise: variance of an observation, as a share of the signal's.
        kernel: `rbf` or `matern`.
    """

    def __init__(self, x, y, length_scales, noise, kernel=matern):
        self.x, self.length_scales = np.asarray(x, float), np.asarray(length_scales)
        self.noise, self.kernel = noise, kernel
        self.y_mean, count = np.mean(y), len(y)
        centred = np.asarray(y, float) - self.y_mean
        covariance = self._covariance(self.x) + noise * np.eye(count)  # (n, n)
        cholesky = np.linalg.cholesky(covariance)
        self._whiten = np.linalg.inv(cholesky)
        whitened = self._whiten @ centred
        self._weights = self._whiten.T @ whitened  # K^-1 y, (n,)
        # Values that are all equal have no variance: any small number will do.
        self.variance = max(float(whitened @ whitened) / count, 1e-12)
        self.log_marginal_likelihood = (
            -float(whitened @ whitened) / (2 * self.variance)
            - np.log(np.diag(cholesky)).sum()
            - count / 2 * np.log(2 * np.pi * self.variance)
        )

    def predict(self, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Gives the mean and standard deviation (N,) of points (N, width)."""
        cross = self._covariance(x)  # (N, n)
        mean = self.y_mean + cross @ self._weights
        explained = ((cross @ self._whiten.T) ** 2).sum(axis=1)
        return mean, np.sqrt(self.variance * np.maximum(1 - explained, 1e-12))

    def _covariance(self, x):
        a, b = np.asarray(x, float) / self.length_scales, self.x / self.length_scales
        squares = (a**2).sum(axis=1)[:, None] + (b**2).sum(axis=1) - 2 * a @ b.T
        return self.kernel(np.maximum(squares, 0))


def most_likely(x, y, groups, kernel=matern) -> GaussianProcess:
    """Chooses length scales and noise by the marginal likelihood (边缘似然).

    Starts from the best length scale that all coordinates share, then tries in turn the
    values of `LENGTH_SCALES` for each group, and `NOISES`, until nothing gets better.

    Args:
        x, y, kernel: as for `GaussianProcess`.
        groups: (width,) number of the dimension that each coordinate belongs to; those
            of one dimension share a length scale.
    """
    groups = np.asarray(groups)

    def fit(scales, noise):
        return GaussianProcess(x, y, np.asarray(scales)[groups], noise, kernel)

    def better(choices):
        return max(
            (fit(*choice) for choice in choices),
            key=lambda process: process.log_marginal_likelihood,
        )

    _, first = np.unique(groups, return_index=True)  # a coordinate of each group
    best = better((np.full(len(first), s), NOISES[0]) for s in LENGTH_SCALES)
    before = -np.inf
    while best.log_marginal_likelihood > before:
        before = best.log_marginal_likelihood
        for group in range(len(first)):
            sweep = np.tile(best.length_scales[first], (len(LENGTH_SCALES), 1))
            sweep[:, group] = LENGTH_SCALES
            best = better((scales, best.noise) for scales in sweep)
        best = better((best.length_scales[first], noise) for noise in NOISES)
    return best
