"""The commands an operator can run in a container, and a small shell to join them."""
