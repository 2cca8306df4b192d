import hashlib
import os
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from mmclassic.datasets import _fetch

REAL_DATA = os.environ.get("MMCLASSIC_DATA")


class Site:
    """A web site on the loopback interface, with a registry that points to it."""

    def __init__(self, root, registry):
        self.root = root
        self.registry = registry
        self.requests = []
        site = self

        class Handler(SimpleHTTPRequestHandler):
            def log_message(self, *args):
                site.requests.append(self.path)

        handler = partial(Handler, directory=str(root))
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/"
        serve = partial(self.server.serve_forever, poll_interval=0.02)
        threading.Thread(target=serve, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()

    def put(self, path, content):
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)

    def register(self, name, folder, contents, *, write=True):
        """Serve files and append their section to a registry file."""
        lines = [f"@\t{folder}\t{self.url}{name}/"]
        for file_name, content in contents.items():
            if write:
                self.put(f"{name}/{file_name}", content)
            lines.append(f"{file_name}\t{hashlib.sha256(content).hexdigest()}")
        self.append(name, lines)

    def append(self, name, lines):
        with (self.registry / f"{name}.tsv").open("a", encoding="utf-8") as file:
            file.write("\n".join(lines) + "\n")


@pytest.fixture
def site(tmp_path, monkeypatch):
    for variable in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY", "MMCLASSIC_DATA"):
        monkeypatch.delenv(variable, raising=False)
    registry = tmp_path / "registry"
    registry.mkdir()
    (tmp_path / "site").mkdir()
    monkeypatch.setattr(_fetch, "_REGISTRY", registry)
    monkeypatch.setattr(_fetch, "_RETRIES", 0)
    site = Site(tmp_path / "site", registry)
    yield site
    site.close()


@pytest.fixture
def real_data(monkeypatch):
    if not REAL_DATA:
        pytest.skip("MMCLASSIC_DATA is not set: no local copy of the open data sets")
    monkeypatch.setenv("MMCLASSIC_DATA", REAL_DATA)
    return Path(REAL_DATA)
