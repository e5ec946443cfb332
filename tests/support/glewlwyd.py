"""A real provider of OpenID Connect for tests: Debian's glewlwyd on the loopback, with TLS.

    glewlwyd.py FOLDER

FOLDER holds server.pem and server.key (RSA) for localhost; the provider's files go there as well.
Prints the issuer once it is set up with one client and one user (see below). Then signs that user
in for each address of an authorization request on a line of standard input, and prints the address
that the provider sends the browser back to. Ends with its standard input.
"""

import base64
import http.cookiejar
import json
import pathlib
import re
import socket
import sqlite3
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.request

SCHEMA = pathlib.Path("/usr/share/dbconfig-common/data/glewlwyd/install/sqlite3")
MODULES = "/usr/lib/glewlwyd"
# The administrator of a fresh database, as the package makes it.
ADMINISTRATOR = {"username": "admin", "password": "password"}
USER = {"username": "maria", "password": "four plain english words"}
CLIENT_ID = "cairn"
CLIENT_SECRET = "swordfish"
REDIRECT_URI = "https://cairn.example.org/back"
START_SECONDS_MAX = 30


class NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None


class Browser:
    """Keeps cookies, follows no redirect."""

    def __init__(self, authority):
        context = ssl.create_default_context(cafile=authority)
        self.opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), NoRedirect,
            urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()),
            urllib.request.HTTPSHandler(context=context))

    def ask(self, method, url, body=None):
        """The status and the headers."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(
            url, data, {"Content-Type": "application/json"}, method=method)
        try:
            with self.opener.open(request, timeout=10) as answer:
                return answer.status, answer.headers
        except urllib.error.HTTPError as answer:
            return answer.code, answer.headers

    def expect(self, status, method, url, body=None):
        got, headers = self.ask(method, url, body)
        if got != status:
            sys.exit(f"glewlwyd.py: {method} {url.split('?')[0]} gave {got}, not {status}")
        return headers


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def configuration(folder, port):
    return f'''
port={port}
bind_address="127.0.0.1"
external_url="https://localhost:{port}"
login_url="login.html"
api_prefix="api"
log_mode="file"
log_level="WARNING"
log_file="{folder}/provider.log"
cookie_secure=1
session_expiration=3600
session_key="SESSION"
admin_session_authentication="cookie"
profile_session_authentication="cookie"
login_api_enabled=true
admin_scope="g_admin"
profile_scope="g_profile"
user_module_path="{MODULES}/user"
client_module_path="{MODULES}/client"
user_auth_scheme_module_path="{MODULES}/scheme"
plugin_module_path="{MODULES}/plugin"
use_secure_connection=true
secure_connection_key_file="{folder}/server.key"
secure_connection_pem_file="{folder}/server.pem"
hash_algorithm="SHA512"
database = {{ type = "sqlite3" path = "{folder}/provider.db" }};
'''


def private_key(path):
    """The RSA key in a file as a JSON web key (RFC 7517)."""
    text = subprocess.run(["openssl", "rsa", "-in", path, "-noout", "-text"], check=True,
                          capture_output=True, text=True).stdout
    key = {"kty": "RSA", "use": "sig", "alg": "RS256", "kid": "one", "e": "AQAB"}
    names = {"n": "modulus", "d": "privateExponent", "p": "prime1", "q": "prime2",
             "dp": "exponent1", "dq": "exponent2", "qi": "coefficient"}
    for member, name in names.items():
        digits = re.search(name + r":\n((?: +[0-9a-f:]+\n)+)", text).group(1)
        number = bytes.fromhex(re.sub(r"[\s:]", "", digits)).lstrip(b"\0")
        key[member] = base64.urlsafe_b64encode(number).rstrip(b"=").decode()
    return key


def plugin(issuer, key):
    parameters = {
        "iss": issuer, "subject-type": "public", "name-claim": "no", "email-claim": "no",
        "jwks-private": json.dumps({"keys": [key]}), "default-kid": "one", "jwks-show": True,
        "access-token-duration": 600, "refresh-token-duration": 600, "code-duration": 600,
        "refresh-token-rolling": True, "auth-type-code-enabled": True,
        "pkce-allowed": True, "pkce-method-plain-allowed": False, "pkce-required": True,
        "client-secret-parameter": "client_secret", "redirect-uri-parameter": "redirect_uri",
        "auth-type-parameter": "authorization_type"}
    return {"module": "oidc", "name": "oidc", "display_name": "OpenID", "parameters": parameters}


def set_up(folder, base):
    administrator = Browser(folder / "server.pem")
    deadline = time.monotonic() + START_SECONDS_MAX
    while True:
        try:
            administrator.expect(200, "POST", f"{base}/auth", ADMINISTRATOR)
            break
        except urllib.error.URLError:
            if time.monotonic() > deadline:
                sys.exit("glewlwyd.py: the provider did not start: see provider.log")
            time.sleep(0.05)
    issuer = f"{base}/oidc"
    administrator.expect(200, "POST", f"{base}/mod/plugin/",
                         plugin(issuer, private_key(folder / "server.key")))
    administrator.expect(200, "POST", f"{base}/client/?source=database", {
        "client_id": CLIENT_ID, "name": "Cairn", "enabled": True, "confidential": True,
        "password": CLIENT_SECRET, "client_secret": CLIENT_SECRET,
        "redirect_uri": [REDIRECT_URI], "authorization_type": ["code"], "scope": ["openid"],
        "token_endpoint_auth_method": ["client_secret_basic"]})
    administrator.expect(200, "POST", f"{base}/user/?source=database", {
        **USER, "name": "Maria", "enabled": True, "scope": ["openid"]})
    return issuer


def sign_in(folder, base, address):
    user = Browser(folder / "server.pem")
    user.expect(200, "POST", f"{base}/auth", USER)
    user.expect(200, "PUT", f"{base}/auth/grant/{CLIENT_ID}", {"scope": "openid"})
    # As the provider's own page goes on once the user was asked.
    return user.expect(302, "GET", address + "&g_continue")["Location"]


def main():
    folder = pathlib.Path(sys.argv[1])
    port = free_port()
    (folder / "provider.conf").write_text(configuration(folder, port))
    with sqlite3.connect(folder / "provider.db") as records:
        records.executescript(SCHEMA.read_text(encoding="utf-8"))
    provider = subprocess.Popen(["glewlwyd", f"--config-file={folder}/provider.conf"],
                                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    try:
        base = f"https://localhost:{port}/api"
        print(set_up(folder, base), flush=True)
        for line in sys.stdin:
            print(sign_in(folder, base, line.strip()), flush=True)
    finally:
        provider.terminate()
        provider.wait()


main()
