"""Fisher vectors: how the frames of a clip pull at a mixture that was fitted to all frames."""

import numpy as np
from sklearn.mixture import GaussianMixture

from mmclassic.features.audio._coded_frames import CodedFrames
from mmclassic.utils import POSITIVE_INTEGER, is_finite, normalize_rows, product_by_rows, require

# Variances of standardised frames are 1 in all; a component narrower than this fits a few frames
# that are alike, and others would lie thousands of deviations from it.
_LEAST_VARIANCE = 1e-3


class FisherVector(CodedFrames):
    """Fisher vector of a clip, where its frames differ from those of all clips.

    `fit` fits a mixture of Gaussians with diagonal covariances to the frames of clips. A
    clip is described by the gradient of the log-likelihood of its frames in the means and
    the deviations of the components: by how its own sounds of each kind differ from usual.

    Parameters
    ----------
    n_components : int > 0, default=4
        Number of components of the mixture.
    descriptor : FrameDescriptor, default=None
        What describes a frame, such as `MFCC` or `LogMel`; None stands for ``MFCC()``,
        with slopes.
    random_state : int, RandomState instance or None, default=None
        Draws the frames that the mixture is fitted to, and starts the fit.

    Attributes
    ----------
    weights_ : ndarray of float32 of shape (n_components,)
        Shares of the components.
    means_ : ndarray of float32 of shape (n_components, n_features)
        Their means, of frames with mean 0 and deviation 1.
    variances_ : ndarray of float32 of shape (n_components, n_features)
        Their variances.
    mean_ : ndarray of shape (n_features,)
        Means of the frames.
    scale_ : ndarray of shape (n_features,)
        Their deviations; infinite where there is none.
    descriptor_ : FrameDescriptor
        What describes a frame.

    Notes
    -----
    With g[t, k] the probability that frame x[t] is of component k, which has weight w[k],
    mean m[k] and deviation s[k], the features are the means over the frames t of ::

        g[t, k] (x[t] - m[k]) / s[k] / sqrt(w[k])
        g[t, k] (((x[t] - m[k]) / s[k])^2 - 1) / sqrt(2 w[k])

    for all k, first those of the means. Then each becomes the root of its size with its
    sign, and rows are brought to Euclidean length 1, both as in [1]_. Gradients in the
    weights are left out, as there: they add little. The numbers are those of
    ``skimage.feature.fisher_vector``, whose gradients in the deviations have the
    opposite sign, to 1e-4.

    This descriptor learns, so `AudioVectorizer` fits it on a sample of its clips. Of
    their frames at most 20,000, the same number of every clip, are used. The cost of a
    clip is that of its frames and O(n_frames n_components n_features).

    References
    ----------
    .. [1] F. Perronnin, J. Sánchez and T. Mensink, "Improving the Fisher kernel for
       large-scale image classification", ECCV, 2010; here over frames instead of patches.

    Examples
    --------
    >>> import numpy as np
    >>> from mmclassic.features import FisherVector
    >>> clips = np.random.default_rng(0).normal(size=(3, 8000)).astype(np.float32)
    >>> FisherVector(2, random_state=0).fit_transform(clips).shape
    (3, 104)
    """

    _parameter_constraints: dict = {
        **CodedFrames._parameter_constraints,
        "n_components": POSITIVE_INTEGER,
    }
    # Expectation maximisation goes through all frames some dozens of times.
    _fit_frames = 20_000

    def __init__(self, n_components=4, *, descriptor=None, random_state=None):
        self.n_components = n_components
        self.descriptor = descriptor
        self.random_state = random_state

    def row_names(self):
        """List the names of the features of a clip.

        Returns
        -------
        names : list of str
            "mean0_mfcc0", ..., then "deviation0_mfcc0", ...; the number is that of the component.
        """
        names = self._descriptor().frame_names()
        return [
            f"{part}{k}_{name}"
            for part in ("mean", "deviation")
            for k in range(self.n_components)
            for name in names
        ]

    def _learn(self, frames, random_state):
        if len(frames) <= self.n_components:
            raise ValueError(
                f"FisherVector cannot fit {self.n_components} components to {len(frames)} frames. "
                "Give more or longer clips, or ask for fewer components."
            )
        mixture = GaussianMixture(
            self.n_components,
            covariance_type="diag",
            reg_covar=_LEAST_VARIANCE,
            random_state=random_state,
        ).fit(frames.astype(np.float64))
        self.weights_, self.means_, self.variances_ = (
            learnt.astype(np.float32)
            for learnt in (mixture.weights_, mixture.means_, mixture.covariances_)
        )

    def _rows_of_frames(self, frames, lengths):
        learnt = (self.weights_, self.means_, self.variances_)
        weights, means, variances = (part.astype(frames.dtype, copy=False) for part in learnt)
        shares = _responsibilities(frames, weights, means, variances)
        starts = np.cumsum(lengths) - lengths
        gradients = np.empty((2, len(lengths), *means.shape))
        for k, (mean, variance) in enumerate(zip(means, variances)):
            apart = (frames - mean) / np.sqrt(variance)
            # Of the differences, and not from sums of x and x^2: nothing cancels.
            for order, values in enumerate((apart, (apart * apart - 1) / np.sqrt(2))):
                values *= shares[:, k, None]
                sums = np.add.reduceat(values, starts, axis=0, dtype=np.float64)
                gradients[order, :, k] = sums / (np.asarray(lengths)[:, None] * np.sqrt(weights[k]))
        rows = gradients.transpose(1, 0, 2, 3).reshape(len(lengths), -1)
        return normalize_rows(np.sign(rows) * np.sqrt(np.abs(rows))).astype(np.float32)

    def _check_state(self):
        """Raise ValueError unless what was learnt is a mixture over the frames."""
        super()._check_state()
        if not hasattr(self, "weights_"):
            return
        shape = (self.n_components, len(self.mean_))
        fits = np.shape(self.weights_) == shape[:1]
        fits = fits and np.shape(self.means_) == np.shape(self.variances_) == shape
        require(fits, self, f"it has not {shape[0]} components of {shape[1]} features.")
        learnt = (self.weights_, self.means_, self.variances_)
        right = all(map(is_finite, learnt)) and all((part > 0).all() for part in learnt[::2])
        require(right, self, "its mixture has weights or variances that are none.")


def _responsibilities(frames, weights, means, variances):
    """Probability that a frame is of each component, shape (n_frames, n_components)."""
    # The squared distance, multiplied out, is two products of all frames with all components.
    constants = np.log(weights) - (np.log(variances) + means**2 / variances).sum(axis=1) / 2
    logs = constants + product_by_rows(frames, np.ascontiguousarray((means / variances).T))
    logs -= product_by_rows(frames * frames, np.ascontiguousarray((0.5 / variances).T))
    logs -= logs.max(axis=1, keepdims=True)
    shares = np.exp(logs, out=logs)
    shares /= shares.sum(axis=1, keepdims=True)
    return shares
