"""The whole way in one estimator: extract, align, fuse, recommend, search, explain."""

import numpy as np
import pandas as pd
from scipy.sparse import issparse
from sklearn.base import BaseEstimator, clone
from sklearn.utils._param_validation import HasMethods, StrOptions
from sklearn.utils.validation import check_is_fitted

from mmclassic.align import CCA
from mmclassic.features import (
    AudioVectorizer,
    ImageVectorizer,
    ModalityExtractor,
    NumericVectorizer,
    TextVectorizer,
)
from mmclassic.fuse import ConcatFusion, WeightedFusion
from mmclassic.interactions import (
    CONTRIBUTION,
    ITEM,
    VIEW,
    PackedIdsMixin,
    read_ids,
    read_interactions,
)
from mmclassic.match import consistency
from mmclassic.recommend import CrossModalSearch, KNNRecommender
from mmclassic.utils import N_JOBS, ON_ERROR, row_norms
from mmclassic.views import Views

_MODALITIES = ("image", "text", "audio", "numeric")
_FUSED = "fused"


class MultimodalRecommender(PackedIdsMixin, BaseEstimator):
    """From a table of pictures, texts and sounds to recommendations, search and explanations.

    Four steps, each an estimator that can be replaced and whose parameters a
    grid search can reach: a `ModalityExtractor` turns columns into views, an
    aligner maps the views into one shared space, a fuser makes one vector of
    them, a recommender ranks.

    Parameters
    ----------
    image : str, default=None
        Column of pictures: paths, encoded bytes or arrays.
    text : str or list of str, default=None
        Column of texts; several are joined.
    audio : str, default=None
        Column of sounds: paths, encoded bytes or (samples, rate) pairs.
    numeric : str or list of str, default=None
        Columns of numbers, or a column of vectors such as embeddings.
    extractor : ModalityExtractor, default=None
        Takes the place of the one built from the columns above, which must then
        be None.
    aligner : aligner or "passthrough", default=None
        None is `CCA`, or "passthrough" where a single view says anything, the
        others being texts without a term.
    fuser : fuser, default=None
        None is `WeightedFusion` after an aligner and `ConcatFusion` without one.
    recommender : recommender, default=None
        None is `KNNRecommender`.
    item_id : str, default="item_id"
        Column of the item identifiers, all str or all int. If there is no
        column "item_id", the index of the table serves.
    unknown_items : {"raise", "ignore"}, default="raise"
        What happens to interactions with items that are not in the table.
        "ignore" is for cross-validation over items, where each training part
        lacks some.
    on_error : {"raise", "missing"}, default="raise"
        What happens to cells that cannot be read: an error that names row,
        column and file, or the modality counts as missing for that item.
    n_jobs : int, default=None
        Workers that read files; -1 takes all cores.
    progress : bool, default=False
        Show a line of progress while files are read.

    Attributes
    ----------
    extractor_, aligner_, fuser_, recommender_ : estimator
        The fitted steps; ``aligner_`` is None for "passthrough".
    search_ : CrossModalSearch
        The gallery of all items.
    space_ : Views
        The items in the shared space (or their plain features).
    item_ids_ : ndarray of shape (n_items,)
        The items.
    failures_ : DataFrame
        Cells that could not be read in `fit`: row, column, path, reason.

    Notes
    -----
    An item that lacks some modalities is described by those it has; one that
    has none scores 0 with every user and is not found by a search.

    Examples
    --------
    >>> import pandas as pd
    >>> from mmclassic import MultimodalRecommender
    >>> items = pd.DataFrame({
    ...     "item_id": ["a", "b", "c"],
    ...     "title": ["red cotton shirt", "blue cotton shirt", "tin robot"],
    ... })
    >>> likes = pd.DataFrame({"user_id": ["u"], "item_id": ["a"]})
    >>> model = MultimodalRecommender(text="title").fit(items, likes)
    >>> model.recommend(["u"], k=2)["item_id"].tolist()
    ['b', 'c']
    >>> model.search(text="robot", k=1)["item_id"].tolist()
    ['c']
    """

    _parameter_constraints: dict = {
        "image": [str, None],
        "text": [str, list, None],
        "audio": [str, None],
        "numeric": [str, list, None],
        "extractor": [HasMethods(["fit_transform", "transform"]), None],
        "aligner": [HasMethods(["fit", "transform"]), StrOptions({"passthrough"}), None],
        "fuser": [HasMethods(["fit", "transform", "parts"]), None],
        "recommender": [HasMethods(["fit", "recommend"]), None],
        "item_id": [str],
        "unknown_items": [StrOptions({"raise", "ignore"})],
        "on_error": ON_ERROR,
        "n_jobs": N_JOBS,
        "progress": ["boolean"],
    }

    def __init__(
        self,
        *,
        image=None,
        text=None,
        audio=None,
        numeric=None,
        extractor=None,
        aligner=None,
        fuser=None,
        recommender=None,
        item_id=ITEM,
        unknown_items="raise",
        on_error="raise",
        n_jobs=None,
        progress=False,
    ):
        self.image = image
        self.text = text
        self.audio = audio
        self.numeric = numeric
        self.extractor = extractor
        self.aligner = aligner
        self.fuser = fuser
        self.recommender = recommender
        self.item_id = item_id
        self.unknown_items = unknown_items
        self.on_error = on_error
        self.n_jobs = n_jobs
        self.progress = progress

    def fit(self, items, interactions=None):
        """Read the items and learn from them and from what users did.

        Parameters
        ----------
        items : DataFrame of shape (n_items, n_columns)
            The catalogue, one row an item.
        interactions : DataFrame or Interactions, default=None
            Columns user_id, item_id and optionally weight and timestamp. Without
            them search, similar items and consistency work, recommendations do
            not.

        Returns
        -------
        self : object
            The fitted model.

        Raises
        ------
        CellError
            With ``on_error="raise"``, for the first cell that cannot be read.
        UnknownIdError
            If interactions name unknown items (see `unknown_items`).
        ValueError
            If a column is missing or identifiers repeat.
        """
        self._validate_params()
        ids = self._ids_of(items)
        self.extractor_ = self._make_extractor()
        views = self.extractor_.fit_transform(items)
        self.aligner_ = self._make_aligner(views)
        space = views if self.aligner_ is None else self.aligner_.fit(views).transform(views)
        self.fuser_ = self._make_fuser()
        fused = _as_views(self.fuser_.fit(space).transform(space), space)
        interactions = read_interactions(interactions, ids, unknown=self.unknown_items)
        recommender = KNNRecommender() if self.recommender is None else clone(self.recommender)
        self.recommender_ = recommender.fit(fused, interactions, ids=ids)
        self.search_ = CrossModalSearch().fit(fused if self.aligner_ is None else space, ids=ids)
        self.space_ = space
        self.item_ids_ = ids
        self._failures = self.extractor_.failures_.to_dict("list")
        return self

    @property
    def failures_(self):
        """Cells that could not be read in `fit`: a DataFrame (row, column, path, reason)."""
        check_is_fitted(self)
        return pd.DataFrame(self._failures)

    def transform(self, items):
        """Fused vectors of items, known or new.

        Parameters
        ----------
        items : DataFrame of shape (n_items, n_columns)
            Rows with some or all of the fitted columns.

        Returns
        -------
        fused : {ndarray, CSR} of shape (n_items, n_features_out)
            One vector an item; zero where an item has no modality at all.
        """
        return self.fuser_.transform(self._to_space(items))

    def recommend(self, users=None, k=10, *, items=None):
        """Rank the best items that each user has not interacted with.

        Parameters
        ----------
        users : array-like of str or of int, default=None
            User identifiers; None is every user.
        k : int > 0, default=10
            Items per user.
        items : DataFrame, default=None
            Rank these rows instead of the fitted items: new arrivals, or what is
            in stock. They need the column of identifiers.

        Returns
        -------
        recommendations : DataFrame
            Columns user_id, item_id, rank and score: `k` rows per user or as many as are left.

        Raises
        ------
        UnknownIdError
            If a user was not seen in `fit`.
        """
        self._check_has_users()
        if items is None:
            return self.recommender_.recommend(users, k)
        space = self._to_space(items)
        fused = _as_views(self.fuser_.transform(space), space)
        return self.recommender_.recommend(users, k, items=fused, ids=self._ids_of(items))

    def rank(self, users=None, k=10, *, items=None, ids=None, include_seen=False):
        """Rank the best items of each user by position, see `BaseRecommender.rank`.

        Parameters
        ----------
        users : str, int or array-like of these, default=None
            One user id or several; None is every user.
        k : int > 0, default=10
            Items per user.
        items : DataFrame, default=None
            Rank these rows instead of the fitted items.
        ids : array-like of str or of int, default=None
            Names of the rows, or fitted items to rank.
        include_seen : bool, default=False
            Rank items that the user has interacted with, too.

        Returns
        -------
        lists : RankedLists
            The lists.
        """
        self._check_has_users()
        if items is not None:
            ids = self._ids_of(items) if ids is None else ids
            space = self._to_space(items)
            items = _as_views(self.fuser_.transform(space), space)
        return self.recommender_.rank(users, k, items=items, ids=ids, include_seen=include_seen)

    def similar(self, items, k=10):
        """Find the fitted items most like some items.

        Parameters
        ----------
        items : array-like of str or of int, or DataFrame
            Identifiers of fitted items, or rows of new ones.
        k : int > 0, default=10
            Items per query.

        Returns
        -------
        neighbours : DataFrame
            Columns query_id, item_id, rank and score.
        """
        check_is_fitted(self)
        if not isinstance(items, pd.DataFrame):
            return self.recommender_.similar(items, k)
        space = self._to_space(items)
        fused = _as_views(self.fuser_.transform(space), space)
        return self.recommender_.similar(fused, k, ids=self._ids_of(items))

    def search(self, k=10, *, target=None, **query):
        """Find items by a text, a picture, a sound or several of them.

        Parameters
        ----------
        k : int > 0, default=10
            Items per query.
        target : str, default=None
            Compare with this modality of the items only, such as "image" for a
            text that should find pictures. None compares with all that an item has.
        **query : str, path, bytes, array or list of these
            By view name: ``text="red striped cotton"``, ``image="photo.jpg"``. A
            list holds several queries; all lists must be of one length.

        Returns
        -------
        found : DataFrame
            Columns query (row number), item_id, rank and score.

        Raises
        ------
        CellError
            If a query cannot be read.
        ValueError
            If a view is unknown, `target` is given without an aligner, or a
            query says nothing: a text of unknown words alone.
        """
        check_is_fitted(self)
        if target is not None and self.aligner_ is None:
            raise ValueError(
                "target needs a shared space, and this model has no aligner; leave target out, or "
                "fit with two or more modalities and an aligner."
            )
        space = self._query_space(query)
        if self.aligner_ is None:
            space = _as_views(self.fuser_.transform(space), space)
        return self.search_.search(space, k, target=target)

    def explain(self, user, item):
        """Split a recommendation's score into what adds up to it.

        Parameters
        ----------
        user : str or int
            A user.
        item : str or int
            A fitted item.

        Returns
        -------
        parts : DataFrame
            Columns item_id (an item of the user's history), view (a modality of
            the explained item) and contribution, largest first; the
            contributions sum to the score.
        """
        self._check_has_users()
        whole = self.recommender_.explain(user, item)
        space = self.space_[np.flatnonzero(self.item_ids_ == item)]
        length = row_norms(self.fuser_.transform(space))[0]
        tables = [whole.iloc[:0]]
        for name, part in self.fuser_.parts(space).items():
            size = row_norms(part)[0]
            if size > 0 and length > 0:
                table = self.recommender_.explain(user, item, items=Views({_FUSED: part}))
                table[CONTRIBUTION] *= size / length
                tables.append(table.assign(**{VIEW: name}))
        table = pd.concat(tables[1:] or tables, ignore_index=True)
        order = np.argsort(-table[CONTRIBUTION].abs().to_numpy(), kind="stable")
        return table.iloc[order].reset_index(drop=True)

    def consistency(self, items=None):
        """How well the modalities of each item agree; a large p-value marks a suspicious listing.

        Parameters
        ----------
        items : DataFrame, default=None
            Rows to judge, some dozens at least, for they are compared with each
            other; None judges the fitted items, which agree too well.

        Returns
        -------
        judged : DataFrame
            By item identifier: agreement, the mean cosine over the item's pairs of
            modalities in the shared space, and p_value, the share of wrong partners that
            agree at least as well. NaN where it has fewer than two modalities. See
            `mmclassic.match.consistency`.
        """
        check_is_fitted(self)
        if self.aligner_ is None:
            raise ValueError("consistency needs an aligner, and this model was fitted without one.")
        ids = self.item_ids_ if items is None else self._ids_of(items)
        space = self.space_ if items is None else self._to_space(items)
        return consistency(space).set_index(pd.Index(ids, name=ITEM))

    def score(self, items, y=None):
        """Mean correlation of the modalities of (held-out) items in the shared space.

        Parameters
        ----------
        items : DataFrame
            Rows with at least two modalities.
        y : None
            Not used.

        Returns
        -------
        score : float
            See `BaseAligner.score`; NaN without an aligner. To choose by the
            quality of recommendations, use `mmclassic.evaluate.cold_item_scorer`.
        """
        check_is_fitted(self)
        if self.aligner_ is None:
            return float("nan")
        return self.aligner_.score(self.extractor_.transform(items))

    def _make_extractor(self):
        columns = {name: getattr(self, name) for name in _MODALITIES}
        columns = {name: column for name, column in columns.items() if column is not None}
        if self.extractor is not None:
            if columns:
                raise ValueError(f"give either an extractor or columns; got both ({columns}).")
            return clone(self.extractor)
        if not columns:
            raise ValueError(
                "name at least one column: image=, text=, audio= or numeric=, or pass an extractor."
            )
        options = {"n_jobs": self.n_jobs, "progress": self.progress}
        vectorizers = {
            "image": ImageVectorizer(**options),
            "text": TextVectorizer(**options),
            "audio": AudioVectorizer(**options),
            "numeric": NumericVectorizer(),
        }
        return ModalityExtractor(
            [(name, vectorizers[name], column) for name, column in columns.items()],
            on_error=self.on_error,
        )

    def _make_aligner(self, views):
        # All components shared with empty texts weigh nothing, and the other view would be lost.
        n_telling = sum(not (issparse(b) and b.nnz == 0) for b in views.blocks.values())
        if isinstance(self.aligner, str) or (self.aligner is None and n_telling < 2):
            return None
        return CCA() if self.aligner is None else clone(self.aligner)

    def _make_fuser(self):
        if self.fuser is not None:
            return clone(self.fuser)
        return ConcatFusion() if self.aligner_ is None else WeightedFusion()

    def _ids_of(self, items):
        return read_ids(items, self.item_id)

    def _to_space(self, items):
        check_is_fitted(self)
        views = self.extractor_.transform(items)
        return views if self.aligner_ is None else self.aligner_.transform(views)

    def _query_space(self, query):
        """Queries in the shared space; a text without a known word counts as absent."""
        views = self.extractor_.transform(_query_table(query, self.extractor_.modalities))
        present = views.present.copy()
        for column, name in enumerate(views.names):
            if hasattr(self.extractor_.vectorizers_[name], "tells"):
                present[:, column] &= self.extractor_.vectorizers_[name].tells(views[name])
        empty = np.flatnonzero(~present.any(axis=1))
        if empty.size:
            raise ValueError(
                f"query {empty[0]} says nothing that the fitted items could be compared with: no "
                "word of it occurs in their texts."
            )
        views = Views(views.blocks, present)
        return views if self.aligner_ is None else self.aligner_.transform(views)

    def _check_has_users(self):
        check_is_fitted(self)
        if not len(self.recommender_.user_ids_):
            raise ValueError(
                "this model was fitted without interactions, so it knows no users; fit it with "
                "some, or use similar and search."
            )


def _as_views(fused, space):
    """Fused vectors as one view that is absent where an item has no modality at all."""
    return Views({_FUSED: fused}, space.present.any(axis=1, keepdims=True))


def _query_table(query, modalities):
    """A table with one row a query, in the columns that an extractor reads."""
    columns = {name: column for name, _, column in modalities}
    if not query or not set(query) <= set(columns):
        raise ValueError(f"search by one or more of {list(columns)}; got {list(query)}.")
    cells = {}
    for name, values in query.items():
        column = columns[name][0] if isinstance(columns[name], list) else columns[name]
        values = values if isinstance(values, list) else [values]
        cells[column] = pd.Series(values, dtype=object)
    lengths = {column: len(values) for column, values in cells.items()}
    if len(set(lengths.values())) > 1 or 0 in lengths.values():
        raise ValueError(f"all lists of queries must have one length, above 0; got {lengths}.")
    return pd.DataFrame(cells)
