"""What holds for every test."""

from hypothesis import settings

# How long one example takes says more about the machine than about the program.
settings.register_profile("aigw", deadline=None)
settings.load_profile("aigw")
