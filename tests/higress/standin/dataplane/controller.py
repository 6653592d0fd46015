"""Be there where pilot and the console wait for the controller."""

from ..ports import CONTROLLER, CONTROLLER_HTTP
from .holding import hold

if __name__ == "__main__":
    hold(CONTROLLER, CONTROLLER_HTTP)
