"""Word vectors of the user's file: the formula, the cells, the file and its faults."""

import gzip

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import mmclassic
from mmclassic import MultimodalRecommender
from mmclassic.features import ModalityExtractor, WordVectors

WORDS = ["ship", "boat", "sea", "rose", "garden", "Café", "the", "红"]
NUMBERS = np.random.default_rng(0).normal(size=(len(WORDS), 5)).round(3)
LINES = [" ".join([word, *map(str, row)]) for word, row in zip(WORDS, NUMBERS)]
TEXTS = ["the ship", "the boat at sea", "a rose", "garden rose", None, "cafe, 红 sea"] * 5


@pytest.fixture
def path(tmp_path):
    return written(tmp_path, "\n".join(LINES))


def written(folder, content, name="words.txt"):
    data = content if isinstance(content, bytes) else content.encode()
    (folder / name).write_bytes(data)
    return folder / name


def smooth_inverse_frequency(texts, a=0.001):
    """Arora, Liang and Ma, algorithm 1, word by word."""
    table = {word.lower().replace("é", "e"): row for word, row in zip(WORDS, NUMBERS)}
    tokens = [text.replace(",", "").split() for text in texts]
    every = [token for own in tokens for token in own]
    rows = []
    for own in tokens:
        known = [token for token in own if token in table]
        weights = [a / (a + every.count(token) / len(every)) for token in known]
        rows.append(sum(w * table[t] for w, t in zip(weights, known)) / len(known))
    rows = np.array(rows)
    axis = np.linalg.svd(rows, full_matrices=False)[2][0]
    rows = rows - np.outer(rows @ axis, axis)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def test_rows_are_those_of_the_paper(path):
    found = WordVectors(path).fit(TEXTS).extract(TEXTS)
    assert_array_equal(found.present, [text is not None for text in TEXTS])
    assert found.block.dtype == np.float32
    assert np.isnan(found.block[4]).all()
    texts = [text for text in TEXTS if text is not None]
    assert_allclose(found.block[found.present], smooth_inverse_frequency(texts), atol=1e-5)


def test_a_text_is_read_alone_as_among_others_and_unknown_words_say_nothing(path):
    vectors = WordVectors(path).fit(TEXTS)
    whole = vectors.transform(TEXTS[:4])
    assert_array_equal(np.vstack([vectors.transform([text]) for text in TEXTS[:4]]), whole)
    assert_array_equal(vectors.tells(vectors.transform(["CAFÉ", "nothing here"])), [True, False])
    assert_array_equal(vectors.transform(["CAFÉ"]), vectors.transform(["cafe unknown"]))


def test_forms_of_one_file_give_the_same(path, tmp_path):
    expected = WordVectors(path).fit_transform(TEXTS)
    head = f"{len(WORDS)} 5\n"
    forms = [
        written(tmp_path, head + "\n".join(LINES) + "\n", "head.txt"),
        written(tmp_path, gzip.compress("\r\n".join(LINES).encode()), "packed.gz"),
        written(tmp_path, "\ufeff" + "\n".join(line.replace(" ", "\t") for line in LINES), "t.tsv"),
        tmp_path / "arrays.npz",
    ]
    np.savez(forms[-1], words=np.array(WORDS), vectors=NUMBERS)
    for form in forms:
        assert_array_equal(WordVectors(form).fit_transform(TEXTS), expected)


def test_words_of_the_column_are_kept_beyond_the_first(path):
    vectors = WordVectors(path, max_words=2).fit(["garden"])
    assert list(vectors.vocabulary_) == ["ship", "boat", "garden"]
    assert not vectors.component_.any()  # of one text it would be all of it


FAULTS = {
    "a number too few": ("ship 1 2\nboat 1", "line 2: a word and 2 number"),
    "a number too many": ("ship 1 2\nboat 1 2 3", "line 2: more than 2 number"),
    "no number": ("ship 1 2\nboat 1 x", "line 2: 'x' of the word 'boat' is not a number"),
    "NaN": ("ship 1 2\nboat 1 nan", "line 2: the vector of 'boat' holds NaN"),
    "a word twice": ("ship 1 2\nboat 1 2\nship 1 3", "line 3: the word 'ship' comes twice, first"),
    "Latin-1": ("ship 1 2\ncaf\xe9 1 2".encode("latin-1"), "line 2: it is not UTF-8"),
    "word2vec, binary": (b"2 2\nship \x00\x00\x80\x3f\x00\x01", "line 2: these are bytes and no"),
    "nothing": ("", "the file holds no word"),
    "fewer words than promised": ("3 2\nship 1 2\nboat 1 2", "promises 3 words; there are 2"),
    "half of a gzip file": (gzip.compress("\n".join(LINES).encode())[:60], "damaged or cut off"),
}


@pytest.mark.parametrize("what", FAULTS)
def test_a_bad_file_is_named_with_its_line(what, tmp_path):
    content, told = FAULTS[what]
    path = written(tmp_path, content)
    with pytest.raises(ValueError, match=told) as error:
        WordVectors(path).fit(TEXTS)
    assert str(path) in str(error.value)


@pytest.mark.parametrize(
    "arrays",
    [
        {"words": np.array(WORDS)},
        {"words": np.array(WORDS, dtype=object), "vectors": NUMBERS},
        {"words": np.array(WORDS[1:]), "vectors": NUMBERS},
    ],
)
def test_bad_arrays_are_refused(arrays, tmp_path):
    np.savez(tmp_path / "bad.npz", **arrays)
    with pytest.raises(ValueError, match=r"bad\.npz: "):
        WordVectors(tmp_path / "bad.npz").fit(TEXTS)


def test_a_model_needs_no_file_and_finds_words_that_no_item_has(path, tmp_path):
    items = pd.DataFrame({"name": ["ship", "rose", "garden rose"], "more": ["sea", None, None]})
    extractor = ModalityExtractor([("meaning", WordVectors(path), ["name", "more"])])
    model = MultimodalRecommender(extractor=extractor).fit(items)
    expected = model.search("boat", k=3)
    mmclassic.save(model, tmp_path / "model.skops")
    path.unlink()
    loaded = mmclassic.load(tmp_path / "model.skops")
    pd.testing.assert_frame_equal(loaded.search("boat", k=3), expected)
    loaded.extractor_.vectorizers_["meaning"].weights_ = np.ones(2, np.float32)
    with pytest.raises(ValueError, match="weights_"):
        loaded.extractor_.vectorizers_["meaning"]._check_state()
