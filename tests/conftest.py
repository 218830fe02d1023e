"""What every test needs: a terminal that looks the same everywhere, Hypothesis profiles, and how many processes.

* `HYPOTHESIS_PROFILE` chooses the profile: `default` (100 examples), `ci` (the same without memory of
  earlier failures; taken when `CI` is set), `soak` (long runs, for `make soak`).
"""

import os

from hypothesis import HealthCheck, settings

# Before anything imports Textual: it reads these once, at import.
os.environ.pop("NO_COLOR", None)  # changes what a screen's snapshot looks like
os.environ.pop("FORCE_COLOR", None)
os.environ["TEXTUAL_ANIMATIONS"] = "none"
os.environ["TEXTUAL_SMOOTH_SCROLL"] = "0"
os.environ["TEXTUAL_DISABLE_KITTY_KEY"] = "1"
# A developer's own settings never reach a test.
for name in [name for name in os.environ if name.startswith("ITINERANT_")]:
    del os.environ[name]

# Speed depends on the machine, so no deadline and no complaint of slowness: a time limit that fails by chance
# teaches people to ignore failures.
common = settings(deadline=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("default", common, max_examples=100)
settings.register_profile("ci", common, max_examples=100, database=None)
settings.register_profile("soak", common, max_examples=5_000, stateful_step_count=100)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE") or ("ci" if os.environ.get("CI") else "default"))


def pytest_xdist_auto_num_workers() -> int:
    """Half as many processes again as cores (`-n auto`): screens spend a third of their time waiting to be drawn."""
    return max(2, (os.cpu_count() or 1) * 3 // 2)
