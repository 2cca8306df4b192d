"""Vectorizers whose descriptors are a parameter: a list of named ones, or a recipe of them."""

from abc import abstractmethod

import numpy as np
from sklearn.base import clone
from sklearn.utils.metaestimators import _BaseComposition
from sklearn.utils.validation import check_is_fitted

from mmclassic.features._block_vectorizer import BlockVectorizer
from mmclassic.features._blocks import Block


class DescriptorVectorizer(BlockVectorizer, _BaseComposition):
    """Base of the vectorizers that join named descriptors.

    Besides what `BlockVectorizer` asks for, a subclass writes `_recipe_of` (the descriptors that a
    name stands for) and `_as_block` (what a bare descriptor stands for), and names its recipes.
    """

    _parameter_constraints: dict = {
        "descriptors": [list, tuple, None],
        **BlockVectorizer._parameter_constraints,
    }
    _default_recipe = ""

    @abstractmethod
    def _recipe_of(self, name):
        """The (name, block) pairs that the name of a recipe stands for."""

    @abstractmethod
    def _as_block(self, descriptor):
        """The Block that a bare descriptor stands for."""

    def get_params(self, deep=True):
        """Return the parameters of the vectorizer and of its descriptors.

        Parameters
        ----------
        deep : bool, default=True
            Also return the descriptors and their parameters.

        Returns
        -------
        params : dict
            Values by name.
        """
        return self._get_params("descriptors", deep=deep)

    def set_params(self, **params):
        """Set parameters of the vectorizer or of its descriptors.

        Parameters
        ----------
        **params : dict
            Values by name, such as ``hog__orientations=6``. The descriptors that
            None stands for are reached only after they were given explicitly.

        Returns
        -------
        self : object
            The vectorizer.
        """
        self._set_params("descriptors", **params)
        return self

    def get_feature_names_out(self, input_features=None):
        """List the names of the features: ``descriptor__feature``.

        Parameters
        ----------
        input_features : object, default=None
            Not used; present for scikit-learn's sake.

        Returns
        -------
        names : ndarray of str of shape (n_features,)
            The names.
        """
        check_is_fitted(self)
        names = [f"{d}__{i}" for d, width in self.widths_.items() for i in range(width)]
        return np.array(names, dtype=object)

    def _clone_blocks(self):
        """Fresh blocks by name."""
        pairs = self.descriptors
        if pairs is None or isinstance(pairs, str):
            pairs = self._recipe_of(self._default_recipe if pairs is None else pairs)
        if not pairs or not all(isinstance(p, (list, tuple)) and len(p) == 2 for p in pairs):
            raise ValueError(
                f"descriptors of {type(self).__name__} must be a non-empty list of "
                f"(name, descriptor) pairs; got {pairs!r}."
            )
        self._validate_names([name for name, _ in pairs])
        blocks = {}
        for name, given in pairs:
            fresh = clone(given, safe=False)
            blocks[name] = fresh if isinstance(fresh, Block) else self._as_block(fresh)
            blocks[name]._validate_params()
        return blocks
