"""The vocabulary in files."""

import numpy as np

from mmclassic.utils import require


class VocabularyStateMixin:
    """Keep `vocabulary_` as an array of its terms in pickles, skops files and copies.

    `PackedIdsMixin`, before it among the bases, stores such an array in one piece. skops describes
    every entry of a dict on its own: 650 bytes of file and 3 kB of memory a term.
    """

    _beside = "forms_"  # what is fitted beside the vocabulary, and files of before did not hold

    def __getstate__(self):
        state = super().__getstate__()
        if "vocabulary_" not in state:
            return state
        terms = np.empty(len(self.vocabulary_), dtype=object)
        terms[:] = list(self.vocabulary_)
        return {**state, "vocabulary_": terms}

    def __setstate__(self, state):
        terms = state.get("vocabulary_")
        if terms is not None:
            told = f"it has no {self._beside}, as those of an earlier version; fit again."
            require(self._beside in state, self, told)
            vocabulary = {term: i for i, term in enumerate(terms)}
            require(len(vocabulary) == len(terms), self, "a term comes twice.")
            state = {**state, "vocabulary_": vocabulary}
        super().__setstate__(state)
