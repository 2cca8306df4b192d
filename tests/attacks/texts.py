"""Random texts and bytes of all kinds: what they are folded to, and what bytes are taken for.

python tests/attacks/texts.py ROUNDS
"""

import random
import sys
import time

from mmclassic.exceptions import CellError
from mmclassic.features import MixedAnalyzer
from mmclassic.features._cells import as_cells
from mmclassic.features.text._decode import read_texts
from mmclassic.features.text._fold import fold

# Signs that the analyser knows, letters of many scripts with marks, and any character at all.
SIGNS = "ab1.,'-+#İıßée\u0301\u0327\u0307\u200d\u200c\u00ad\ufe0f\u20e3 <>&;kg"
SCRIPTS = [(0xC0, 0x590), (0x590, 0x900), (0x900, 0xE00), (0xE00, 0x1200), (0x1780, 0x1B80)]
SCRIPTS += [(0x3040, 0x3100), (0x4E00, 0x4F00), (0xA980, 0xAA80), (0xAC00, 0xAD00)]
SCRIPTS += [(0x1F1E6, 0x1F650), (0x11000, 0x11200), (0x20, 0xD800), (0xE000, 0x110000)]
ENCODINGS = [
    "utf-8",
    "utf-16",
    "gbk",
    "big5",
    "cp932",
    "euc_jp",
    "cp949",
    "cp1250",
    "cp1251",
    "cp1252",
    "cp1256",
    "cp874",
]


def main(rounds):
    """Check so many thousand texts and columns of bytes; gives how many did what."""
    rng = random.Random(0)
    options = [(a, h) for a in (0, 1) for h in (0, 1)]
    analyzers = [MixedAnalyzer(strip_accents=a, strip_html=h, stem=False) for a, h in options]
    stemmer = MixedAnalyzer()
    read = refused = 0
    for _ in range(1000 * rounds):
        text = random_text(rng)
        for strip_accents in (True, False):
            once = fold(text, strip_accents=strip_accents)
            assert fold(once, strip_accents=strip_accents) == once, ascii(text)
        for analyzer in analyzers:
            for term in analyzer(text):
                assert term, ascii(text)
                assert term in analyzer(term), ascii((text, term))
        assert stemmer(text) == list(map(stemmer.stem_term, stemmer.words(text))), ascii(text)
        assert all(stemmer(text)), ascii(text)
        data = text.encode(rng.choice(ENCODINGS), "ignore")
        try:
            texts, _, _, remarks = read_texts(as_cells([data], "attack"), on_error="raise")
        except CellError:
            refused += 1
        else:
            assert (
                remarks
                or data.startswith((b"\xff\xfe", b"\xfe\xff"))
                or texts == [data.decode("utf-8-sig")]
            )
            read += 1
    return read, refused


def random_text(rng):
    low, high = rng.choice(SCRIPTS)
    pieces = [rng.choice(SIGNS), *(chr(rng.randrange(low, high)) for _ in range(3))]
    return "".join(rng.choices(pieces + [rng.choice(SIGNS)], k=rng.randint(1, 10)))


if __name__ == "__main__":
    start = time.perf_counter()
    n_read, n_refused = main(int(sys.argv[1]))
    sys.stdout.write(
        f"{n_read + n_refused} texts in {time.perf_counter() - start:.0f} s; of their bytes "
        f"{n_read} read, {n_refused} refused; none failed\n"
    )
