"""Dynamic programming over a band: the least cost of every cell, and the step that led there."""

import numpy as np


def least_path(costs, band, steps, *, open_begin=False, open_end=False):
    """The path of least cost, that cost, and the steps taken; None where no path leads through.

    An open path begins, or ends, at any column instead of the first, or the last.
    """
    codes = np.empty(band.offsets[-1], dtype=np.uint8)
    totals = _accumulate(costs, band, steps, codes, open_begin)
    column = int(np.argmin(totals)) if open_end else len(totals) - 1
    if totals[column] == np.inf:
        return None
    path, taken = _trace(codes, band, steps, column)
    return path, float(totals[column]), taken


def _accumulate(costs, band, steps, codes, open_begin):
    """Least costs of the last row's cells; `codes` is filled with the steps that lead to all cells.

    A cell's code is the place of its step in `steps`, or their number where a path begins there.
    """
    # All cells of an anti-diagonal depend on earlier ones alone. Only the last few are kept, each
    # by row, in arrays that are infinite on both sides of the band: above it since that is written,
    # below it since no earlier diagonal came so far.
    above, beside = max(s[0] for s in steps), max(s[1] for s in steps)
    longest = max(s[0] + s[1] for s in steps)
    recent = [np.full(above + band.n_rows + beside, np.inf) for _ in range(longest + 1)]
    moves = [(down + right, above - down, weight) for down, right, weight in steps]
    weights_differ = len({weight for *_, weight in steps}) > 1
    totals = np.full(band.n_columns, np.inf)
    firsts, ends, offsets = band.first.tolist(), (band.last + 1).tolist(), band.offsets.tolist()
    for start, top, block in costs.blocks(band):
        base, stop = offsets[start], start + len(block)
        less = np.empty((len(steps) - 1, offsets[stop] - base), dtype=bool)
        others, begins = list(zip(moves[1:], less)), []
        for d, local in enumerate(block, start):
            first, end, place = firsts[d], ends[d], offsets[d] - base
            past = place + end - first
            recent.insert(0, recent.pop())
            recent[0][first : first + above] = np.inf
            if first == end:
                continue
            best, local = recent[0][first + above : end + above], local[first - top : end - top]
            back, shift, weight = moves[0]
            least = recent[back][first + shift : end + shift]
            if weights_differ:
                least = least + weight * local
            for (back, shift, weight), won in others:
                total = recent[back][first + shift : end + shift]
                if weights_differ:
                    total = total + weight * local
                np.less(total, least, out=won[place:past])
                least = np.minimum(total, least, out=best)
            if not weights_differ:  # one for all could wait until the choice was made
                np.add(least, local if weight == 1 else weight * local, out=best)
            if first == 0 and (d == 0 or open_begin) and local[0] <= best[0]:
                best[0] = local[0]
                begins.append(base + place)
            if end == band.n_rows:
                totals[d - end + 1] = best[-1]
        _write_last_true(less, out=codes[base : offsets[stop]])
        codes[begins] = len(steps)
    return totals


def _write_last_true(less, out):
    """The number of the last array that is true, from 1, or 0."""
    out.fill(0)
    for k, won in enumerate(less, start=1):
        np.maximum(out, won.view(np.uint8) * np.uint8(k), out=out)


def _trace(codes, band, steps, column):
    """Cells of the path that ends in a column of the last row, in order, and the steps taken."""
    codes, place = memoryview(codes), (band.offsets[:-1] - band.first).tolist()
    i, j, cells, taken = band.n_rows - 1, column, [], []
    while True:
        cells.append((i, j))
        code = codes[place[i + j] + i]
        if code == len(steps):
            return np.array(cells[::-1], dtype=np.int64), taken[::-1]
        taken.append(code)
        i, j = i - steps[code][0], j - steps[code][1]
