"""Accuracy tables and speed suites behind one front door: ``python -m benchmarks``.

A benchmark is one module of this package whose name has no leading underscore. It
has a ``DESCRIPTION`` of one line and ``run(quick)``, which returns rows
(`benchmarks._report.Row`).
"""
