"""The wing of clips: pictures that move, with their sound; it builds on those of either."""
