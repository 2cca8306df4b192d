"""Counting terms: equal to scikit-learn, with any number of workers, and without any term."""

import pickle
import re
from collections import Counter

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from hypothesis import given
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.model_selection import GridSearchCV
from sklearn.naive_bayes import MultinomialNB
from sklearn.pipeline import make_pipeline

import mmclassic
from mmclassic import MultimodalRecommender
from mmclassic.features import MixedAnalyzer, TextVectorizer
from mmclassic.features.text import _term_counts as counts_module
from mmclassic.features.text._choice import select_terms
from mmclassic.features.text._term_counts import count_terms
from mmclassic.features.text._unspaced import numbers_of, terms_of

NO_TERM = r"no text of column 'title' has a term \({} text\(s\)\).*Leave the column out"


def corpus(n_texts, random_state):
    rng = np.random.default_rng(random_state)
    words = np.array(["red", "blue", "红", "色", "条", "纹", "shirt", " ", "👍"])
    return ["".join(rng.choice(words, rng.integers(0, 12))) for _ in range(n_texts)]


@given(
    st.lists(st.text("ab红条 ", max_size=8), min_size=1, max_size=8),
    st.sampled_from([1, 2, 0.3, 0.5]),
    st.sampled_from([2, 3, 0.7, 1.0]),
    st.sampled_from([None, 1, 3]),
)
def test_chosen_terms_are_those_of_scikit_learn(texts, min_df, max_df, max_features):
    options = {"min_df": min_df, "max_df": max_df, "max_features": max_features}
    reference = CountVectorizer(analyzer=MixedAnalyzer(), **options)
    counts, vocabulary = count_terms(texts, MixedAnalyzer())
    columns = select_terms(counts, **options)
    try:
        expected = reference.fit_transform(texts)
    except ValueError:  # it has no result without terms
        assert columns.size == 0
        return
    found = counts[:, columns]
    # Of terms of one frequency the limit of features may keep any.
    assert sorted(found.sum(axis=0).A1) == sorted(expected.sum(axis=0).A1)
    if max_features is None:
        assert (found != expected).nnz == 0
        assert np.array(list(vocabulary))[columns].tolist() == list(
            reference.get_feature_names_out()
        )


@pytest.mark.parametrize("random_state", [0, 1, 2])
@pytest.mark.parametrize("n_jobs", [1, 2])
def test_chunks_and_workers_change_nothing(random_state, n_jobs, monkeypatch):
    monkeypatch.setattr(counts_module, "_CHUNK_TEXTS", 7)
    monkeypatch.setattr(counts_module, "_WORTH_WORKERS", 0.0)
    texts = corpus(50, random_state)
    expected = CountVectorizer(analyzer=MixedAnalyzer()).fit(texts[:30])
    fitted = TextVectorizer(n_jobs=n_jobs).fit(texts[:30])
    assert fitted.get_feature_names_out().tolist() == list(expected.get_feature_names_out())
    counts, _ = count_terms(texts, MixedAnalyzer(), fitted.vocabulary_, n_jobs=n_jobs)
    assert (counts != expected.transform(texts)).nnz == 0
    alone = clone(fitted).set_params(n_jobs=None).fit(texts[:30])
    assert (fitted.transform(texts) != alone.transform(texts)).nnz == 0


@pytest.mark.parametrize("chunk_texts", [1, 2, 5])
def test_chunks_change_nothing_where_words_have_several_terms(chunk_texts, monkeypatch):
    rng = np.random.default_rng(chunk_texts)
    words = np.array(["cities", "city", "runs", "run", "running", "红条", "T-shirts", "a"])
    texts = [" ".join(rng.choice(words, rng.integers(0, 9))) for _ in range(30)]
    expected = TextVectorizer().fit(texts)
    monkeypatch.setattr(counts_module, "_CHUNK_TEXTS", chunk_texts)
    fitted = TextVectorizer().fit(texts)
    assert fitted.vocabulary_ == expected.vocabulary_
    for some in (texts, texts[::-1], ["runs 红 unknown"]):
        assert (fitted.transform(some) != expected.transform(some)).nnz == 0
    alone = sp.vstack([expected.transform([text]) for text in texts])
    assert (fitted.fit_transform(texts) != alone).nnz == 0


def test_workers_are_started_only_where_they_pay(monkeypatch):
    chosen = []
    monkeypatch.setattr(
        counts_module,
        "map_chunks",
        lambda function, texts, *, n_jobs, **_: chosen.append(n_jobs) or [function(texts)],
    )
    texts = ["red shirt"] * 300
    count_terms(texts, str.split, n_jobs=2)
    monkeypatch.setattr(counts_module, "_WORTH_WORKERS", 0.0)
    count_terms(texts, str.split, n_jobs=2)
    count_terms(texts, str.split, n_jobs=None)
    assert chosen == [1, 2, 1]


def test_progress_goes_to_standard_error(capsys):
    TextVectorizer(progress=True).fit(pd.Series(["a", "b"], name="title"))
    assert re.search(
        r"TextVectorizer title: 2/2 \(.* items/s, .* s left\)", capsys.readouterr().err
    )


@pytest.mark.parametrize("weighting", ["tfidf", "bm25"])
@pytest.mark.parametrize("texts", [[""] * 3, ["!!", None, ""]])
def test_texts_without_any_term_are_present_and_empty(texts, weighting):
    column = pd.Series(texts, name="title")
    vectorizer = TextVectorizer(weighting=weighting, stop_words="english")
    with pytest.warns(UserWarning, match=NO_TERM.format(column.notna().sum())):
        extraction = vectorizer.fit_extract(column)
    assert isinstance(extraction.block, sp.csr_matrix)
    assert extraction.block.dtype == np.float32
    assert extraction.block.shape == (3, 1)
    assert extraction.block.nnz == 0
    assert extraction.present.tolist() == column.notna().tolist()
    assert vectorizer.get_feature_names_out().tolist() == [""]
    assert vectorizer.transform(["red", None]).nnz == 0
    assert pickle.loads(pickle.dumps(vectorizer)).transform(["red"]).shape == (1, 1)


def test_components_of_texts_without_any_term_name_the_column():
    with (
        pytest.warns(UserWarning, match=NO_TERM.format(2)),
        pytest.raises(ValueError, match=r"column 'title': one term has no components"),
    ):
        TextVectorizer(n_components=2).fit(pd.Series(["", ""], name="title"))


def test_limits_that_leave_no_term_name_the_column():
    message = r"none of the 2 terms of column 'title' \(2 text\(s\)\) with min_df=2 and max_df=1.0"
    with pytest.raises(ValueError, match=message):
        TextVectorizer(min_df=2).fit(pd.Series(["a", "b"], name="title"))


def test_the_recommender_hands_on_its_workers():
    items = pd.DataFrame({"item_id": [1, 2, 3], "title": ["red", "blue", "red shirt"]})
    model = MultimodalRecommender(text="title", n_jobs=2).fit(items)
    assert model.extractor_.vectorizers_["text"].n_jobs == 2


@pytest.mark.filterwarnings("ignore:no text of:UserWarning")
def test_a_fold_of_empty_texts_does_not_stop_a_search():
    texts = ["", "", "", "red", "blue", "red"]
    search = GridSearchCV(
        make_pipeline(TextVectorizer(), MultinomialNB()),
        {"textvectorizer__weighting": ["tfidf", "bm25"]},
        cv=[([0, 1, 2], [3, 4, 5]), ([3, 4, 5], [0, 1, 2])],
        error_score="raise",
    )
    assert np.isfinite(search.fit(texts, [0, 1, 0, 0, 1, 0]).best_score_)


@pytest.mark.parametrize("columns", [{}, {"numeric": "size"}])
def test_a_catalog_of_empty_texts_can_be_fitted(columns, tmp_path):
    items = pd.DataFrame(
        {
            "item_id": range(12),
            "title": [""] * 12,
            "size": [np.eye(12)[i] + np.eye(12)[i - i % 2] for i in range(12)],
        }
    )
    bought = pd.DataFrame({"user_id": [1, 1, 2], "item_id": [0, 1, 5]})
    with pytest.warns(UserWarning, match=NO_TERM.format(12)):
        model = MultimodalRecommender(text="title", **columns).fit(items, bought)
    again = mmclassic.load(mmclassic.save(model, tmp_path / "model.skops"))
    for each in (model, again):
        ranked = each.recommend(k=3)
        assert len(ranked) == 6
        assert np.isfinite(ranked["score"]).all()
        with pytest.raises(ValueError, match="says nothing that the fitted items could be"):
            each.search(text="red", k=3)
    if columns:
        assert model.similar([11, 0], k=1)["item_id"].tolist() == [10, 1]


def test_a_file_holds_the_terms_in_one_piece(tmp_path):
    fitted = TextVectorizer().fit([f"term{i} 红{chr(0x4E00 + i)}" for i in range(2000)])
    path = mmclassic.save(fitted, tmp_path / "text.skops")
    again = mmclassic.load(path)
    assert again.vocabulary_ == fitted.vocabulary_
    assert list(again.vocabulary_) == list(fitted.vocabulary_)
    # 6,000 terms took 4 MB, one by one.
    assert path.stat().st_size < 300_000
    assert pickle.loads(pickle.dumps(fitted)).vocabulary_ == fitted.vocabulary_
    assert fitted.vocabulary_["term7"] == again.vocabulary_["term7"]
    assert pickle.loads(pickle.dumps(TextVectorizer(min_df=2))).min_df == 2


@given(
    st.lists(st.text("aéC# 的红条ガ，,.(-1한กา\n👍あ𠀀", max_size=12), min_size=1, max_size=5),
    st.sampled_from([None, "chinese", ["红", "红条", "a"]]),
    st.sampled_from([1, 100]),
)
def test_counts_are_those_of_the_analyzer(texts, stop_words, chunk_texts):
    analyzer = MixedAnalyzer(stop_words)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(counts_module, "_CHUNK_TEXTS", chunk_texts)
        counts, vocabulary = count_terms(texts, analyzer)
    assert list(vocabulary) == sorted(vocabulary)
    assert counts.has_sorted_indices
    terms = np.array([*vocabulary, None], dtype=object)
    for text, row in zip(texts, counts):
        assert dict(zip(terms[row.indices], row.data)) == Counter(analyzer(text))
    for number, term in zip(numbers_of(terms[:-1]), terms):
        assert number == 0 or terms_of(np.array([number])) == [term]
