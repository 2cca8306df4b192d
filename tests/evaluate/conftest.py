"""Make the helper module importable under pytest's importlib mode."""

import importlib.util
import sys
from pathlib import Path

_NAME = "evaluate_models"
_SPEC = importlib.util.spec_from_file_location(_NAME, Path(__file__).with_name("models.py"))
sys.modules[_NAME] = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(sys.modules[_NAME])
