"""What the contract test gives to each source: a module of its name with SETTINGS, and RAWS or FILES.

Everybody in here is invented.
"""
