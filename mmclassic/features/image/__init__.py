"""Pictures: decoding, descriptors and the vectorizer of a column of them."""
