"""One way to hand a message to the mail server of HANDOFF_SMTP_URL. Not here: what it says and to whom."""

import smtplib
from email.message import EmailMessage
from urllib.parse import unquote, urlsplit

from handoff.errors import HandoffError

TIMEOUT_SECONDS = 30


def send_mail(smtp_url: str, message: EmailMessage) -> None:
    """Sends the message; its sender is the user of the mail server where that is an address.

    Raises:
        HandoffError: the address of the mail server is none.
        OSError, smtplib.SMTPException: it cannot be reached or refuses.
    """
    url = urlsplit(smtp_url)
    if url.scheme not in ("smtp", "smtps") or not url.hostname:
        raise HandoffError(
            "HANDOFF_SMTP_URL is no address of a mail server.",
            remedy="Write smtp://user:password@host:587 or smtps://…",
        )
    user = unquote(url.username or "")
    message["From"] = user if "@" in user else f"handoff@{url.hostname}"
    is_tls = url.scheme == "smtps"
    server_type = smtplib.SMTP_SSL if is_tls else smtplib.SMTP
    with server_type(url.hostname, url.port or (465 if is_tls else 587), timeout=TIMEOUT_SECONDS) as server:
        if not is_tls and user:
            server.starttls()
        if user:
            server.login(user, unquote(url.password or ""))
        server.send_message(message)
