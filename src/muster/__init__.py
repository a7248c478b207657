"""muster: gather the record of your work while it happens; inspect it the way a promotion room will."""

__version__ = "0.1.0"
