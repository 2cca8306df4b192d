"""Three ways into a shared space: CCA, joint K-means and networks.

All aligners have one contract, so one replaces another without further changes. The comparison
asks each new text to find its own picture; the scores are on items that no aligner has seen.
"""

import tempfile

from mmclassic.align import CCA, KMeansAligner, MLPAligner, similarity
from mmclassic.datasets import make_catalog
from mmclassic.features import ImageVectorizer, ModalityExtractor, TextVectorizer
from mmclassic.metrics import median_rank, retrieval_recall_at_k

folder = tempfile.TemporaryDirectory()
catalog = make_catalog(
    n_items=300,
    n_users=10,
    folder=folder.name,
    image_size=64,
    audio_seconds=0.1,
    noise=0.3,  # less than the default, since 200 items are few to learn from
    random_state=0,
)
known, new = catalog.items.iloc[:200], catalog.items.iloc[200:]

extractor = ModalityExtractor(
    [("image", ImageVectorizer(), "picture"), ("text", TextVectorizer(), "comment")]
)
views = extractor.fit_transform(known)
new_views = extractor.transform(new)

aligners = {
    "CCA": CCA(),
    "K-means": KMeansAligner(n_clusters=12, random_state=0),
    "MLP": MLPAligner(random_state=0),
}
print(f"text -> image among {len(new)} new items; chance: recall@10 0.10, median rank 50.5\n")
print(f"{'':<10}{'width':>6}{'recall@10':>12}{'median rank':>14}")
for name, aligner in aligners.items():
    space = aligner.fit(views).transform(new_views)
    scores = similarity(space["text"], space["image"])
    recall, rank = retrieval_recall_at_k(scores, k=10), median_rank(scores)
    print(f"{name:<10}{aligner.n_components_:>6}{recall:>12.2f}{rank:>14.1f}")

print("\nK-means also gives clusters that use all the views an item has:")
print(aligners["K-means"].predict(new_views[:10]))

folder.cleanup()
