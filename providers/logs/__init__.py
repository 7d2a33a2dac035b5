"""Log lines of any system: kept as bytes, filtered before they take room, understood only when seen."""
