"""One way to hand a message to a mail server, and one to Slack; names in it. Not here: what it says and to whom."""

import http.client
import smtplib
import ssl
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from functools import partial
from urllib.parse import SplitResult, unquote, urlsplit

from handoff.errors import HandoffError

TIMEOUT_SECONDS = 30


def printable(text: str) -> str:
    """The text in one line, with what cannot be seen in it written out: a file may be called anything.

    >>> printable("a\\nBcc: b.csv")
    'a\\\\nBcc: b.csv'
    """
    return "".join(sign if sign.isprintable() else sign.encode("unicode_escape").decode() for sign in text)


def mail_server(smtp_url: str) -> SplitResult:
    """The parts of a mail server's address.

    Raises:
        HandoffError: it is none. The message does not repeat it: it has a password.
    """
    try:
        url = urlsplit(smtp_url)
        if url.scheme in ("smtp", "smtps") and url.hostname and url.port != 0:
            return url
    except ValueError:
        pass  # a part of the password was taken for the host or the port, and the reason would say it
    raise HandoffError(
        "HANDOFF_SMTP_URL is no address of a mail server.",
        remedy="Write smtp://user:password@host:587 or smtps://…; in user and password stand %2F for /, %3F for ?, "
        "%23 for #, %40 for @ and %25 for %",
    )


def said(error: Exception) -> str:
    """Why a message was not sent, without what a mail server says: that may hold addresses.

    >>> said(smtplib.SMTPDataError(554, b"ann@acme.example is nobody"))
    'SMTPDataError 554'
    """
    if isinstance(error, HandoffError) or not isinstance(error, smtplib.SMTPException):
        return str(error)
    return f"{type(error).__name__} {getattr(error, 'smtp_code', '')}".strip()


def send_mail(smtp_url: str, message: EmailMessage) -> int:
    """Sends the message; its sender is the user of the mail server where that is an address.

    Returns:
        How many of its recipients the server refused; the others have it.

    Raises:
        HandoffError: the address of the mail server is none, its user or password cannot be sent, or nobody trusted
            signed its certificate.
        OSError, smtplib.SMTPException: it cannot be reached or refuses.
    """
    url = mail_server(smtp_url)
    user = unquote(url.username or "")
    sender = user if "@" in user else f"handoff@{url.hostname}"
    message["From"], message["Date"] = sender, formatdate()
    message["Message-ID"] = make_msgid(domain=sender.rpartition("@")[2])
    is_tls = url.scheme == "smtps"
    trusted = ssl.create_default_context()
    connect = partial(smtplib.SMTP_SSL, context=trusted) if is_tls else smtplib.SMTP
    try:
        with connect(url.hostname or "", url.port or (465 if is_tls else 587), timeout=TIMEOUT_SECONDS) as server:
            if not is_tls and user:
                server.starttls(context=trusted)
            if user:
                server.login(user, unquote(url.password or ""))
            return len(server.send_message(message))
    except ssl.SSLCertVerificationError as error:
        raise HandoffError(
            "The certificate of the mail server cannot be trusted, so nothing was sent.",
            why=error.verify_message,
            remedy="Name the server as its certificate does, or trust your own authority by SSL_CERT_FILE "
            "(docs/operate.md)",
        ) from error
    except ValueError:
        pass  # its reason has what cannot be written, which may be the password
    raise HandoffError(
        "The mail server's user or password, or an address, has signs that cannot be sent, so nothing was.",
        remedy="Use one of ASCII for HANDOFF_SMTP_URL and the addresses",
    )


def send_slack(webhook_url: str, text: str) -> None:
    """Posts the text to an incoming webhook of Slack.

    Raises:
        HandoffError: it cannot be reached or refuses. The message does not name the address, which is a secret.
    """
    from slack_sdk.errors import SlackClientError
    from slack_sdk.webhook import WebhookClient

    remedy = "See that the webhook's address is the one of the Slack app's settings and that this machine reaches it"
    try:
        answer = WebhookClient(webhook_url, timeout=TIMEOUT_SECONDS).send(text=text)
    except (OSError, ValueError, SlackClientError, http.client.HTTPException) as error:
        raise HandoffError("Slack cannot be reached.", why=type(error).__name__, remedy=remedy) from error
    if answer.status_code != 200:
        raise HandoffError("Slack refuses the message.", why=f"status {answer.status_code}", remedy=remedy)
