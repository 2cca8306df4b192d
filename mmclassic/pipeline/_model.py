"""The whole way in one estimator: extract, align, fuse, recommend, search, explain."""

import numpy as np
import pandas as pd
from scipy.sparse import issparse
from sklearn.base import BaseEstimator, clone
from sklearn.utils import get_tags
from sklearn.utils._param_validation import HasMethods, StrOptions
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted

from mmclassic.align import CCA
from mmclassic.features import ModalityExtractor
from mmclassic.fuse import WeightedFusion
from mmclassic.interactions import (
    ITEM,
    VIEW,
    n_dimensions,
    name_rows,
    read_ids,
    read_ids_with,
    read_interactions,
)
from mmclassic.match import consistency
from mmclassic.pipeline._columns import (
    MODALITIES,
    columns_of,
    make_extractor,
    read_labels,
    views_of,
)
from mmclassic.pipeline._comparison import COMPARISONS
from mmclassic.pipeline._explain import add_words, split_by_part
from mmclassic.pipeline._feedback import check_feedback, expand
from mmclassic.pipeline._judging import known_rows
from mmclassic.pipeline._kept import KeptColumn, keep_columns
from mmclassic.pipeline._latent import LatentViews, latent_name, latent_sources
from mmclassic.pipeline._queries import (
    mark_weak,
    merge_readings,
    named_queries,
    query_table,
    query_views,
    read_queries,
    telling,
    warn_of_readings,
)
from mmclassic.pipeline._space import FUSED, SHARED, Space
from mmclassic.recommend import KNNRecommender
from mmclassic.utils import LOGGER, N_JOBS, ON_ERROR, require
from mmclassic.views import Views

_DEFAULTS = {
    "extractor": ModalityExtractor,
    "aligner": CCA,
    "fuser": WeightedFusion,
    "recommender": KNNRecommender,
}


def _offers(part, method):
    """Whether a part has a method: a check for ``available_if``."""

    def check(model):
        found = getattr(model, f"{part}_", None)
        found = getattr(model, part) if found is None else found
        if isinstance(found, str):
            return True  # "passthrough": the method itself says what it needs
        found = _DEFAULTS[part] if found is None else found
        if not hasattr(found, method):
            name = found.__name__ if isinstance(found, type) else type(found).__name__
            raise AttributeError(f"the {part} {name} has no {method}.")
        return True

    return check


class MultimodalRecommender(BaseEstimator):
    """From a table of pictures, texts and sounds to recommendations, search and explanations.

    Four steps, each an estimator that can be replaced and whose parameters a
    grid search can reach: a `ModalityExtractor` turns columns into views, an
    aligner maps the views into one shared space, a fuser makes one vector of
    them, a recommender ranks. It adds up what every view says in its own space,
    and what the shared space says (see `similarity` and `KNNRecommender`).

    Parameters
    ----------
    image : str or dict of str to str, default=None
        Column of pictures: paths, encoded bytes or arrays. A dict makes several
        views, each of its own column: ``{"front": "photo1", "back": "photo2"}``.
    text : str, list of str or dict of str to these, default=None
        Column of texts; those of a list are joined. A dict as for `image`.
    audio : str or dict of str to str, default=None
        Column of sounds: paths, encoded bytes or (samples, rate) pairs.
    numeric : str, list of str or dict of str to these, default=None
        Columns of numbers, or a column of vectors such as embeddings.
    extractor : ModalityExtractor, default=None
        Takes the place of the one built from the columns above, which must then
        be None.
    aligner : aligner or "passthrough", default=None
        None is `CCA`, or "passthrough" where a single view says anything, the
        others being texts without a term.
    fuser : fuser or "passthrough", default=None
        None is `WeightedFusion` after an aligner and `ConcatFusion` without one;
        "passthrough" hands all aligned views to the recommender and needs ``similarity="shared"``.
    bypass : list of str, default=None
        Views that skip the aligner and the fuser and reach the recommender as views of their own.
    recommender : recommender, default=None
        None is `KNNRecommender`, with ``similarity="shared"`` by cosine.
    similarity : {"calibrated", "shared"}, default="calibrated"
        What the recommender and searches compare. "calibrated": every view in its own
        space, and the fused vectors of the aligned views as one view more, called "shared"; what
        they say is brought to one unit and added up, and what an item lacks adds 0. "shared": the
        fused vectors alone, as they are after the fuser. It is the better choice only where words
        and pictures themselves should not count, and only what they have in common.
    latent : bool or list of str, default=True
        Which views of texts have a second one, called "text (latent)" for "text", of which words
        occur together (`mmclassic.features.LSA` of its terms), so that a query finds what says the
        same in other words. It is made from the terms for the score alone, where it weighs half of
        them unless weights are learned or given. True takes all that `TextVectorizer` reads as
        terms; a list names some, also CSR views of your own; False takes none. Views of
        fewer than 40 texts or terms have none, nor has ``similarity="shared"``.
    labels : str, default=None
        Column of the items' classes, for an aligner that learns from them, such as
        `DiscriminantCCA` or `SemanticMatching`. New items need none. Classes that are neither
        text nor numbers (periods, dates with a zone, UUIDs) go by their text.
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
    keep : list of str, default=None
        Columns of the table to keep in the model, so that what it finds can be shown with a
        title and a file even where the table is not at hand; see `kept_`.

    Attributes
    ----------
    extractor_, aligner_, fuser_, recommender_ : estimator
        The fitted steps; None for "passthrough", and ``extractor_`` of a model that was
        fitted on features.
    search_ : KNNRecommender or CrossModalSearch
        What finds items: the recommender itself where it can, or one without users; with
        ``similarity="shared"`` the gallery of all items.
    weights_ : DataFrame or None
        What every view weighs, how sure that is, and what it is worth alone: see
        `KNNRecommender`. None where the recommender has none.
    views_ : Views
        The features of the items.
    space_ : Views
        The items in the shared space (or their plain features).
    item_ids_ : ndarray of shape (n_items,)
        The items.
    view_widths_in_ : dict
        Width of every view before the alignment.
    n_users_, n_interactions_ : int
        Users with interactions, and their distinct pairs of user and item.
    failures_ : DataFrame
        Cells that could not be read in `fit`: row, column, path, reason.
    kept_ : DataFrame of shape (n_items, n_kept)
        The columns that `keep` names, by item identifier: numbers as they are, all else as text,
        cut to 1,000 characters but for the paths of pictures and sounds. Bytes, arrays and what
        is missing are None.

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
    >>> model.search("robot", k=1)["item_id"].tolist()
    ['c']
    """

    _parameter_constraints: dict = {
        "image": [str, dict, None],
        "text": [str, list, dict, None],
        "audio": [str, dict, None],
        "numeric": [str, list, dict, None],
        "extractor": [HasMethods(["fit_transform", "transform"]), None],
        "aligner": [HasMethods(["fit", "transform"]), StrOptions({"passthrough"}), None],
        "fuser": [HasMethods(["fit", "transform"]), StrOptions({"passthrough"}), None],
        "bypass": [list, tuple, None],
        "recommender": [HasMethods(["fit", "recommend"]), None],
        "similarity": [StrOptions(set(COMPARISONS))],
        "latent": ["boolean", list, tuple],
        "labels": [str, None],
        "item_id": [str],
        "unknown_items": [StrOptions({"raise", "ignore"})],
        "on_error": ON_ERROR,
        "n_jobs": N_JOBS,
        "progress": ["boolean"],
        "keep": [list, None],
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
        bypass=None,
        recommender=None,
        similarity="calibrated",
        latent=True,
        labels=None,
        item_id=ITEM,
        unknown_items="raise",
        on_error="raise",
        n_jobs=None,
        progress=False,
        keep=None,
    ):
        self.image = image
        self.text = text
        self.audio = audio
        self.numeric = numeric
        self.extractor = extractor
        self.aligner = aligner
        self.fuser = fuser
        self.bypass = bypass
        self.recommender = recommender
        self.similarity = similarity
        self.latent = latent
        self.labels = labels
        self.item_id = item_id
        self.unknown_items = unknown_items
        self.on_error = on_error
        self.n_jobs = n_jobs
        self.progress = progress
        self.keep = keep

    def fit(self, items, interactions=None, *, ids=None, columns=None):
        """Read the items and learn from them and from what users did.

        Parameters
        ----------
        items : DataFrame, Views or {array, CSR} of shape (n_items, n_columns)
            The catalogue, one row an item. With Views (features or embeddings of your own)
            or a matrix, leave `image`, `text`, `audio`, `numeric` and `extractor` out.
        interactions : DataFrame or Interactions, default=None
            Columns user_id, item_id and optionally weight and timestamp. Without
            them search, similar items and consistency work, recommendations do
            not.
        ids : array-like of str or of int of shape (n_items,), default=None
            The items' identifiers. None takes them from the table; those of Views are
            ``interactions.items`` if these are `Interactions`, else the row numbers.
        columns : dict of str to str, default=None
            What the columns of `interactions` are called there, such as
            ``{"user_id": "customer"}``.

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
        TypeError
            If `items` is no table, and columns of one are named.
        ValueError
            If a column is missing or identifiers repeat.
        """
        self._validate_params()
        self._check_similarity()
        self.extractor_ = self._make_extractor(items)
        self._check_names([name for name, *_ in getattr(self.extractor_, "modalities", [])])
        classes = read_labels(items, self.labels)
        files = columns_of({"image": self.image, "audio": self.audio})
        self._kept = keep_columns(items, self.keep, files)
        if ids is None:
            ids = read_ids_with(items, interactions, self.item_id)
        ids = name_rows(items, ids)
        # Before the files, which may take hours.
        interactions = read_interactions(
            interactions, ids, columns=columns, unknown=self.unknown_items
        )
        views = (
            _as_views(items) if self.extractor_ is None else self.extractor_.fit_transform(items)
        )
        LOGGER.info("read %d items: %s", len(views), views)
        self._check_names(views.names)
        latent = self._fit_latent(views)
        self._space = Space(self.aligner, self.fuser, self.bypass).fit(views, classes)
        self.views_, self._classes = views, classes
        LOGGER.info("aligned by %s", self._space.aligner)
        self.space_ = self._space.embed(views)
        self._comparison = COMPARISONS[self.similarity](self._space, latent)
        rows = self._comparison.rows(views, self.space_)
        recommender = self._comparison.make_recommender(self.recommender, rows)
        self.recommender_ = recommender.fit(rows, interactions)
        self.search_ = self._comparison.make_search(self.recommender_, self.space_, rows, ids)
        self.view_widths_in_ = views.widths
        known = interactions.to_csr()
        self.n_users_ = int(np.count_nonzero(np.diff(known.indptr)))
        self.n_interactions_ = int(known.nnz)
        LOGGER.info("fitted %s to %d users", self.recommender_, self.n_users_)
        return self

    @property
    def aligner_(self):
        """The fitted aligner; None if views are not aligned."""
        check_is_fitted(self)
        return self._space.aligner

    @property
    def fuser_(self):
        """The fitted fuser; None if views are not fused."""
        check_is_fitted(self)
        return self._space.fuser

    @property
    def item_ids_(self):
        """Identifiers of the fitted items, an ndarray of shape (n_items,)."""
        check_is_fitted(self)
        return self.search_.item_ids_

    @property
    def weights_(self):
        """Weight of every view with its interval and worth; None where there are none."""
        check_is_fitted(self)
        return getattr(self.recommender_, "weights_", None)

    @property
    def failures_(self):
        """Cells that could not be read in `fit`: a DataFrame (row, column, path, reason)."""
        check_is_fitted(self)
        nothing = pd.DataFrame(columns=["row", "column", "path", "reason"])
        return getattr(self.extractor_, "failures_", nothing)

    @property
    def kept_(self):
        """Columns of the fitted table, by item identifier: a DataFrame of what `keep` names."""
        check_is_fitted(self)
        index = pd.Index(self.item_ids_, name=ITEM)
        # Said outright, for pandas 3 would make NaN of None among texts.
        columns = {
            name: pd.Series(column.to_array(), index, dtype=column.values.dtype)
            for name, column in self._kept.items()
        }
        return pd.DataFrame(columns, index=index)

    def transform(self, items):
        """Give the fused vectors of items, known or new.

        Parameters
        ----------
        items : DataFrame, Views or {array, CSR} of shape (n_items, n_columns)
            Rows with some or all of what was fitted.

        Returns
        -------
        fused : {ndarray, CSR} of shape (n_items, n_features_out) or Views
            One vector an item; zero where an item has no modality at all. Views with
            ``fuser="passthrough"``, or with `bypass`.
        """
        fused = self._space.fuse(self._space.embed(self._read(items)))
        return fused[FUSED] if fused.names == (FUSED,) else fused

    @available_if(_offers("recommender", "rank"))
    def rank(self, users=None, k=10, *, items=None, ids=None, include_seen=False):
        """Rank the best items of each user by position, without a table.

        Parameters
        ----------
        users : str, int or array-like of these, default=None
            User identifiers; None is every user.
        k : int > 0, default=10
            Items per user.
        items : DataFrame, Views or {array, CSR}, default=None
            As in `recommend`.
        ids : array-like of str or of int, default=None
            As in `recommend`.
        include_seen : bool, default=False
            Also rank what a user has interacted with.

        Returns
        -------
        lists : RankedLists
            One list a user, of positions among the items, see `mmclassic.metrics.RankedLists`.
        """
        return self.recommender_.rank(users, k, **self._request(items, ids, include_seen))

    def recommend(self, users=None, k=10, *, items=None, ids=None, include_seen=False):
        """Recommend to each user the best items that the user has not interacted with.

        Parameters
        ----------
        users : str, int or array-like of these, default=None
            One user, or several; None is every user.
        k : int > 0, default=10
            Items per user.
        items : DataFrame, Views or {array, CSR}, default=None
            Rank these rows instead of the fitted items: new arrivals, or what is
            in stock.
        ids : array-like of str or of int, default=None
            Names of the rows of `items`, if these are no table with identifiers; without
            `items`, the fitted items to rank.
        include_seen : bool, default=False
            Also rank what a user has interacted with.

        Returns
        -------
        recommendations : DataFrame
            Columns user_id, item_id, rank and score: `k` rows per user by decreasing
            score, or all that are left.

        Raises
        ------
        UnknownIdError
            If a user was not seen in `fit`.

        Warns
        -----
        ShortListWarning
            If some users have fewer than `k` unseen items.
        """
        return self.recommender_.recommend(users, k, **self._request(items, ids, include_seen))

    @available_if(_offers("recommender", "similar"))
    def similar(self, items, k=10, *, ids=None):
        """Find the fitted items most like some items.

        Parameters
        ----------
        items : str, int, array-like of these, or DataFrame, Views or matrix
            Identifiers of fitted items, or rows of new ones.
        k : int > 0, default=10
            Items per query.
        ids : array-like of str or of int, default=None
            Names of the rows, if these are no table with identifiers.

        Returns
        -------
        neighbours : DataFrame
            Columns query_id, item_id, rank and score.

        Raises
        ------
        ValueError
            If a row says nothing: it has no modality, or a text of unknown words alone.
        """
        check_is_fitted(self)
        if not _are_rows(items):
            return self.recommender_.similar(items, k)
        ids = name_rows(items, ids, self.item_id, repeats=True)
        views = self._read(items)
        _refuse_silence(views, [f"item {i!r}" for i in ids.tolist()])
        return self.recommender_.similar(self._compared(views), k, ids=ids)

    def search(self, words=None, /, k=10, *, target=None, feedback=0, **query):
        """Find items by a text, a picture, a sound or several of them.

        Items that have a view of the query are compared in it, words with words; in the shared
        space all are, words with pictures.

        Parameters
        ----------
        words : str or list of str, default=None
            The text to search for, the same as ``text=``.
        k : int > 0, default=10
            Items per query.
        target : str, default=None
            Compare with this view of the items only, such as "image" for a
            text that should find pictures. None compares with all that an item has.
        feedback : int >= 0, default=0
            Search again by the words of the query and the ten strongest terms of so many of
            the best items (RM3), for queries that say little. 0 searches once.
        **query : str, path, bytes, array or list of these
            By view name or modality: ``text="red striped cotton"``, ``image="photo.jpg"``. A
            list holds several queries; all lists must be of one length. For a model fitted
            on Views a vector, or a matrix of several.

        Returns
        -------
        found : DataFrame
            Columns query (row number), item_id, rank, score and weak: whether some word of
            the query occurs in no text and was read as one that may well be another, or left
            out (see `TextVectorizer`).

        Raises
        ------
        CellError
            If a query cannot be read.
        ValueError
            If a view is unknown, `target` is given without an aligner, or a
            query says nothing: a text of unknown words alone; or if `feedback` is given and
            the query has no view whose columns are terms.

        Warns
        -----
        QueryWarning
            If words of queries occur in no text: what they are read as.

        Notes
        -----
        With `feedback`, in every view of terms the query's row q, as shares p(t|q) = q_t /
        sum(q), becomes (1 - 0.5) p(t|q) + 0.5 p(t|R). p(t|R) is the mean of the shares of
        terms in the items found, weighted by their scores, those of the ten strongest terms
        alone, which are made to sum to 1.

        References
        ----------
        N. Abdul-Jaleel et al., "UMass at TREC 2004: Novelty and HARD", TREC 2004, section 3
        (RM3).
        """
        check_is_fitted(self)
        check_feedback(feedback)
        if target is not None and self.aligner_ is None:
            raise ValueError(
                "target needs a shared space, and this model has no aligner; leave target out, or "
                "fit with two or more modalities and an aligner."
            )
        views, readings = self._read_query(words, query)
        _refuse_silence(views, [f"query {i}" for i in range(len(views))])
        warn_of_readings(readings)
        if feedback:
            n_best = min(feedback, self.item_ids_.size)
            best = self._comparison.search(self.search_, self.space_, views, n_best, target)
            rows = pd.Index(self.item_ids_).get_indexer(best[ITEM])
            views = expand(views, self.views_, best.assign(row=rows), list(self._terms()))
        found = self._comparison.search(self.search_, self.space_, views, k, target)
        return mark_weak(found, readings)

    @available_if(_offers("recommender", "explain"))
    def explain(self, user, item, *, items=None):
        """Split a recommendation's score into what adds up to it.

        Parameters
        ----------
        user : str or int
            A user.
        item : str or int
            A fitted item, or the name of the row `items`.
        items : DataFrame, Views or {array, CSR} of one row, default=None
            A new item.

        Returns
        -------
        parts : DataFrame
            Columns item_id (an item of the user's history), view (a modality of
            the explained item, or "shared" for the shared space), contribution, largest first,
            and words: for a text, up to three terms of both items that say most of it. The
            contributions sum to the score. With ``similarity="shared"`` there are no words.
        """
        self._check_has_users()
        if self.similarity == "calibrated":
            row = None if items is None else self._compared(self._read(items))
            parts = self.recommender_.explain(user, item, items=row)
            terms = self._terms()
            if not {ITEM, VIEW} <= set(parts) or not terms:
                return parts
            return add_words(parts, item, row, self.search_, terms)
        if items is None and item not in self.item_ids_:
            return self.recommender_.explain(user, item)  # which says what is wrong
        if items is None:
            row = self.space_[np.flatnonzero(self.item_ids_ == item)]
        else:
            row = self._space.embed(self._read(items))
        fused = self._space.fuse(row)
        whole = self.recommender_.explain(user, item, items=fused)
        if FUSED not in set(whole[VIEW]) or not hasattr(self.fuser_, "parts"):
            return whole
        return split_by_part(
            whole,
            self.fuser_.parts(self._space.fusable(row)),
            lambda part: self.recommender_.explain(user, item, items=part),
            FUSED,
        )

    def consistency(self, items=None):
        """How well the modalities of each item agree; a large p-value marks a suspicious listing.

        Parameters
        ----------
        items : DataFrame or Views, default=None
            Rows to judge, some dozens at least, for they are compared with each
            other. None is the fitted items. Fitted items, also those among `items`, are
            judged as they were fitted, each by an aligner that was fitted without it: five more
            fits.

        Returns
        -------
        judged : DataFrame
            By item identifier: agreement, the mean similarity over the item's pairs of
            modalities in the shared space (the cosine, or what the aligner names), and
            p_value, the share of wrong partners that agree at least as well. NaN where it has
            fewer than two modalities. See `mmclassic.match.consistency`.

        Raises
        ------
        ValueError
            If the model has no aligner, or has fewer than ten fitted items and these are judged.
        """
        self._need_aligner("consistency compares modalities in the shared space of an aligner")
        metric = self._space.metric
        if items is None:
            fitted = self._space.fusable(self.views_)
            judged = consistency(self.aligner_, fitted, self._classes, metric=metric)
            return judged.set_index(pd.Index(self.item_ids_, name=ITEM))
        ids = read_ids(items, self.item_id)
        space = self._space.fusable(self._space.embed(self._read(items)))
        judged = consistency(space, metric=metric)
        positions = pd.Index(self.item_ids_).get_indexer(ids)
        rows = known_rows(space, self._space.fusable(self.space_), positions)
        if rows.size:
            judged.iloc[rows] = self.consistency().iloc[positions[rows]]
        return judged.set_index(pd.Index(ids, name=ITEM))

    @available_if(_offers("aligner", "score"))
    def score(self, items=None, y=None):
        """Mean correlation of the modalities of (held-out) items in the shared space.

        Parameters
        ----------
        items : DataFrame or Views, default=None
            Rows with at least two modalities. None is the fitted items, each in the space of an
            aligner that was fitted without it: five more fits.
        y : None
            Not used.

        Returns
        -------
        score : float
            See `BaseAligner.score`. To choose by the quality of recommendations, use
            `mmclassic.evaluate.cold_item_scorer`.

        Raises
        ------
        ValueError
            If the model has no aligner, and so no such correlation.
        """
        self._need_aligner(
            "score is the correlation of modalities in the shared space of an aligner; to choose "
            "by the quality of recommendations pass scoring=cold_item_scorer(interactions)"
        )
        if items is None:
            if not hasattr(self.aligner_, "cross_score"):
                raise ValueError(
                    f"{type(self.aligner_).__name__} has no cross_score to judge the rows it was "
                    "fitted on by; pass other items."
                )
            return self.aligner_.cross_score(self._space.fusable(self.views_), self._classes)
        return self.aligner_.score(self._space.fusable(self._read(items)))

    def set_params(self, **params):
        """Set parameters of the model or, as ``aligner__ridge``, of its parts.

        Parameters
        ----------
        **params : dict
            Values by name. A part that is chosen by default has no parameters yet: set
            the part itself, as in ``aligner=CCA(ridge=0.1)``.

        Returns
        -------
        self : object
            The model.

        Raises
        ------
        ValueError
            If a parameter is unknown, or belongs to a part that is not set.
        """
        for name, value in params.items():
            part, _, inner = name.partition("__")
            if not inner or part not in _DEFAULTS:
                continue
            current = params.get(part, getattr(self, part))
            if current is None or isinstance(current, str):
                raise ValueError(
                    f"{part} is {current!r}, so there is no {inner!r} to set; give the part "
                    f"itself: {part}={_DEFAULTS[part].__name__}({inner}={value!r})."
                )
        return super().set_params(**params)

    def _check_state(self):
        """Raise ValueError unless the loaded parts fit together: a row goes all the way."""
        for views in (self.views_, self.space_):
            fits = isinstance(views, Views) and len(views) == self.item_ids_.size
            require(fits, self, f"the features have not {self.item_ids_.size} rows.")
        fits = self.recommender_.item_ids_.size == self.item_ids_.size
        require(fits, self, "the recommender knows other items.")
        require(self.views_.widths == self.view_widths_in_, self, "view_widths_in_ differ.")
        fits = self._classes is None or len(self._classes) == len(self.views_)
        require(fits, self, "the classes are not those of the items.")
        fits = all(
            isinstance(column, KeptColumn) and len(column.values) == self.item_ids_.size
            for column in self._kept.values()
        )
        require(fits, self, "the columns kept are not those of the items.")
        fits = self.extractor_ is None or hasattr(self.extractor_, "transform")
        require(fits, self, "the extractor cannot read.")
        if hasattr(self.extractor_, "view_widths_out_"):
            fits = self.extractor_.view_widths_out_ == self.view_widths_in_
            require(fits, self, "the extractor makes other features.")
        row = self.views_[:1]
        embedded = self._space.embed(row)
        require(embedded.widths == self.space_.widths, self, "the aligner maps elsewhere.")
        self._space.fuse(embedded)
        compared = self._comparison.rows(row, self._comparison.space.embed(row))
        known = getattr(self.recommender_, "view_widths_in_", compared.widths)
        require(compared.widths == known, self, "the recommender compares other features.")

    def _check_similarity(self):
        """The calibrated sum compares views apart; a fuser that only joins them has no part."""
        joins = self.fuser is not None and isinstance(self.aligner, str)
        if self.similarity == "calibrated" and (isinstance(self.fuser, str) or joins):
            how = " without an aligner" if joins else ""
            raise ValueError(
                f"fuser={self.fuser!r}{how} gives vectors that similarity='calibrated' does not "
                "compare; pass similarity='shared' to compare them, or leave the fuser out."
            )

    def _fit_latent(self, views):
        """Views of what occurs together, where the recommender adds up what views say."""
        recommender = self.recommender
        if self.similarity == "shared" or not (
            recommender is None
            or (isinstance(recommender, KNNRecommender) and recommender.metric == "calibrated")
        ):
            return LatentViews({})
        return LatentViews.fit(views, latent_sources(self.latent, views, self.extractor_))

    def _compared(self, views):
        """What the recommender compares of the features of items."""
        return self._comparison.rows(views, self._space.embed(views))

    def _check_names(self, names):
        """A view may not be called as the fused vectors are."""
        if self.similarity == "calibrated" and SHARED in names:
            raise ValueError(
                f"no view may be called {SHARED!r}, which is the name of the shared space; got the "
                f"views {list(names)}. Give it another name, or pass similarity='shared'."
            )

        clash = [name for name in names if self.latent and latent_name(name) in names]
        if self.similarity == "calibrated" and clash:
            raise ValueError(
                f"no view may be called {latent_name(clash[0])!r}, which is the name of what is "
                f"made of {clash[0]!r}; give it another name, or pass latent=False."
            )

    def _terms(self):
        """The terms, of stems what is written, of every view of texts whose columns are words."""
        found = {}
        for name, vectorizer in getattr(self.extractor_, "vectorizers_", {}).items():
            if _reads_texts(vectorizer) and hasattr(vectorizer, "get_feature_names_out"):
                forms = getattr(vectorizer, "forms_", None)
                found[name] = vectorizer.get_feature_names_out() if forms is None else forms
        return found

    def _make_extractor(self, items):
        """A fresh extractor; None where the items are features already."""
        columns = {name: getattr(self, name) for name in MODALITIES}
        columns = {name: column for name, column in columns.items() if column is not None}
        if self.extractor is not None and columns:
            raise ValueError(f"give either an extractor or columns; got both ({columns}).")
        ready = isinstance(items, Views) or issparse(items) or getattr(items, "ndim", 0) == 2
        if ready and not isinstance(items, pd.DataFrame):
            if columns or self.extractor is not None:
                raise TypeError(
                    f"items must be a pandas DataFrame, for columns of it are named ({columns}); "
                    f"got {type(items).__name__}. Leave the columns out to fit features."
                )
            return None
        if not isinstance(items, pd.DataFrame):
            raise TypeError(f"items must be a pandas DataFrame; got {type(items).__name__}.")
        if self.extractor is not None:
            return clone(self.extractor)
        return make_extractor(
            columns, on_error=self.on_error, n_jobs=self.n_jobs, progress=self.progress
        )

    def _read(self, items):
        """Features of rows that come after `fit`; a text of unknown words counts as absent."""
        check_is_fitted(self)
        if self.extractor_ is None:
            return _as_views(items)
        views = self.extractor_.transform(items)
        return telling(views, getattr(self.extractor_, "vectorizers_", {}))

    def _read_query(self, words, query):
        """The views of queries, and what their words were read as."""
        if self.extractor_ is None:
            known = self.space_.names
            query = named_queries(words, query, text_views=(), groups={}, known=known)
            return query_views(query), []
        if not hasattr(self.extractor_, "modalities"):
            raise ValueError(
                "search reads a query as ModalityExtractor reads a column, and this model's "
                f"extractor is a {type(self.extractor_).__name__}; ask by rows: similar(items)."
            )
        vectorizers = self.extractor_.vectorizers_
        query = named_queries(
            words,
            query,
            text_views=[name for name, v in vectorizers.items() if _reads_texts(v)],
            groups=views_of({name: getattr(self, name) for name in MODALITIES}),
            known=tuple(vectorizers),
        )
        table = query_table(query, self.extractor_.modalities)
        views, readings = read_queries(self.extractor_, table)
        return views, merge_readings(readings)

    def _request(self, items, ids, include_seen):
        """Arguments for the recommender: rows of items as it was fitted on them."""
        self._check_has_users()
        request = {} if not include_seen else {"include_seen": True}
        if items is not None:
            ids = name_rows(items, ids, self.item_id)
            request["items"] = self._compared(self._read(items))
        if ids is not None:
            request["ids"] = ids
        return request

    def _check_has_users(self):
        check_is_fitted(self)
        if not self.n_users_:
            raise ValueError(
                "this model was fitted without interactions, so it knows no users; fit it with "
                "some, or use similar and search."
            )

    def _need_aligner(self, why):
        check_is_fitted(self)
        if self.aligner_ is None:
            raise ValueError(f"{why}, and this model was fitted without one.")


def _as_views(items):
    return items if isinstance(items, Views) else Views({"x0": items})


def _are_rows(items):
    """Whether these are rows of items, and not identifiers."""
    return isinstance(items, (pd.DataFrame, Views)) or issparse(items) or n_dimensions(items) == 2


def _reads_texts(vectorizer):
    """Whether a vectorizer, or the transformer that it wraps, takes texts."""
    return get_tags(getattr(vectorizer, "transformer", vectorizer)).input_tags.string


def _refuse_silence(views, names):
    silent = np.flatnonzero(~views.present.any(axis=1))
    if silent.size:
        raise ValueError(
            f"{names[silent[0]]} says nothing that the fitted items could be compared with: it "
            "has no modality, or no word of it occurs in their texts."
        )
