"""A person with a browser's cookies and an authenticator app, at the product's door."""

from __future__ import annotations

import base64
import hmac
import re
import struct
import time
from dataclasses import dataclass, field

from django.http import HttpResponse
from django.test import Client

from accounts.models import User

PASSWORD = "a-long-pass-for-tests"
TOTP_SECONDS = 30


def code_of(secret: str, steps: int = 0) -> str:
    """What an authenticator app shows (RFC 6238), so many steps from now."""
    counter = struct.pack(">Q", int(time.time()) // TOTP_SECONDS + steps)
    digest = hmac.digest(base64.b32decode(secret), counter, "sha1")
    start = digest[-1] & 15
    return f"{(struct.unpack('>I', digest[start : start + 4])[0] & 0x7FFFFFFF) % 1_000_000:06d}"


@dataclass
class Visitor:
    user: User
    address: str = "203.0.113.7"
    client: Client = field(init=False)
    secret: str = ""

    def __post_init__(self) -> None:
        self.client = Client(REMOTE_ADDR=self.address, headers={"User-Agent": "Mozilla/5.0 (X11; Linux) Firefox/140.0"})

    def elsewhere(self, address: str = "198.51.100.4") -> Visitor:
        """The same person, or whoever knows as much, at another browser."""
        other = Visitor(self.user, address)
        other.secret = self.secret
        return other

    def get(self, path: str) -> HttpResponse:
        return self.client.get(path)

    def text(self, path: str) -> str:
        return self.client.get(path, follow=True).content.decode()

    def post(self, path: str, **fields: str) -> HttpResponse:
        return self.client.post(path, fields)

    def sign_in(self, password: str = PASSWORD) -> HttpResponse:
        return self.post("/account/login/", login=self.user.username, password=password)

    def enter_code(self, code: str) -> HttpResponse:
        return self.post("/account/2fa/authenticate/", code=code)

    def confirm(self, password: str = PASSWORD) -> HttpResponse:
        return self.post("/account/reauthenticate/", password=password)

    @property
    def is_in(self) -> bool:
        return self.get("/accounts/security/").status_code == 200

    def add_app(self) -> list[str]:
        """Adds an authenticator app; the recovery codes that are shown with the first one."""
        self.confirm()
        html = self.text("/account/2fa/totp/activate/")
        self.secret = re.search(r'id="authenticator_secret" value="([A-Z2-7]+)"', html)[1]
        answer = self.client.post("/account/2fa/totp/activate/", {"code": code_of(self.secret)}, follow=True)
        return re.findall(r"<li>([0-9]{8})</li>", answer.content.decode())


def a_visitor(name: str = "alice", **columns: bool) -> Visitor:
    visitor = Visitor(User.objects.create_user(name, f"{name}@example.test", PASSWORD, **columns))
    visitor.sign_in()
    return visitor
