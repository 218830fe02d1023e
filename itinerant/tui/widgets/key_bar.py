"""The keys that count here, at the foot of the screen, in words and clickable."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.widgets import Footer
from textual.widgets._footer import FooterKey  # Textual exports no public name for one key of its footer

from itinerant.texts import _
from itinerant.tui.actions import key_name


class KeyBar(Footer):
    """The actions shown of the screen that has the focus, each once, with its first key."""

    def compose(self) -> ComposeResult:
        if not self._bindings_ready:
            return
        shown: set[str] = set()
        for _node, binding, enabled, _tooltip in self.screen.active_bindings.values():
            if binding.show and binding.action not in shown:
                shown.add(binding.action)
                yield FooterKey(
                    binding.key,
                    _(key_name(binding.key)),
                    _(binding.description),
                    binding.action,
                    disabled=not enabled,
                    tooltip=_(binding.tooltip),
                )
