"""The modes of the console, one folder each. A new one is one line here."""

from screens.database.screen import DatabaseScreen
from screens.services.screen import ServicesScreen
from tui.app import Mode

MODES = (Mode("services", ServicesScreen), Mode("database", DatabaseScreen))
