"""How the memory of short-lived arrays is kept."""

from functools import cache

import numpy as np


@cache
def keep_freed_memory():
    """Let the allocator keep what is freed, once in a process.

    Without it glibc gives blocks above a threshold back to the system, every batch takes fresh
    pages, and threads wait for one another to get them. The threshold rises to the largest block
    that was freed, up to 32 MB; the one here is never touched, so it costs nothing. The
    threshold is the process's, and any program that frees an array of that size raises it alike; no
    result depends on it. Other allocators are not affected.
    """
    np.empty(31 << 20, dtype=np.uint8)
