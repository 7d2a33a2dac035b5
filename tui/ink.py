"""What is drawn line by line, and the styles it is drawn with."""

from __future__ import annotations

from functools import cache
from typing import Any, ClassVar

from rich.style import Style
from textual.css.styles import RenderStyles
from textual.dom import DOMNode
from textual.scroll_view import ScrollView


class Inked(ScrollView, can_focus=True):
    """`style_of` gives the style of a name: one of COMPONENT_CLASSES without its "cell--".

    Where the terminal has few colours or none, cursor and focus are reversed instead of tinted.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "cell", "cell--ok", "cell--warn", "cell--fail", "cell--unknown", "cell--muted", "cell--accent", "cell--cursor",
        "cell--head", "cell--title", "cell--focus", "cell--heading",
    }  # fmt: skip
    DEFAULT_CSS = """
    Inked {
        background: $background; color: $foreground; scrollbar-size-vertical: 1; scrollbar-size-horizontal: 0;
        scrollbar-gutter: stable;
        & .cell--ok { color: $text-success; }
        & .cell--warn { color: $text-warning; text-style: bold; }
        & .cell--fail { color: $text-error; text-style: bold; }
        & .cell--unknown { color: $text-warning; text-style: italic; }
        & .cell--muted { color: $foreground 60%; }
        & .cell--accent { color: $accent; }
        & .cell--cursor { background: $panel-lighten-2; text-style: bold; }
        & .cell--head { color: $foreground 60%; text-style: underline; }
        & .cell--heading { text-style: bold; }
        & .cell--title { background: $panel; color: $foreground; }
        & .cell--focus { background: $primary-darken-3; color: $foreground; text-style: bold; }
        &:ansi .cell--cursor { background: ansi_default; text-style: bold reverse; }
        &:ansi .cell--focus { background: ansi_default; color: ansi_default; text-style: bold reverse; }
    }
    """

    @classmethod
    @cache
    def _get_component_classes(cls) -> frozenset[str]:
        """None ahead of its use: Textual would work all of them out anew whenever anything about a widget changes."""
        return frozenset()

    def get_component_styles(self, *names: str) -> RenderStyles:
        for name in names:
            if name not in self._component_styles and name in super()._get_component_classes():
                node = DOMNode(classes=name)
                node._attach(self)
                self.app.stylesheet.apply(node)
                self._component_styles[name] = node.styles
        return super().get_component_styles(*names)

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._component_styles.clear()
        self.refresh()

    @property
    def breadth(self) -> int:
        """Cells of a row: those beside the scrollbar."""
        return self.scrollable_content_region.width

    def style_of(self, name: str) -> Any:
        """The rich style of a style name."""
        base = self.get_component_rich_style("cell")
        return base + self.get_component_rich_style(f"cell--{name}", partial=True) if name else base

    def ink_of(self, name: str) -> Style:
        """Its colour and weight alone, for text on another style's paper."""
        if not name:
            return Style()
        style = self.get_component_rich_style(f"cell--{name}", partial=True)
        return Style(color=style.color, bold=style.bold)


def paper(style: Style) -> Style:
    """The background of a style alone."""
    return Style(bgcolor=style.bgcolor, reverse=style.reverse)
