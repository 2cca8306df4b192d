"""Files of word vectors: lines of a word and its numbers, or arrays."""

import gzip
import re
import zipfile
from pathlib import Path

import numpy as np

_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1f]")
_LARGEST = 1e15  # squares and sums of many still fit into float32


def read_vectors(path, fold, most, wanted):
    """Terms and their vectors, float32 (n_terms, n_numbers), of a file of the user.

    `fold` makes a term of a word; of words with one term the first counts, for files begin with
    what is frequent. Kept are the first `most` terms, None all, and those `wanted`.
    Raises ValueError that names the file, and the line where there is one.
    """
    path = Path(path)
    if path.suffix == ".npz":
        entries = _array_entries(path)
    else:
        with open(path, "rb") as file:
            packed = file.read(2) == b"\x1f\x8b"
        entries = _line_entries(path, gzip.open if packed else open)
    rows, seen = {}, {}
    for where, word, numbers in entries:
        if word in seen:
            raise _fault(path, where, f"the word {word!r} comes twice, first in {seen[word]}")
        seen[word] = where
        term = fold(word)
        if term and term not in rows and (most is None or len(rows) < most or term in wanted):
            rows[term] = _vector(path, where, word, numbers)
    if not rows:
        raise ValueError(f"{path}: the file holds no word.")
    return list(rows), np.stack(list(rows.values()))


def _fault(path, where, what):
    return ValueError(f"{path}, {where}: {what}.")


def _vector(path, where, word, numbers):
    try:
        vector = np.array(numbers, dtype=np.float64)
    except ValueError:
        wrong = next(text for text in numbers if not _is_number(text))
        raise _fault(path, where, f"{wrong!r} of the word {word!r} is not a number") from None
    # Not above, either: NaN compares as neither.
    if not (np.abs(vector) < _LARGEST).all():
        raise _fault(path, where, f"the vector of {word!r} holds NaN, infinite or huge numbers")
    return vector.astype(np.float32)


def _line_entries(path, opener):
    """Place, word and texts of numbers of every line."""
    with opener(path, "rb") as file:
        try:
            yield from _lines(path, file)
        except (EOFError, gzip.BadGzipFile) as error:
            raise ValueError(f"{path}: the file is damaged or cut off ({error}).") from error


def _lines(path, file):
    width = promised = None
    n_read = 0
    for number, line in enumerate(file, 1):
        where = f"line {number}"
        text = _decoded(path, where, line)
        if not text:
            continue
        if number == 1:
            promised, width = _header(text)
            if width is not None:
                continue
        parts = text.rsplit(None, width) if width is not None else text.split()
        width = len(parts) - 1 if width is None else width
        _check_width(path, where, parts, width)
        n_read += 1
        yield where, parts[0], parts[1:]
    if promised is not None and n_read != promised:
        raise ValueError(f"{path}: the first line promises {promised} words; there are {n_read}.")


def _decoded(path, where, line):
    if _CONTROL.search(line):
        raise _fault(
            path,
            where,
            "these are bytes and no text, as in the binary format of word2vec; save the vectors as "
            "text, or as .npz with the arrays words and vectors",
        )
    try:
        return line.decode("utf-8-sig" if where == "line 1" else "utf-8").strip()
    except UnicodeDecodeError:
        raise _fault(path, where, "it is not UTF-8") from None


def _header(text):
    """The numbers of words and of columns that a first line gives; None where it is a word's."""
    parts = text.split()
    if len(parts) == 2 and all(part.isascii() and part.isdigit() for part in parts):
        return int(parts[0]), int(parts[1])
    return None, None


def _check_width(path, where, parts, width):
    """A word may hold spaces, but one that ends in a number is a line with a number too many."""
    if width < 1 or len(parts) != width + 1:
        raise _fault(path, where, f"a word and {max(width, 1)} number(s) are expected")
    head = parts[0].split()
    if len(head) > 1 and _is_number(head[-1]):
        raise _fault(path, where, f"more than {width} number(s), as lines before have")


def _is_number(text):
    try:
        float(text)
    except ValueError:
        return False
    return True


def _array_entries(path):
    """Place, word and numbers of the arrays `words` and `vectors`."""
    with open(path, "rb") as file:
        # NumPy would take another file for a pickle, and advise to load that.
        if not zipfile.is_zipfile(file):
            raise ValueError(f"{path}: this is no archive of arrays, as numpy.savez writes it.")
    try:
        with np.load(path, allow_pickle=False) as arrays:
            words, vectors = arrays["words"], arrays["vectors"]
    except KeyError as error:
        raise ValueError(f"{path}: the arrays words and vectors are expected ({error}).") from error
    except (ValueError, zipfile.BadZipFile, EOFError) as error:
        raise ValueError(f"{path}: the arrays cannot be read ({error}).") from error
    fits = words.ndim == 1 and words.dtype.kind == "U" and vectors.dtype.kind in "fiu"
    if not fits or vectors.ndim != 2 or len(words) != len(vectors) or not vectors.shape[1]:
        raise ValueError(
            f"{path}: words must be an array of str, and vectors one of numbers with a row for "
            f"each; got {words.dtype} {words.shape} and {vectors.dtype} {vectors.shape}."
        )
    for row, word in enumerate(words.tolist()):
        yield f"row {row}", word, vectors[row]
