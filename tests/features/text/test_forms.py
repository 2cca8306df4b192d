"""Words that have a term of their own beside their stem."""

import numpy as np
import pandas as pd
import pytest
from sklearn.feature_extraction.text import CountVectorizer

from mmclassic import MultimodalRecommender
from mmclassic.features import MixedAnalyzer, TextVectorizer
from mmclassic.features.text import _term_counts
from mmclassic.features.text._term_counts import count_terms

TEXTS = ["city city cities", "cities of the sea", "a city", "running water", "run, run runs 红条"]


@pytest.fixture
def fitted():
    return TextVectorizer().fit(TEXTS)


def test_all_but_the_commonest_form_have_a_term_of_their_own(fitted):
    own = [term for term in fitted.vocabulary_ if term.startswith('"')]
    assert own == ['"cities"', '"running"', '"runs"']
    forms = dict(zip(fitted.vocabulary_, fitted.forms_))
    assert (forms["citi"], forms['"cities"'], forms["run"]) == ("city", "cities", "run")


@pytest.mark.parametrize("chunk", [1, 2, 4096])
def test_counts_are_those_of_stems_and_of_whole_words(fitted, chunk, monkeypatch):
    monkeypatch.setattr(_term_counts, "_CHUNK_TEXTS", chunk)
    counts, _ = count_terms(TEXTS, fitted.analyzer_, fitted.vocabulary_)
    for analyzer, of in [(MixedAnalyzer(), str), (MixedAnalyzer(stem=False), '"{}"'.format)]:
        expected = CountVectorizer(analyzer=analyzer).fit(TEXTS)
        found = expected.transform(TEXTS).toarray()
        for term, column in expected.vocabulary_.items():
            if of(term) in fitted.vocabulary_:
                here = counts[:, fitted.vocabulary_[of(term)]].toarray().ravel()
                np.testing.assert_array_equal(here, found[:, column])


@pytest.mark.parametrize("query", ["cities", "city", "runs a run", "Running CITIES", "红条 runs"])
@pytest.mark.parametrize("options", [{}, {"weighting": "bm25"}, {"sublinear_tf": False}])
def test_queries_of_known_words_are_read_as_texts_are(query, options):
    fitted = TextVectorizer(**options).fit(TEXTS)
    read = fitted.extract_queries([query])
    assert read.readings == []
    assert (read.block != fitted.transform([query])).nnz == 0


def test_a_form_that_no_text_has_is_its_stem(fitted):
    assert fitted.transform(["citying"]).indices.tolist() == [fitted.vocabulary_["citi"]]


def test_a_slip_in_a_form_has_the_term_of_the_form(fitted):
    (reading,) = fitted.extract_queries(["cittes"]).readings
    assert reading.read_as == ("cities",)
    found = fitted.extract_queries(["cittes"]).block
    assert (found != fitted.transform(["cities"])).nnz == 0


def test_own_terms_are_left_out_as_others_are():
    assert list(TextVectorizer(min_df=2).fit(TEXTS).vocabulary_) == ['"cities"', "citi", "run"]
    assert list(TextVectorizer(stem=False).fit(TEXTS[:1]).vocabulary_) == ["cities", "city"]
    own = TextVectorizer(str.split).fit(["city cities"])
    assert list(own.vocabulary_) == ["cities", "city"]


@pytest.mark.parametrize(
    ("query", "first"), [("dying", 1), ("died", 0), ("paint", 3), ("painting", 2), ("painted", 4)]
)
def test_a_search_finds_the_form_that_was_asked_for_first(query, first):
    texts = ["they died", "dying star", "painting of", "paint pot", "painted chair", "the sea"]
    model = MultimodalRecommender(text="title").fit(pd.DataFrame({"title": texts}))
    assert model.search(text=query, k=3)["item_id"].tolist()[0] == first
