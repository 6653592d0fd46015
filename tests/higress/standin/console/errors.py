"""Failures as the console shows them: a status, a Java class and the words behind it."""


class ConsoleError(Exception):
    """What a handler raises to be answered with an envelope that says `success: false`."""

    status = 500
    java = "java.lang.IllegalStateException"

    def __init__(self, message: str | None = None, *, java: str | None = None) -> None:
        """Keep the words; a Java exception without any reads `null`."""
        super().__init__(message or "")
        self.java = java or self.java
        self.message = f"{self.java}: {'null' if message is None else message}"


class ValidationException(ConsoleError):
    """Higress's own refusal of what was sent."""

    status = 400
    java = "com.alibaba.higress.sdk.exception.ValidationException"


class ResourceConflict(ConsoleError):
    """The version that was sent is not the stored one, or the name is taken."""

    status = 409
    java = "com.alibaba.higress.sdk.exception.ResourceConflictException"


class NotFound(ConsoleError):
    """Something that a handler needs is not there: 502, which is no slip of ours."""

    status = 502
    java = "com.alibaba.higress.sdk.exception.NotFoundException"


class AuthException(ConsoleError):
    """Nobody is logged in, or the password is wrong."""

    status = 401
    java = "com.alibaba.higress.console.controller.exception.AuthException"


class BusinessException(ConsoleError):
    """A rule of the console itself; one that wraps a cause shows the cause instead."""

    java = "com.alibaba.higress.sdk.exception.BusinessException"


class JavaxValidation(ConsoleError):
    """The standard library's ValidationException, which is 500 where Higress's own is 400."""

    java = "javax.validation.ValidationException"


class IllegalArgument(ConsoleError):
    """Many a validation error ends here and is a 500 therefore."""

    java = "java.lang.IllegalArgumentException"


class IllegalState(ConsoleError):
    """The console is not in a state to do it."""

    java = "java.lang.IllegalStateException"


class NullPointer(ConsoleError):
    """A field that nobody checked was missing."""

    java = "java.lang.NullPointerException"


class ApiException(ConsoleError):
    """The API server answered with an error; the console shows its whole body."""

    java = "io.kubernetes.client.openapi.ApiException"

    def __init__(self, code: int, body: str) -> None:
        """Keep the API server's status beside what will be shown."""
        super().__init__(body)
        self.code = code


class SpringError(Exception):
    """What Spring answers before any handler runs: no envelope."""

    def __init__(self, status: int, error: str) -> None:
        """Keep the status and its reason phrase."""
        super().__init__(error)
        self.status = status
        self.error = error


class MalformedBody(SpringError):
    """The body is no JSON, or not of the handler's shape."""

    def __init__(self) -> None:
        """It is always the same answer."""
        super().__init__(400, "Bad Request")
