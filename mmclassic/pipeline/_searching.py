"""What a model finds by items and by queries."""

import pandas as pd
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted

from mmclassic.interactions import ITEM, name_rows
from mmclassic.pipeline._columns import MODALITIES, views_of
from mmclassic.pipeline._feedback import check_feedback, expand
from mmclassic.pipeline._parts import offers
from mmclassic.pipeline._queries import (
    mark_weak,
    merge_readings,
    named_queries,
    query_table,
    query_views,
    read_queries,
    warn_of_readings,
)
from mmclassic.pipeline._rows import are_rows, reads_texts, refuse_silence, terms_of


class SearchingMixin:
    """Finds items that are like items or queries."""

    @available_if(offers("recommender", "similar"))
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
        if not are_rows(items):
            return self.recommender_.similar(items, k)
        ids = name_rows(items, ids, self.item_id, repeats=True)
        views = self._read(items)
        refuse_silence(views, [f"item {i!r}" for i in ids.tolist()])
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
        refuse_silence(views, [f"query {i}" for i in range(len(views))])
        warn_of_readings(readings)
        if feedback:
            n_best = min(feedback, self.item_ids_.size)
            best = self._comparison.search(self.search_, self.space_, views, n_best, target)
            rows = pd.Index(self.item_ids_).get_indexer(best[ITEM])
            views = expand(
                views, self.views_, best.assign(row=rows), list(terms_of(self.extractor_))
            )
        found = self._comparison.search(self.search_, self.space_, views, k, target)
        return mark_weak(found, readings)

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
            text_views=[name for name, v in vectorizers.items() if reads_texts(v)],
            groups=views_of({name: getattr(self, name) for name in MODALITIES}),
            known=tuple(vectorizers),
        )
        table = query_table(query, self.extractor_.modalities)
        views, readings = read_queries(self.extractor_, table)
        return views, merge_readings(readings)
