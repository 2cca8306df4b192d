"""Word vectors of the user's file: the formula, the cells, the file and its faults."""

import gzip
import io

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import mmclassic
from mmclassic import MultimodalRecommender
from mmclassic.features import ModalityExtractor, WordVectors

from ...fault_page import pattern, rows_of_page

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


def arrays(**named):
    file = io.BytesIO()
    np.savez(file, **named)
    return file.getvalue()


# The section "Word vectors" of the guide's table of bad input: every row is a case.
ROWS = {what: row for (_, what), row in rows_of_page(["Word vectors"]).items()}
FILES = {
    "an empty file": "",
    "a number too few": "ship 1 2\nboat 1",
    "a number too many": "ship 1 2\nboat 1 2 3",
    "a word among the numbers": "ship 1 2\nboat 1 x",
    "a comma in a number": "ship 1 2\nboat 1,5 2",
    "NaN": "ship 1 2\nboat 1 nan",
    "a number of 1e30": "ship 1 2\nboat 1 1e30",
    "a word twice": "ship 1 2\nboat 1 2\nship 1 3",
    "words that differ in case": "ship 1 2\nShip 1 3\nboat 3 1",
    "a word of two words": "ship 1 2\nNew York 1 3\nboat 3 1",
    "a byte order mark": "\ufeffship 1 2\nboat 3 1",
    "no line of sizes": "ship 1 2\nboat 3 1",
    "another number of words than the first line says": "3 2\nship 1 2\nboat 1 2",
    "a file in Latin-1": "ship 1 2\ncaf\xe9 1 2".encode("latin-1"),
    "the binary format of word2vec": b"2 2\nship \x00\x00\x80\x3f\x00\x01",
    "half of a gzip file": gzip.compress("\n".join(LINES).encode())[:60],
    "an .npz that is no archive": b"ship 1 2",
    "an .npz cut off": arrays(words=np.array(WORDS), vectors=NUMBERS)[:-30],
    "an .npz without vectors": arrays(words=np.array(WORDS)),
    "an .npz of objects": arrays(words=np.array(WORDS, dtype=object), vectors=NUMBERS),
    "an .npz of more words than vectors": arrays(words=np.array(WORDS[1:]), vectors=NUMBERS),
}


@pytest.mark.parametrize("what", ROWS)
def test_files_do_what_the_page_says(what, tmp_path):
    kind, words = ROWS[what]
    path = written(tmp_path, FILES[what], "bad.npz" if ".npz" in what else "bad.txt")
    if kind == "read":
        vectors = WordVectors(path).fit(TEXTS)
        known = [vectors.vectors_[vectors.vocabulary_[word]] for word in ("ship", "boat")]
        assert_array_equal(known, [[1, 2], [3, 1]])
        return
    assert kind == "refused"
    with pytest.raises(ValueError, match=pattern(words)) as error:
        WordVectors(path).fit(TEXTS)
    assert str(path) in str(error.value)


def test_the_page_and_the_cases_have_the_same_rows():
    assert set(ROWS) == set(FILES)


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
