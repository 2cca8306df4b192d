"""Texts: terms, weights, components and the vectorizer of a column of them."""
