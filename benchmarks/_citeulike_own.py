"""Our own rows on CiteULike-t: what is chosen is chosen on articles held back from training.

With one article of every user nothing can be held back, and the weights are those by agreement.
"""

import time

import numpy as np
import scipy.sparse as sp

from benchmarks import _citeulike_data as data
from benchmarks._report import Row, mean_row
from mmclassic.features import LSA, TextVectorizer
from mmclassic.interactions import Interactions
from mmclassic.metrics import recall_at_k
from mmclassic.recommend import KNNRecommender
from mmclassic.utils import measure
from mmclassic.views import GraphSmoothing, Views

KS = (50, 150, 300)
FIT, RANK = "CPU time of fit", "CPU time of lists of all users"
_N_COMPONENTS = 300
_LATENT = {"words (latent)": "words"}


def own_rows(case, n_train):
    """Recalls, time and memory of `KNNRecommender` with and without citations, and with tags."""
    split = data.split(n_train)
    views = _views()
    sets = {
        "words": ("words", "words (latent)"),
        "words + citations": ("words", "words (latent)", "citations"),
        "words + citations + tags": ("words", "words (latent)", "citations", "tags"),
    }
    rows = []
    for name, names in sets.items():
        chosen = views.select(*names)
        rows += _measured(case, f"KNNRecommender, {name}", chosen, split)
        if "citations" in names and "tags" not in names:
            smoothed = GraphSmoothing("citations", views=list(names[:2])).fit_transform(chosen)
            label = f"KNNRecommender, {name}, words smoothed over citations"
            rows += _measured(case, label, smoothed, split)
            label = "KNNRecommender, words smoothed over citations"
            rows += _measured(case, label, smoothed.select(*names[:2]), split)
    return rows


def _views():
    words = TextVectorizer(str.split, weighting="bm25").fit_transform(data.texts())
    latent = LSA(min(_N_COMPONENTS, words.shape[1] // 2)).fit_transform(words)
    blocks = {"words": words, "words (latent)": latent}
    blocks |= {"citations": data.citations(), "tags": data.tags()}
    present = [_filled(block) for block in blocks.values()]
    return Views(blocks, present=np.column_stack(present))


def _filled(block):
    return np.diff(block.indptr) > 0 if sp.issparse(block) else np.abs(block).sum(axis=1) > 0


def _measured(case, method, views, split):
    note = "settings by held-out articles of users in training"
    start = time.process_time()
    with measure(method) as stage:
        interactions = Interactions.from_csr(split.train)
        model = KNNRecommender(derived=_LATENT).fit(views, interactions)
        fitted = time.process_time()
        users = np.flatnonzero(np.diff(split.test.indptr))
        lists = model.rank(users, max(KS))
        ranked = time.process_time()
    relevant = split.test[users]
    rows = [
        mean_row(
            case, method, f"recall@{k}", recall_at_k(relevant, lists, k, per_user=True), note=note
        )
        for k in KS
    ]
    for metric, seconds in ((FIT, fitted - start), (RANK, ranked - fitted)):
        rows.append(Row(case, method, metric, seconds, unit="s", note=note))
    return [*rows, Row(case, method, "peak memory", stage.peak_mib, unit="MiB", note=note)]
