"""Questions about a catalogue: words and a picture are one query, the answer is rows with a reason.

No text is generated. The answer to a question is the rows that fit it best, and why they do: what
the words and the picture say of each on their own, and the words that a row shares with it.
"""

import tempfile

from mmclassic import MultimodalRecommender
from mmclassic.datasets import make_catalog
from mmclassic.features import ImageVectorizer, ModalityExtractor, TextVectorizer

folder = tempfile.TemporaryDirectory()
catalog = make_catalog(
    n_items=200, n_users=5, folder=folder.name, image_size=64, audio_seconds=0.5, random_state=0
)
known, asked = catalog.items.iloc[:190], catalog.items.iloc[190:]
extractor = ModalityExtractor(
    [
        ("image", ImageVectorizer(), "picture"),
        # Questions are full of words such as "which" and "are", which say nothing of an item.
        ("text", TextVectorizer(stop_words="english"), "comment"),
    ]
)
model = MultimodalRecommender(extractor=extractor, keep=["comment"]).fit(known)


def answer(question, picture, k=3):
    """The best rows, with the parts of their scores and the words that they share."""
    found = model.search(text=question, image=picture, k=k).set_index("item_id")
    n = len(known)
    words = model.search(text=question, k=n).set_index("item_id")["score"]
    sight = model.search(image=picture, k=n).set_index("item_id")["score"]
    table = found[["rank", "score"]].assign(by_words=words, by_picture=sight)
    # What is left: the two are one point in the shared space, and not the sum of two.
    table["together"] = table["score"] - table["by_words"] - table["by_picture"]
    comments = model.kept_["comment"]
    asked_for = terms(question)
    table["shares"] = [", ".join(sorted(asked_for & terms(comments[i]))) for i in table.index]
    return table.round(2)


def terms(text):
    """The terms of a text, as the model reads them."""
    vectorizer = model.extractor_.vectorizers_["text"]
    row = vectorizer.transform([text])
    return set(vectorizer.get_feature_names_out()[row.indices])


print("Which are yellow and bright, like the one in this picture?\n")
picture = asked["picture"].iloc[0]
print(answer("Which are yellow and bright?", picture).to_string())

print("\nThe same question without the picture:\n")
print(model.search("Which are yellow and bright?", k=3).to_string())

folder.cleanup()
