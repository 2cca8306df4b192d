"""Models of the Wikipedia table that the library has no class for."""

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.ensemble import ExtraTreesRegressor
from sklearn.kernel_approximation import Nystroem
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from sklearn.pipeline import make_pipeline

from mmclassic.align import CCA
from mmclassic.views import Views


def kernel_logistic(gamma, C, n_landmarks):
    """Kernel logistic regression of histograms, by landmarks.

    `gamma` is that of the exponential chi-squared kernel; rows that sum to 1 are at distances of
    about 1.
    """
    return make_pipeline(
        Nystroem(kernel="chi2", gamma=gamma, n_components=n_landmarks, random_state=0),
        LogisticRegression(C=C, max_iter=300, tol=1e-3),
    )


class ThreeViewCCA(BaseEstimator):
    """CCA of image, text and class; the class is known in fitting only."""

    def __init__(self, n_components=9, ridge=1.0, correlation_power=1.0):
        self.n_components = n_components
        self.ridge = ridge
        self.correlation_power = correlation_power

    def fit(self, X, y):
        """Fit with the classes as a third view."""
        cca = CCA(self.n_components, ridge=self.ridge, correlation_power=self.correlation_power)
        self.cca_ = cca.fit(Views({**X.blocks, "class": np.eye(y.max() + 1)[y]}))
        return self

    def transform(self, X):
        """Map rows whose class is not known."""
        return self.cca_.transform(X)


class RidgeToLabels(BaseEstimator):
    """Every view's ridge regression on the classes; what it predicts is the shared space."""

    def __init__(self, alpha=1.0):
        self.alpha = alpha

    def fit(self, X, y):
        """Fit a regression for each view."""
        target = np.eye(y.max() + 1)[y]
        # Centred targets: the shared space is centred, and its cosine a centred one.
        target -= target.mean(axis=0)
        self.models_ = {n: Ridge(alpha=self.alpha).fit(X[n], target) for n in X.names}
        return self

    def transform(self, X):
        """Predict the classes."""
        return Views({name: self.models_[name].predict(X[name]) for name in X.names})


class TaughtMatching(BaseEstimator):
    """Semantic matching in which the classifier of texts helps to teach that of pictures.

    A text says more of its class than a picture does, and also which other classes are near. The
    pictures' model therefore learns a mixture of the labels and of what the texts' classifier
    says of rows that it was not fitted on (weight `share`). It is the mean of two models, kernel
    logistic regression and extremely randomised trees. To map pictures it needs pictures alone.
    """

    def __init__(self, share=0.5, n_landmarks=1000, n_trees=400):
        self.share = share
        self.n_landmarks = n_landmarks
        self.n_trees = n_trees

    def fit(self, X, y):
        """Fit the teacher, then the models of pictures."""
        teacher = kernel_logistic(2.0, 10.0, self.n_landmarks // 3)
        folds = StratifiedKFold(5, shuffle=True, random_state=0)
        said = cross_val_predict(teacher, X["text"], y, cv=folds, method="predict_proba")
        target = (1 - self.share) * np.eye(y.max() + 1)[y] + self.share * said
        self.text_ = teacher.fit(X["text"], y)
        kernel = kernel_logistic(2.0, 3.0, self.n_landmarks)
        self.map_ = kernel[0].fit(X["image"])
        self.kernel_ = _fit_to_shares(kernel[1], self.map_.transform(X["image"]), target)
        self.trees_ = ExtraTreesRegressor(self.n_trees, max_features=16, random_state=0)
        self.trees_.fit(X["image"], target)
        return self

    def transform(self, X):
        """Posteriors of both views."""
        by_kernel = self.kernel_.predict_proba(self.map_.transform(X["image"]))
        by_trees = self.trees_.predict(X["image"])
        return Views(
            {
                "image": (by_kernel + by_trees) / 2,
                "text": self.text_.predict_proba(X["text"]),
            }
        )


def _fit_to_shares(classifier, rows, target):
    """Fit a classifier to shares of classes: a row counts for each class with its share."""
    row, label = np.nonzero(target > 0.01)
    return classifier.fit(rows[row], label, sample_weight=target[row, label])
