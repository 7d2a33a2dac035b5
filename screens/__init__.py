"""The modes of the console, one folder each. A new one is one line here; its screen is imported when it is shown."""

from tui.app import Mode
from tui.later import Later

MODES = (
    Mode("services", Later("screens.services.screen:ServicesScreen")),
    Mode("database", Later("screens.database.screen:DatabaseScreen")),
)
