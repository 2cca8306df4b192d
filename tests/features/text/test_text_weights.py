"""BM25 weights and components of latent semantic analysis in TextVectorizer."""

import math
from collections import Counter

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import TfidfTransformer
from sklearn.utils.estimator_checks import parametrize_with_checks

import mmclassic
from mmclassic.features import MixedAnalyzer, TextVectorizer
from mmclassic.features.text import _tfidf
from mmclassic.features.text._bm25 import BM25Weighting

TEXTS = ["red shirt", "blue shirt shirt", "红衬衫", "", None]


@parametrize_with_checks([BM25Weighting(), BM25Weighting(0, b=1.0)])
def test_the_weighting_keeps_the_contract(estimator, check):
    check(estimator)


@pytest.mark.parametrize("block", [1, 7, 1000])
@pytest.mark.parametrize("sublinear_tf", [True, False])
def test_tfidf_in_blocks_is_that_of_scikit_learn(block, sublinear_tf, monkeypatch):
    monkeypatch.setattr(_tfidf, "_BLOCK", block)
    rng = np.random.default_rng(0)
    counts = sp.csr_matrix(rng.poisson(0.4, (40, 9)) * (np.arange(40) % 5 > 0)[:, None], dtype="f")
    expected = TfidfTransformer(sublinear_tf=sublinear_tf).fit(counts)
    fitted = _tfidf.fit_tfidf(counts, sublinear_tf=sublinear_tf)
    assert vars(fitted).keys() == vars(expected).keys()
    assert fitted.idf_.tobytes() == expected.idf_.tobytes()
    data = counts.data
    weights = expected.transform(counts)
    assert _tfidf.weigh_in_place(fitted, counts).data is data
    assert data.tobytes() == weights.data.tobytes()


def test_bm25_worked_by_hand():
    # 2 texts of 1 and 3 terms, mean 2. "a" is in both: idf = log(1 + 0.5 / 2.5) = log 1.2;
    # "b" in one: log(1 + 1.5 / 1.5) = log 2. Damping k1 (1/4 + 3/4 L/2): 1.2 * 0.625 = 0.75 for
    # the first text, 1.2 * 1.375 = 1.65 for the second.
    block = TextVectorizer(weighting="bm25").fit_transform(["a", "a b b"])
    expected = [
        [math.log(1.2) / 1.75, 0],
        [math.log(1.2) / 2.65, math.log(2) * 2 / 3.65],
    ]
    assert isinstance(block, sp.csr_matrix)
    assert block.dtype == np.float32
    assert_allclose(block.toarray(), expected, rtol=1e-6)


def brute_force(texts, vocabulary, fitted, k1, b):
    """The formula, term by term."""
    analyzer = MixedAnalyzer()
    documents = [Counter(analyzer(text)) for text in texts]
    learned = [Counter(analyzer(text)) for text in fitted]
    mean = sum(map(Counter.total, learned)) / len(learned)
    rows = []
    for document in documents:
        length = sum(document[term] for term in vocabulary)
        row = []
        for term in vocabulary:
            df = sum(term in other for other in learned)
            idf = math.log(1 + (len(learned) - df + 0.5) / (df + 0.5))
            f = document[term]
            row.append(idf * f / (f + k1 * (1 - b + b * length / mean)) if f else 0)
        rows.append(row)
    return np.array(rows)


@pytest.mark.parametrize(("k1", "b"), [(1.2, 0.75), (2.0, 0.0), (0.5, 1.0), (0, 0.75)])
@settings(max_examples=15, deadline=None)
@given(texts=st.lists(st.text("ab红 ", max_size=12), min_size=1, max_size=6))
def test_bm25_is_its_formula(k1, b, texts):
    fitted = [*texts, "a b"]
    vectorizer = TextVectorizer(weighting="bm25", k1=k1, b=b)
    learned = vectorizer.fit_transform(fitted).toarray()
    names = vectorizer.get_feature_names_out()
    assert_allclose(learned, brute_force(fitted, names, fitted, k1, b), rtol=1e-5, atol=1e-7)
    new = ["a a unseen 红", "b"]
    expected = brute_force(new, names, fitted, k1, b)
    assert_allclose(vectorizer.transform(new).toarray(), expected, rtol=1e-5, atol=1e-7)


def test_terms_that_are_left_out_do_not_count_in_the_length():
    texts = ["red shirt the the the", "blue shirt"]
    short = TextVectorizer(weighting="bm25", stop_words=["the"]).fit(texts)
    assert short.weighting_.average_length_ == 2


def test_bm25_tells_missing_from_empty():
    extraction = TextVectorizer(weighting="bm25").fit_extract(TEXTS)
    assert extraction.present.tolist() == [True, True, True, True, False]
    assert np.diff(extraction.block.indptr).tolist() == [2, 2, 5, 0, 0]


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"weighting": "count"}, "'weighting' parameter"),
        ({"k1": -0.1}, "'k1' parameter"),
        ({"b": 1.5}, "'b' parameter"),
        ({"n_components": 0}, "'n_components' parameter"),
    ],
)
def test_parameters_out_of_range(parameters, message):
    with pytest.raises(ValueError, match=message):
        TextVectorizer(**parameters).fit(["a b", "b c"])


WORDS = np.array(["red", "blue", "shirt", "shoe", "hat", "cotton", "红", "蓝", "衬衫", "鞋"])


@pytest.fixture(params=[0, 1, 2])
def corpus(request):
    """Sixty texts of random words; one is empty, one missing."""
    rng = np.random.default_rng(request.param)
    texts = [" ".join(rng.choice(WORDS, rng.integers(2, 8))) for _ in range(60)]
    texts[4], texts[7] = "", None
    return texts


@pytest.mark.parametrize("weighting", ["tfidf", "bm25"])
def test_components_equal_scikit_learn(corpus, weighting):
    vectorizer = TextVectorizer(weighting=weighting, n_components=5, random_state=0)
    block = vectorizer.fit_transform(corpus)
    present = [text for text in corpus if text is not None]
    weights = TextVectorizer(weighting=weighting).fit_transform(present)
    expected = TruncatedSVD(5, random_state=0).fit_transform(weights)
    lengths = np.linalg.norm(expected, axis=1, keepdims=True)
    expected = np.divide(expected, lengths, out=np.zeros_like(expected), where=lengths > 1e-6)
    assert block.dtype == np.float32
    assert_allclose(np.delete(block, 7, axis=0), expected, atol=1e-4)
    assert vectorizer.get_feature_names_out().tolist() == [f"lsa{i}" for i in range(5)]


def test_component_rows_have_length_one_empty_is_zero_and_missing_is_nan(corpus):
    extraction = TextVectorizer(n_components=4, random_state=0).fit_extract(corpus)
    lengths = np.linalg.norm(extraction.block, axis=1)
    assert lengths[4] == 0
    assert extraction.present[4]
    assert np.isnan(extraction.block[7]).all()
    assert not extraction.present[7]
    assert_allclose(np.delete(lengths, [4, 7]), 1, rtol=1e-5)


def test_components_are_those_of_the_same_seed(corpus):
    fits = [TextVectorizer(n_components=3, random_state=5).fit(corpus) for _ in range(2)]
    assert_allclose(fits[0].transform(corpus), fits[1].transform(corpus), rtol=0, atol=0)
    assert_allclose(
        fits[0].transform(corpus[10:20]), fits[0].transform(corpus)[10:20], rtol=0, atol=1e-6
    )


def test_a_text_outside_the_components_is_a_row_of_zeros():
    texts = ["a b", "a c", "b c"] * 20 + ["x y"]
    block = TextVectorizer(n_components=1, random_state=0).fit_transform(texts)
    assert not block[-1].any()
    assert_allclose(np.abs(block[:-1]), 1, rtol=1e-6)


@pytest.mark.parametrize(
    ("texts", "n_components", "message"),
    [
        (["a b", "b c d"], 3, r"n_components=3 is more than 2 text\(s\) with 4 terms.*at most 2"),
        (["a b"] * 9, 3, r"more than 9 text\(s\) with 2 terms.*at most 2, or None"),
        (["a", "a"], 1, "one term has no components"),
    ],
)
def test_too_many_components(texts, n_components, message):
    with pytest.raises(ValueError, match=message):
        TextVectorizer(n_components=n_components).fit(texts)


@pytest.mark.filterwarnings("error")
def test_one_text_has_one_component():
    block = TextVectorizer(n_components=1, random_state=0).fit_transform(["red shirt"])
    assert_allclose(np.abs(block), [[1]], rtol=1e-6)


def test_components_of_missing_texts_only():
    fitted = TextVectorizer(n_components=2, random_state=0).fit(["a b", "b c", "c a"])
    assert fitted.transform([]).shape == (0, 2)
    assert np.isnan(fitted.transform([None, None])).all()
    assert not fitted.transform(["unseen"]).any()


@pytest.mark.parametrize(
    "parameters", [{"weighting": "bm25"}, {"n_components": 3, "random_state": 0}]
)
def test_saved_and_loaded(parameters, tmp_path, corpus):
    fitted = TextVectorizer(**parameters).fit(corpus)
    again = mmclassic.load(mmclassic.save(fitted, tmp_path / "text.skops"))
    before, after = (v.transform(corpus[8:]) for v in (fitted, again))
    if sp.issparse(before):
        before, after = before.toarray(), after.toarray()
    assert_allclose(before, after, rtol=0, atol=0)
