"""The checks of reading can fail: on every way of cheating, with the name of what changed."""

import pickle
import random
import threading
import time
from collections import deque
from functools import partial

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.preprocessing import StandardScaler

from mmclassic.fuse import WeightedFusion
from mmclassic.testing import (
    VIEW_CHECKS,
    check_threads,
    check_transform_changes_nothing,
    make_views,
)
from mmclassic.testing._state import changes, state_of
from mmclassic.views import PerView, Views, ViewsEstimator, ViewsTransformerMixin, validate_views


class Honest(ViewsTransformerMixin, ViewsEstimator):
    """Multiply every view by a number that fit has drawn; subclasses cheat in `_read`."""

    def fit(self, X, y=None):
        validate_views(self, X, reset=True)
        self.factor_ = np.array([2.0])
        self.seen_ = []
        self.cache_ = {}
        self.inner_ = StandardScaler().fit(np.eye(3))
        self.table_ = pd.DataFrame({"a": [1.0, 2.0]})
        self.stored_ = sp.csr_matrix(np.eye(2))
        self.random_ = np.random.RandomState(0)
        self.dice_ = random.Random(0)
        return self

    def transform(self, X):
        views = validate_views(self, X, reset=False)
        self._read(views)
        return Views({n: views[n] * self.factor_[0] for n in views.names}, views.present)

    def _read(self, views):
        """Look, and leave all as it is."""


def sets_an_attribute(self, views):
    self.last_ = len(views)


def sets_a_private_attribute(self, views):
    self._last = len(views)


def writes_into_an_array(self, views):
    self.factor_ *= 1.5


def writes_one_cell(self, views):
    self.inner_.mean_[2] += 1e-15


def caches_in_a_dict(self, views):
    self.cache_[len(views)] = views.names


def appends_to_a_list(self, views):
    self.seen_.append(len(views))


def sets_a_nested_attribute(self, views):
    self.inner_.last_ = 1


def writes_into_a_sparse_matrix(self, views):
    self.stored_.data[0] += 1


def writes_into_a_table(self, views):
    self.table_.iloc[1, 0] = 7


def adds_a_column(self, views):
    self.table_["b"] = 1


def draws_random_numbers(self, views):
    self.random_.rand()


def rolls_dice(self, views):
    self.dice_.random()


def changes_a_parameter_of_a_part(self, views):
    self.inner_.set_params(with_mean=False)


def forgets(self, views):
    del self.table_


def changes_a_type(self, views):
    self.factor_ = self.factor_.astype(np.float32)


def writes_into_the_data(self, views):
    # validate_views shares the blocks of complete views with the caller.
    if views.present.all():
        views["text"].data[0] += 1


CHEATS = {
    sets_an_attribute: r"Cheat\.last_ was added",
    sets_a_private_attribute: r"Cheat\._last was added",
    writes_into_an_array: r"Cheat\.factor_ changed",
    writes_one_cell: r"Cheat\.inner_\.mean_ changed",
    caches_in_a_dict: r"Cheat\.cache_\[60\] was added",
    appends_to_a_list: r"Cheat\.seen_\[0\] was added",
    sets_a_nested_attribute: r"Cheat\.inner_\.last_ was added",
    writes_into_a_sparse_matrix: r"Cheat\.stored_\.data changed",
    writes_into_a_table: r"Cheat\.table_.*\.values changed",
    adds_a_column: r"Cheat\.table_\.iloc\[:, 1\] was added",
    draws_random_numbers: r"Cheat\.random_.* changed",
    rolls_dice: r"Cheat\.dice_.* changed",
    changes_a_parameter_of_a_part: r"Cheat\.inner_\.with_mean changed",
    forgets: r"Cheat\.table_ was removed",
    changes_a_type: r"Cheat\.factor_ changed",
    writes_into_the_data: r"arguments.*'text'\]\.data changed",
}


def test_an_honest_estimator_passes():
    check_transform_changes_nothing(Honest())
    check_threads(Honest())
    for fuser in (WeightedFusion(), PerView({"image": StandardScaler()})):
        check_threads(fuser, [("get_params", (), {})])


@pytest.mark.parametrize("cheat", CHEATS, ids=lambda cheat: cheat.__name__)
def test_every_cheat_is_found_and_named(cheat):
    estimator = type("Cheat", (Honest,), {"_read": cheat})()
    with pytest.raises(AssertionError, match=rf"Cheat\.transform.*must change.*{CHEATS[cheat]}"):
        check_transform_changes_nothing(estimator)


class Lazy(Honest):
    """Solved when its solution is first asked for, as linear aligners once were."""

    def fit(self, X, y=None):
        return self.partial_fit(X)

    def partial_fit(self, X, y=None):
        validate_views(self, X, reset=True)
        vars(self).pop("factor_", None)
        return self

    def __getattr__(self, name):
        if name == "factor_" and "view_widths_in_" in vars(self):
            if "solving" in vars(self):
                raise AttributeError("factor_: it is being solved")
            self.solving = True
            time.sleep(1e-4)
            self.factor_ = np.array([2.0])
            del self.solving
            return self.factor_
        raise AttributeError(name)


class Unready(Lazy):
    """As above, and what is asked for meanwhile is silently wrong."""

    def transform(self, X):
        if "factor_" not in vars(self):
            self.factor_ = np.array([0.0])
            time.sleep(1e-2)  # long enough for another thread to come by
            self.factor_ = np.array([2.0])
        return super().transform(X)


class LazyAfterPieces(Lazy):
    """Solved at once by fit, so only partial_fit shows it."""

    def fit(self, X, y=None):
        return Honest.fit(self, X)


class Scratch(Honest):
    """Keeps its input in an attribute that threads share, and reads it back."""

    def transform(self, X):
        self.scratch_ = X
        time.sleep(1e-4)
        return super().transform(self.scratch_)


@pytest.mark.parametrize(
    ("estimator", "message"),
    [
        (Lazy(), r"Lazy\.transform after fit fails in one of eight threads: AttributeError"),
        (LazyAfterPieces(), r"LazyAfterPieces\.transform after partial_fit fails in one of eight"),
        (Unready(), r"Unready\.transform after .*fit gives something else.*\.blocks"),
        (Scratch(), r"Scratch\.transform after .*fit gives something else in one of eight threads"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_threads_find_what_only_they_meet(estimator, message):
    for _ in range(3):
        with pytest.raises(AssertionError, match=message):
            check_threads(estimator)


@pytest.mark.parametrize("estimator", [Lazy(), LazyAfterPieces(), Unready(), Scratch()], ids=repr)
def test_what_threads_find_changes_the_model_too(estimator):
    with pytest.raises(AssertionError, match="must change nothing"):
        check_transform_changes_nothing(estimator)


class Locked(Honest):
    """Has a lock, which neither copying nor pickling takes along."""

    def fit(self, X, y=None):
        self.lock_ = threading.Lock()
        return super().fit(X)

    def __getstate__(self):
        return {name: value for name, value in vars(self).items() if name != "lock_"}

    def __setstate__(self, state):
        vars(self).update(state, lock_=threading.Lock())

    def _read(self, views):
        with self.lock_:
            pass


def test_a_lock_is_no_state():
    check_transform_changes_nothing(Locked())
    check_threads(Locked())


class Model(BaseEstimator):
    """No transformer: a model with methods of its own, as third parties have."""

    def fit(self):
        self.weights_ = np.arange(3.0)
        self.asked_ = {"of": deque(maxlen=2)}
        return self

    def rank(self, users, k=2, *, deep=False):
        if deep:
            self.asked_["of"].append(k)
        return pd.DataFrame({"user": users, "score": self.weights_[: len(users)] * k})


def test_any_model_with_calls_of_ones_own():
    model = Model().fit()
    calls = [("rank", (["a", "b"],), {"k": 3}), ("rank", (["c"],), {})]
    check_transform_changes_nothing(model, calls)
    check_threads(model, calls)
    deep = [*calls, ("rank", (["a"],), {"deep": True})]
    message = r"^Model\.rank must change nothing, but Model\.asked_\['of'\]\[0\] was added"
    with pytest.raises(AssertionError, match=message):
        check_transform_changes_nothing(model, deep)


def test_the_checked_model_is_left_as_it_was():
    model = Model().fit()
    calls = [("rank", (["a"],), {"deep": True})]
    check_threads(model, calls)  # on copies
    assert not model.asked_["of"]


def test_errors_of_the_calls_themselves_come_through():
    with pytest.raises(TypeError, match="unexpected keyword"):
        check_threads(Model().fit(), [("rank", (["a"],), {"what": 1})])


def test_both_are_among_the_checks_of_estimators_on_views():
    assert {check_transform_changes_nothing, check_threads} <= set(VIEW_CHECKS)


class Slotted:
    """State in slots, one of them private."""

    __slots__ = ("__hidden", "open")

    def __init__(self):
        self.open, self.__hidden = 1, 2

    def hide(self):
        self.__hidden = 3


def test_state_of_odd_things():
    for make, change in [
        (Slotted, lambda s: s.hide()),
        (Slotted, lambda s: setattr(s, "open", 2)),
        (lambda: [partial(max, [1])], lambda s: s[0].args[0].append(2)),
        (lambda: {"a": {1, 2}}, lambda s: s["a"].add(3)),
        (lambda: np.array([[1], None, "x"], dtype=object), lambda s: s[0].append(1)),
        (lambda: np.ma.array([1.0, 2.0]), lambda s: s.__setitem__(0, np.ma.masked)),
        (lambda: pd.Series([1, 2]), lambda s: s.index.rename("i", inplace=True)),
        (lambda: np.random.default_rng(0), lambda s: s.random()),
        (lambda: [0.0], lambda s: s.__setitem__(0, -0.0)),
        (lambda: {"a": 1, "b": 2}, lambda s: s.update(a=s.pop("a"))),
        (lambda: [1], lambda s: s.__setitem__(0, True)),
        (lambda: [np.float32(1)], lambda s: s.__setitem__(0, 1.0)),
    ]:
        thing = make()
        before = state_of(thing)
        assert changes(before, state_of(thing)) == []
        change(thing)
        assert changes(before, state_of(thing)), f"{thing!r} has changed"


def test_a_circle_ends():
    thing = {"a": [1]}
    thing["a"].append(thing)
    assert changes(state_of(thing), state_of(pickle.loads(pickle.dumps(thing)))) == []


@pytest.mark.parametrize(
    "value", [make_views(missing=0.3), pd.DataFrame({"a": ["x", None, np.nan]})]
)
def test_a_copy_has_the_same_state(value):
    assert changes(state_of(value), state_of(pickle.loads(pickle.dumps(value)))) == []


def test_asking_scipy_about_a_matrix_is_no_change():
    matrix = sp.csr_matrix(np.eye(3))
    before = state_of(matrix)
    assert matrix.has_sorted_indices
    assert matrix.has_canonical_format
    assert changes(before, state_of(matrix)) == []


class Transformer(TransformerMixin, BaseEstimator):
    """A transformer of Views without any of mmclassic's base classes."""

    def fit(self, X, y=None):
        self.names_ = X.names
        return self

    def transform(self, X):
        return X[self.names_[:1][0]] if self.names_[0] in X else np.zeros((len(X), 1))


def test_estimators_of_third_parties_need_no_base_class():
    check_transform_changes_nothing(Transformer())
    check_threads(Transformer())
