"""Composition root and command line."""


def main() -> None:
    """Entry point of `fusion-console`."""


if __name__ == "__main__":
    main()
