"""Mail: to whom it is handed, under whose certificate, and the headers that every mail has."""

import ipaddress
import smtplib
import socket
import ssl
import threading
import traceback
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.utils import parsedate_to_datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from handoff.errors import HandoffError
from handoff.messages import send_mail


class MailServer:
    """A server on loopback for one mail, and what it was told; `tls` begins at once, on STARTTLS, or never."""

    def __init__(self, tls: str, certificate: Path | None = None, refuses: Sequence[str] = ()) -> None:
        self.tls, self.refuses, self.commands, self.mail = tls, refuses, list[str](), b""
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        if certificate is not None:
            self.context.load_cert_chain(certificate)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def __enter__(self) -> "MailServer":
        return self

    def __exit__(self, *_: object) -> None:
        self.thread.join(10)
        self.listener.close()

    def serve(self) -> None:
        connection, _ = self.listener.accept()
        try:
            if self.tls == "at once":
                connection = self.context.wrap_socket(connection, server_side=True)
            self.converse(connection)
        except OSError:  # a client that trusts nobody hangs up
            pass
        finally:
            connection.close()

    def converse(self, connection: socket.socket) -> None:
        lines = connection.makefile("rb")
        connection.sendall(b"220 here\r\n")
        while line := lines.readline().decode().strip():
            self.commands.append(line.split()[0].upper())
            if self.commands[-1] == "EHLO":
                offered = "250-STARTTLS\r\n" if self.tls == "on STARTTLS" else ""
                connection.sendall(f"250-here\r\n{offered}250 AUTH PLAIN\r\n".encode())
            elif any(f"<{address}>" in line for address in self.refuses):
                connection.sendall(f"550 5.1.1 {line} is nobody\r\n".encode())
            elif self.commands[-1] == "STARTTLS":
                connection.sendall(b"220 go\r\n")
                connection = self.context.wrap_socket(connection, server_side=True)
                lines = connection.makefile("rb")
            elif self.commands[-1] == "DATA":
                connection.sendall(b"354 go\r\n")
                while (part := lines.readline()) != b".\r\n":
                    self.mail += part
                connection.sendall(b"250 taken\r\n")
            else:
                connection.sendall(
                    {"AUTH": b"235 yes\r\n", "QUIT": b"221 bye\r\n"}.get(self.commands[-1], b"250 yes\r\n")
                )


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A certificate of 127.0.0.1 that signs itself, as a company's own authority would, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "mail")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    secret = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path = tmp_path / "mail.pem"
    path.write_bytes(made.public_bytes(pem) + secret)
    return path


def message() -> EmailMessage:
    mail = EmailMessage()
    mail["Subject"], mail["To"] = "Reviews", "bob@example.com"
    mail.set_content("text")
    return mail


@pytest.mark.parametrize(
    "address",
    [
        "smtp://ann:hunter2#word@mail.example:587",
        "smtp://ann:hunter2/word@mail.example:587",
        "smtp://ann:x@mail.example:99999",
        "smtp://ann:hunter2@[::1",
        "smtp://ann:hunter2@mail.example\u2100:587",
        "mail.example",
    ],
)
def test_an_address_of_no_mail_server_is_said_without_its_password(address: str) -> None:
    with pytest.raises(HandoffError, match=r"HANDOFF_SMTP_URL is no address.*%23 for #") as refused:
        send_mail(address, message())
    assert "hunter2" not in "".join(traceback.format_exception(refused.value))


def test_a_password_that_cannot_be_sent_is_not_said(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    server = MailServer("at once", certificate)
    address = f"smtps://ann:hunter2%C3%A4@127.0.0.1:{server.port}"
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with pytest.raises(HandoffError, match="signs that cannot be sent") as refused:
        send_mail(address, message())
    server.thread.join(10)
    assert "hunter2" not in "".join(traceback.format_exception(refused.value))


UNDER_TLS = pytest.mark.parametrize(("scheme", "tls"), [("smtp", "on STARTTLS"), ("smtps", "at once")])


@UNDER_TLS
def test_a_server_whose_certificate_nobody_signed_gets_neither_password_nor_mail(
    certificate: Path, scheme: str, tls: str
) -> None:
    server = MailServer(tls, certificate)
    with pytest.raises(HandoffError, match=r"certificate.*SSL_CERT_FILE") as refused:
        send_mail(f"{scheme}://ann%40example.com:hunter2@127.0.0.1:{server.port}", message())
    server.thread.join(10)
    assert not {"AUTH", "DATA"} & {*server.commands}
    assert "hunter2" not in str(refused.value)


@UNDER_TLS
def test_a_company_trusts_its_own_authority_by_the_environment(
    certificate: Path, monkeypatch: pytest.MonkeyPatch, scheme: str, tls: str
) -> None:
    server = MailServer(tls, certificate)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    send_mail(f"{scheme}://ann%40example.com:hunter2@127.0.0.1:{server.port}", message())
    server.thread.join(10)
    mail = message_from_bytes(server.mail)
    assert "AUTH" in server.commands
    assert mail["From"] == "ann@example.com"
    assert abs(parsedate_to_datetime(mail["Date"]).timestamp() - datetime.now(UTC).timestamp()) < 60
    assert mail["Message-ID"].endswith("@example.com>")


def test_without_tls_a_relay_gets_the_mail_and_nobody_a_password(certificate: Path) -> None:
    relay = MailServer("never", certificate)
    send_mail(f"smtp://127.0.0.1:{relay.port}", message())
    relay.thread.join(10)
    assert b"Message-ID: <" in relay.mail
    server = MailServer("never", certificate)
    with pytest.raises(smtplib.SMTPNotSupportedError):
        send_mail(f"smtp://ann:hunter2@127.0.0.1:{server.port}", message())
    server.thread.join(10)
    assert not {"AUTH", "DATA"} & {*server.commands}
