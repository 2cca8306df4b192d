"""The whole way in one estimator: extract, align, fuse, recommend, search, explain."""

import pandas as pd
from scipy.sparse import issparse
from sklearn.base import BaseEstimator, clone
from sklearn.utils._param_validation import HasMethods, StrOptions
from sklearn.utils.validation import check_is_fitted

from mmclassic.interactions import ITEM, name_rows, read_ids_with, read_interactions
from mmclassic.pipeline._changing import ChangingMixin
from mmclassic.pipeline._checks import check_names, check_parameters, check_similarity, check_state
from mmclassic.pipeline._columns import MODALITIES, file_columns_of, make_extractor, read_labels
from mmclassic.pipeline._comparison import COMPARISONS, adds_up_views
from mmclassic.pipeline._judging import JudgingMixin
from mmclassic.pipeline._kept import keep_columns
from mmclassic.pipeline._latent import LatentViews, latent_sources
from mmclassic.pipeline._queries import telling
from mmclassic.pipeline._recommending import RecommendingMixin
from mmclassic.pipeline._rows import as_views
from mmclassic.pipeline._searching import SearchingMixin
from mmclassic.pipeline._space import FUSED, Space
from mmclassic.utils import LOGGER, N_JOBS, ON_ERROR
from mmclassic.views import Views


class MultimodalRecommender(
    RecommendingMixin, SearchingMixin, JudgingMixin, ChangingMixin, BaseEstimator
):
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
    audio, video : str or dict of str to str, default=None
        Columns of sounds (paths, encoded bytes or (samples, rate) pairs), and of film clips (paths
        or encoded bytes; with the extra ``video``).
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
        cut to 1,000 characters but for paths of files. Bytes, arrays and gaps are None.

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
        "video": [str, dict, None],
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
        video=None,
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
        self.video = video
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
        check_similarity(self)
        self.extractor_ = self._make_extractor(items)
        check_names(self, [name for name, *_ in getattr(self.extractor_, "modalities", [])])
        classes = read_labels(items, self.labels)
        self._kept = keep_columns(items, self.keep, file_columns_of(self))
        if ids is None:
            ids = read_ids_with(items, interactions, self.item_id)
        ids = name_rows(items, ids)
        # Before the files, which may take hours.
        interactions = read_interactions(
            interactions, ids, columns=columns, unknown=self.unknown_items
        )
        views = as_views(items) if self.extractor_ is None else self.extractor_.fit_transform(items)
        LOGGER.info("read %d items: %s", len(views), views)
        check_names(self, views.names)
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
        self._count_users(interactions)
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
        check_parameters(self, params)
        return super().set_params(**params)

    def _check_state(self):
        """Raise ValueError unless the loaded parts fit together: a row goes all the way."""
        check_state(self)

    def _fit_latent(self, views):
        """Views of what occurs together, where the recommender adds up what views say."""
        recommender = self.recommender
        if self.similarity == "shared" or not (recommender is None or adds_up_views(recommender)):
            return LatentViews({})
        return LatentViews.fit(views, latent_sources(self.latent, views, self.extractor_))

    def _compared(self, views):
        """What the recommender compares of the features of items."""
        return self._comparison.rows(views, self._space.embed(views))

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
        options = {"on_error": self.on_error, "n_jobs": self.n_jobs, "progress": self.progress}
        return make_extractor(columns, **options)

    def _read(self, items):
        """Features of rows that come after `fit`; a text of unknown words counts as absent."""
        check_is_fitted(self)
        if self.extractor_ is None:
            return as_views(items)
        views = self.extractor_.transform(items)
        return telling(views, getattr(self.extractor_, "vectorizers_", {}))
