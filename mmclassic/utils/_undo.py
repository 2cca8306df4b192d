"""All of a change, or nothing of it."""

from contextlib import contextmanager


@contextmanager
def all_or_nothing(*objects):
    """Give objects their attributes back if what follows fails, or is interrupted.

    What was changed inside of an attribute stays; what has no attributes is passed over.
    """
    changed = [vars(thing) for thing in objects if hasattr(thing, "__dict__")]
    before = [dict(attributes) for attributes in changed]
    try:
        yield
    except BaseException:
        for attributes, old in zip(changed, before):
            attributes.clear()
            attributes.update(old)
        raise
