"""A day in an installation with two agencies, in which every operation of the contract is done at
least once: `tell(server)` returns what came about."""
import datetime
import hashlib
import subprocess
import time

from harness import picture
from installation import Client

ROLES = ("supervisor", "investigator", "analyst", "reviewer", "auditor")
PROFILES = ("provider", "police", "auditor", "hotline")
PURPOSES = ("detection", "reporting", "removal", "investigation", "victim_identification",
            "tip_handling", "deconfliction", "list_care", "danger_to_life", "oversight",
            "administration")


def hours_from_now(hours):
    time_then = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(hours=hours)
    return time_then.strftime("%Y-%m-%dT%H:%M:%SZ")


def own_certificate(folder):
    """A certificate authority and a client certificate that it signed, as PEM."""
    def openssl(*arguments):
        subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True,
                       cwd=folder, timeout=60)
    curve = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
    openssl("req", "-x509", *curve, "-keyout", "ca.key", "-out", "ca.pem", "-days", "30", "-subj",
            "/CN=Agency A clients", "-addext", "basicConstraints=critical,CA:TRUE", "-addext",
            "keyUsage=critical,keyCertSign")
    openssl("req", *curve, "-keyout", "client.key", "-out", "client.csr", "-subj", "/CN=filter")
    (folder / "client.ext").write_text(
        "basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\n"
        "extendedKeyUsage=clientAuth\n")
    openssl("x509", "-req", "-in", "client.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-days", "30",
            "-extfile", "client.ext", "-out", "client.pem")
    return (folder / "ca.pem").read_text(), (folder / "client.pem").read_text()


class Story:
    def __init__(self, server):
        self.server = server
        self.contract = server.contract
        self.nobody = Client(server)
        self.people = {}
        self.second_admin = None
        self.ids = {}

    def person(self, administrator, agency, login, roles, purpose):
        """A new user of an administrator's agency, signed in."""
        user = administrator.make("user_add", body={
            "login": login, "name": f"Somebody who is {login}", "roles": roles})
        invitation = administrator.do("user_invite", {"user": user}).json()["token"]
        client = Client(self.server, purpose).accept(agency, login, invitation)
        client.user = user
        return client

    def begin(self, roles=ROLES):
        """The first agency and its people alone: an administrator, and one of each role."""
        self.system()
        self.first_agency(roles)
        self.certificate, self.client_certificate = own_certificate(self.server.folder)
        return self

    def tell(self):
        self.begin()
        self.second_agency()
        self.people_and_keys()
        self.authorities()
        self.cases()
        self.break_glass()
        self.lists()
        self.scans()
        self.approvals()
        self.alerts()
        self.audit()
        self.account()
        return self

    def system(self):
        for name in ("health", "ready", "installation_show", "contract_show"):
            self.nobody.do(name)

    def first_agency(self, roles):
        admin = Client(self.server, "administration").accept(
            "Agency A", "admin", self.server.begun["invitation"])
        admin.user = admin.do("session_show").json()["user"]["id"]
        self.people["administrator"] = admin
        self.admin = admin
        for role in roles:
            purpose = "oversight" if role == "auditor" else "investigation"
            self.people[role] = self.person(admin, "Agency A", role, [role], purpose)

    def second_administrator(self):
        """Whom acts of the first need for approval."""
        self.second_admin = self.person(self.admin, "Agency A", "admin-2", ["administrator"],
                                        "administration")

    def approved(self, request):
        """What the first administrator asks for and the second approves."""
        approval = self.admin.make("approval_request", body=request)
        self.second_admin.do("approval_approve", {"approval": approval})
        return {"Cairn-Approval": approval}

    def second_agency(self, roles=ROLES):
        if self.second_admin is None:
            self.second_administrator()
        wanted = {"name": "Agency B", "profile": "hotline", "administrator_login": "other-admin",
                  "administrator_name": "Another"}
        fields = self.approved({"operation": "agency_add", "reason": "It joins.", **wanted})
        added = self.admin.do("agency_add", body=wanted, fields=fields).json()
        agency = added["id"]
        self.ids["other_agency"] = agency
        self.admin.do("agency_show", {"agency": agency})
        items = self.admin.do("agency_list").json()["items"]
        self.ids["agency"] = next(one["id"] for one in items if one["id"] != agency)
        other = Client(self.server, "administration").accept(
            "Agency B", "other-admin", added["invitation"])
        other.user = added["administrator"]
        self.other_admin = other
        self.others = {"administrator": other}
        for role in roles:
            purpose = "oversight" if role == "auditor" else "investigation"
            self.others[role] = self.person(other, "Agency B", f"other-{role}", [role], purpose)

    def people_and_keys(self):
        admin = self.admin
        extra = self.person(admin, "Agency A", "extra", ["analyst"], "investigation")
        user = {"user": extra.user}
        self.ids["user"] = extra.user
        admin.do("user_list")
        admin.do("user_list", query={"prefix": "ext", "limit": 5})
        revision = {"If-Match": admin.do("user_show", user).fields["ETag"]}
        admin.do("user_set_roles", user, body={"roles": ["analyst", "reviewer"]}, fields=revision)
        admin.do("user_disable", user)
        admin.do("user_enable", user)
        extra.sign_in_whole()
        admin.do("user_end_sessions", user)
        reset = admin.do("user_reset_password", user).json()["token"]
        self.nobody.do("password_reset_accept", body={"token": reset, "password": extra.password})
        request = {"operation": "user_reset_second_factor", "reason": "The telephone is lost."}
        admin.do("user_reset_second_factor", user, fields=self.approved({**request, **user}))
        service, key, self.service = self.service_account(admin)
        self.people["service"] = self.service
        self.ids["api_key"] = key
        self.others["service"] = self.service_account(self.other_admin)[2]
        key = admin.do("api_key_add", {"user": service}, body={
            "name": "Old", "scope": ["case_list"], "expires": hours_from_now(1)}).json()["id"]
        admin.do("api_key_list")
        admin.do("api_key_revoke", {"key": key})
        authority = {"certificate": self.certificate}
        print_of = admin.do("agency_certificate_add", body=authority).json()
        client = {"certificate": self.client_certificate}
        bound = admin.do("user_bind_key", {"user": service}, body=client).json()
        admin.do("user_unbind_key", {"user": service, "key": bound["key"]})
        admin.do("agency_certificate_remove", print_of)
        self.ids["service"] = service

    def service_account(self, administrator):
        """An account for a program, and a key for all that such accounts may do."""
        user = administrator.make("user_add", body={
            "login": "filter", "name": "Upload filter", "roles": ["service"]})
        accesses = [one.get("x-access", {}) for _, _, one in self.contract.operations.values()]
        scope = {one["operation"] for one in accesses if "service" in one.get("roles", [])}
        issued = administrator.do("api_key_add", {"user": user}, body={
            "name": "Filter", "scope": sorted(scope), "expires": hours_from_now(48)}).json()
        return user, issued["id"], Client(self.server, "detection", issued["token"])

    def authorities(self):
        investigator, supervisor = self.people["investigator"], self.people["supervisor"]
        terms = {
            "issuer": "court", "issuer_name": "District Court", "reference": "41 Gs 100/26",
            "legal_basis": "DE StPO 94", "acts": ["export", "share"],
            "scope": [{"kind": "case", "value": "all"}, {"kind": "agency", "value": "all"}],
            "starts": hours_from_now(-1), "ends": hours_from_now(24),
            "document": hashlib.sha256(b"order").hexdigest()}
        made = investigator.make("authority_draft", body=terms)
        authority = {"authority": made}
        supervisor.do("authority_activate", authority, fields={"If-Match": '"r1"'})
        investigator.do("authority_amend", authority, body={**terms, "basis_text": "again"})
        supervisor.do("authority_activate", authority)
        supervisor.do("authority_suspend", authority)
        supervisor.do("authority_activate", authority)
        investigator.do("authority_list", query={"state": "active", "act": "export"})
        investigator.do("authority_show", authority)
        other = investigator.make("authority_draft", body=terms)
        investigator.do("authority_revoke", {"authority": other})
        self.ids["authority"] = made
        self.terms = terms

    def cases(self):
        investigator = self.people["investigator"]
        again = {"Idempotency-Key": "harbour"}
        made = investigator.make("case_open", body={"title": "Harbour lights"}, fields=again)
        assert investigator.make("case_open", body={"title": "Harbour lights"},
                                 fields=again) == made
        self.ids["case"] = made
        case = {"case": made}
        investigator.do("case_list")
        investigator.do("case_count")
        investigator.do("case_find", query={"word": "harbour"})
        revision = {"If-Match": investigator.do("case_show", case).fields["ETag"]}
        analyst = {"user": self.people["analyst"].user}
        investigator.do("case_member_set", case | analyst, body={"level": "read"}, fields=revision)
        investigator.do("case_member_list", case, query={"limit": 1})
        other = {"agency": self.ids["other_agency"]}
        investigator.do("case_share_set", case | other, body={"level": "summary"})
        shares = investigator.do("case_share_list", case, query={"limit": 10}).json()["items"]
        assert shares == [other | {"level": "summary"}], shares
        investigator.do("case_share_set", case | other, body={"level": "none"})
        closed = investigator.make("case_open", body={"title": "Short", "restricted": True})
        investigator.do("case_close", {"case": closed})
        self.ids["closed"] = closed
        gone = self.people["supervisor"].make("case_open", body={"title": "Gone"})
        supervisor = self.people["supervisor"]
        request = {"operation": "case_shred", "reason": "Its time is over.", "case": gone}
        approval = supervisor.make("approval_request", body=request)
        self.second_admin.do("approval_approve", {"approval": approval})
        supervisor.do("case_shred", {"case": gone}, purpose="oversight",
                      fields={"Cairn-Approval": approval})

    def break_glass(self):
        reviewer, supervisor = self.people["reviewer"], self.people["supervisor"]
        reason = "A child is in danger tonight and nobody of the case can be reached."
        glass = reviewer.make("break_glass_open", {"case": self.ids["case"]},
                              body={"reason": reason}, purpose="danger_to_life")
        reviewer.do("scan_list", {"case": self.ids["case"]}, purpose="danger_to_life")
        supervisor.do("break_glass_list", purpose="oversight")
        supervisor.do("break_glass_review", {"break_glass": glass}, body={"finding": "justified"},
                      purpose="oversight")
        self.ids["break_glass"] = glass

    def lists(self):
        supervisor = self.people["supervisor"]
        known = self.server.uploads / "known.png"
        picture(1).save(known)
        picture(2).save(self.server.uploads / "other.png")
        digests = [hashlib.sha256(known.read_bytes()).hexdigest()]
        digests += [hashlib.sha256(b"%d" % one).hexdigest() for one in range(20)]
        self.digests = "".join(f"{one}\n" for one in digests).encode()
        listed = {"list": "sources-2026"}
        rows = {"hash_type": "sha256", "category": "1"}
        care = {"purpose": "list_care"}
        supervisor.do("list_import", listed, rows | {"scheme": "us-2.0", "version": "one"},
                      self.digests, **care)
        more = hashlib.sha256(b"more").hexdigest().encode() + b"\n"
        supervisor.do("list_add_entries", listed, rows, more, **care)
        supervisor.do("list_withdraw_entries", listed, {"hash_type": "sha256"}, more, **care)
        supervisor.do("list_list", **care)
        versions = supervisor.do("list_show", listed, **care).json()["items"]
        supervisor.do("list_verify", listed, **care)
        supervisor.do("list_statistics", listed, **care)
        supervisor.do("list_difference", listed, {
            "before": versions[-1]["version_id"], "after": versions[0]["version_id"]}, **care)
        supervisor.do("list_import", {"list": "spare"}, rows | {"scheme": "us-2.0"}, self.digests,
                      **care)
        supervisor.do("list_remove", {"list": "spare"}, **care)
        # Where an upload lies on the server is nobody's business.
        refused = supervisor.ask("list_import", {"list": "spare"}, {"hash_type": "sha256"},
                                 self.digests, **care)
        assert refused.status == 400 and b"/proc/" not in refused.body, refused.body

    def finished(self, place):
        investigator = self.people["investigator"]
        for _ in range(600):
            scan = investigator.do("scan_show", place).json()
            if scan["state"] not in ("waiting", "running", "stopping"):
                return scan
            time.sleep(0.1)
        raise AssertionError(scan)

    def scans(self):
        investigator = self.people["investigator"]
        case = {"case": self.ids["case"]}
        place = case | {"scan": investigator.make("scan_start", case, {"root": "uploads"})}
        self.ids["scan"] = place["scan"]
        scan = self.finished(place)
        assert scan["state"] == "finished", (scan, self.server.log()[-3000:])
        assert scan["matches"] == 1, scan
        investigator.do("scan_list", case)
        found = investigator.do("scan_findings", place, {"kind": "match"}).json()["items"]
        assert len(found) == 1, found
        investigator.do("scan_coverage", place)
        for form in ("json", "csv", "html"):
            investigator.do("scan_report", place, {"form": form})
        self.stopped_and_resumed(case)

    def stopped_and_resumed(self, case):
        """A scan that is stopped while it works, and goes on."""
        investigator = self.people["investigator"]
        many = self.server.uploads / "many"
        many.mkdir()
        for one in range(3000):
            (many / f"{one}.txt").write_bytes(b"%d" % one * 1000)
        for _ in range(5):
            scan = investigator.make("scan_start", case, {"root": "uploads", "path": "many"})
            place = case | {"scan": scan}
            if investigator.ask("scan_stop", place).status < 300:
                if self.finished(place)["state"] == "stopped":
                    break
        investigator.do("scan_resume", place)
        assert self.finished(place)["state"] == "finished"

    def approvals(self):
        approval = self.admin.make("approval_request", body={
            "operation": "agency_add", "reason": "No.", "name": "Agency C", "profile": "provider",
            "administrator_login": "third-admin", "administrator_name": "A third"})
        self.second_admin.do("approval_list", query={"state": "requested"})
        self.second_admin.do("approval_show", {"approval": approval})
        self.second_admin.do("approval_refuse", {"approval": approval}, body={"reason": "No."})
        self.ids["approval"] = approval

    def alerts(self):
        supervisor = self.people["supervisor"]
        alerts = supervisor.do("alert_list", query={"state": "unseen"}, purpose="oversight").json()
        alert = alerts["items"][0]["id"]
        supervisor.do("alert_seen", {"alert": alert}, purpose="oversight")
        self.ids["alert"] = alert

    def audit(self):
        auditor = self.people["auditor"]
        deadline = time.monotonic() + 60
        acts = auditor.do("audit_search", query={"limit": 1000}).json()["items"]
        while not acts and time.monotonic() < deadline:
            time.sleep(0.2)
            acts = auditor.do("audit_search").json()["items"]
        auditor.do("audit_search", query={
            "operation": "case_open", "outcome": "ok", "order": "oldest_first", "limit": 2,
            "from": hours_from_now(-1), "until": hours_from_now(1)})
        auditor.do("audit_own")
        self.people["supervisor"].do("audit_of_case", {"case": self.ids["case"]},
                                     purpose="oversight")
        index = acts[-1]["index"]
        self.ids["index"] = index
        auditor.do("audit_show", {"index": index})
        while auditor.ask("audit_prove", {"index": index}).status != 200:
            assert time.monotonic() < deadline
            time.sleep(0.2)
        for log in ("audit", "log"):
            asked = auditor if log == "audit" else self.nobody
            size = int(asked.do(f"{log}_checkpoint").body.split(b"\n")[1])
            asked.do(f"{log}_consistency", query={"from": 1, "to": size})
            tile = "000" if size >= 256 else f"000.p/{size}"
            asked.do(f"{log}_tile", {"tile": f"0/{tile}"})
            if log == "audit":
                asked.do("audit_entries", {"tile": tile})

    def account(self):
        somebody = self.people["analyst"]
        somebody.do("session_list")
        somebody.do("second_factor_show", body={"code": somebody.code()})
        somebody.recovery_codes = somebody.do("recovery_codes_renew").json()["recovery_codes"]
        somebody.secret = somebody.do("authenticator_begin").json()["secret"]
        somebody.last_step = 0
        somebody.do("authenticator_finish", body={"code": somebody.code()})
        wanted = "another horse battery staple"
        somebody.do("password_change", body={"current": somebody.password, "wanted": wanted})
        somebody.password = wanted
        somebody.sign_in_whole()
        before = somebody.token
        somebody.sign_in_whole()
        first = next(one["name"] for one in somebody.do("session_list").json()["items"]
                     if not one["current"])
        somebody.do("session_end_one", {"session": first})
        after, somebody.token = somebody.token, before
        assert somebody.ask("session_list").status == 401
        somebody.token = after
        somebody.do("session_end")
        somebody.sign_in_whole()
        somebody.do("sessions_end")
        somebody.sign_in_whole()
