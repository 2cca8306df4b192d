"""Sounds: decoding, frames, descriptors and the vectorizer of a column of them."""
