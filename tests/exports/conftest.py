from tests.audit.conftest import export, world

__all__ = ["export", "world"]
