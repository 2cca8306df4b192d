"""Shared helpers: parameter constraints, linear algebra, exact top-k, chunked parallel map."""
