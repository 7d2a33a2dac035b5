"""What the containers of the sandbox run, and the bridge they tell of."""
