#include "base/hex.h"
#include "base/text.h"
#include "cli/qr_code.h"
#include "cli/questions.h"
#include "cli/server_talk.h"
#include "client/server_address.h"
#include "crypto/certificate.h"
#include "fetch/https_client.h"

namespace cairn::cli {
namespace {

using client::Json;
using client::ServerAccount;
using client::ServerAccounts;

constexpr std::size_t kTrustBytesMax = std::size_t{1} << 20;

struct LoginCommand {
    std::string address;
    std::string agency;
    std::string login;
    std::string invitation;
    std::string password_reset;
    std::string trust;
    std::string password_file;
    std::string code;
};

/// The address and what is remembered of it: a second sign-in asks for less.
Result<ServerAccount> account_to_use(const ServerAccounts& known, const LoginCommand& command) {
    std::string address = known.usual();
    if (!command.address.empty()) {
        address = CAIRN_TRY(client::parse_server_address(command.address));
    }
    if (address.empty()) {
        return fail(Errc::invalid_argument, "name the server: `cairn login ADDRESS`");
    }
    const ServerAccount* const found = known.find(address);
    ServerAccount account = found == nullptr ? ServerAccount{} : *found;
    account.address = address;
    account.token.clear();
    if (!command.agency.empty()) account.agency = command.agency;
    if (!command.login.empty()) account.login = command.login;
    if (!command.trust.empty()) {
        const ByteVector pem = CAIRN_TRY(read_file(command.trust, kTrustBytesMax));
        account.trust_pem = as_text(pem);
    }
    return account;
}

/// "AB:CD:..." as other programs show fingerprints.
std::string fingerprint_of(const crypto::Certificate& certificate) {
    std::string text;
    for (const std::uint8_t byte : certificate.fingerprint()) {
        text += fmt::format("{}{:02X}", text.empty() ? "" : ":", byte);
    }
    return text;
}

/// A certificate that nobody here vouches for: a person compares it and says yes, or nobody does.
Status trust_at_first_sight(const Context& context, ServerAccount& account, const Error& refusal) {
    const Questions questions(context);
    const bool changed = !account.trust_pem.empty();
    if (changed || !questions.to_a_person()) {
        return fail(
                   Errc::unavailable,
                   "{}; {}--trust FILE takes the certificate that its administrator gives you",
                   refusal.message,
                   changed ? "it is not the one you trusted; " : ""
        )
            .because("certificate_not_accepted");
    }
    fetch::HttpsClient client({.own_hosts = {client::host_of(account.address)}});
    const std::string pem = CAIRN_TRY(client.show_certificate(account.address));
    const auto certificate = CAIRN_TRY(crypto::Certificate::parse(as_bytes(pem)));
    context.terminal.error(fmt::format(
        "Nobody known here vouches for the certificate of {}.\nIts SHA-256 fingerprint is\n  {}\n"
        "Ask the server's administrator on another way whether that is it.\n",
        account.address,
        context.terminal.paint(Colour::yellow, fingerprint_of(certificate))
    ));
    const std::string answer = CAIRN_TRY(questions.ask("Trust it from now on? (yes or no)"));
    if (answer != "yes") return fail(Errc::cancelled, "not trusted");
    account.trust_pem = pem;
    return ok();
}

/// Nothing secret is sent before this has gone well.
Status meet(const Context& context, ServerAccount& account) {
    const auto met = connect_to(account).get("/api/v1/installation");
    if (met) return ok();
    if (met.error().reason != "certificate_not_accepted") return Error(met.error());
    CAIRN_TRY(trust_at_first_sight(context, account, met.error()));
    const auto again = connect_to(account).get("/api/v1/installation");
    if (again) return ok();
    return Error(again.error());
}

/// A secret that is wiped when it is done with.
class Password {
public:
    explicit Password(std::string text) : text_(std::move(text)) {}
    Password(Password&& other) noexcept : text_(std::move(other.text_)) {}
    Password(const Password&) = delete;
    Password& operator=(const Password&) = delete;
    ~Password() { crypto::wipe(text_); }
    const std::string& text() const { return text_; }

private:
    std::string text_;
};

Result<Password> password_for(const Context& context, const LoginCommand& command) {
    if (!command.password_file.empty()) {
        const auto secret =
            CAIRN_TRY(crypto::read_secret_text(command.password_file, crypto::FileGuard::mode));
        return Password(std::string(secret.view()));
    }
    const Questions questions(context);
    const bool choosing = !command.invitation.empty() || !command.password_reset.empty();
    auto typed = CAIRN_TRY(questions.ask_secret(choosing ? "New password" : "Password"));
    Password first(std::move(typed));
    if (!choosing || !questions.to_a_person()) return first;
    auto again = CAIRN_TRY(questions.ask_secret("The same again"));
    const Password second(std::move(again));
    if (first.text() == second.text()) return first;
    return fail(Errc::invalid_argument, "the two passwords differ; nothing was done");
}

Result<std::string> code_for(const Context& context, const LoginCommand& command) {
    if (!command.code.empty()) return command.code;
    return Questions(context).ask("Code of the authenticator, or a recovery code");
}

/// The token of the next step.
Status take_token(client::Connection& connection, const Json& answer) {
    const std::string token = cell_of(answer, "token");
    if (token.empty()) return fail(Errc::corrupt_data, "the server gave no token");
    connection.use_token(token);
    return ok();
}

Status enrol(const Context& context, const LoginCommand& command, client::Connection& connection) {
    const Json secret = CAIRN_TRY(connection.post("/api/v1/sign-in/enrolment"));
    std::string text = "Add this to the authenticator on your phone, or a hardware one:\n\n";
    if (context.environment.out_is_terminal) {
        if (const auto picture = qr_code(secret.value("uri", ""))) text += *picture + "\n";
    }
    text += fmt::format(
        "  address  {}\n  secret   {}\n\n", cell_of(secret, "uri"), cell_of(secret, "secret")
    );
    CAIRN_TRY(context.terminal.out(text));
    const std::string code = CAIRN_TRY(code_for(context, command));
    const Json done =
        CAIRN_TRY(connection.post("/api/v1/sign-in/enrolment/code", {{"code", code}}));
    CAIRN_TRY(take_token(connection, done));
    std::string codes =
        "Recovery codes, each good once in place of the authenticator. Keep them "
        "apart from it; they are not shown again:\n\n";
    if (const auto list = done.find("recovery_codes"); list != done.end()) {
        for (const Json& one : *list) codes += "  " + cell_of({{"code", one}}, "code") + "\n";
    }
    return context.terminal.out(codes + "\n");
}

Status show_second_factor(
    const Context& context, const LoginCommand& command, client::Connection& connection
) {
    const std::string code = CAIRN_TRY(code_for(context, command));
    const Json done = CAIRN_TRY(connection.post("/api/v1/sign-in/code", {{"code", code}}));
    return take_token(connection, done);
}

Status accept(
    const LoginCommand& command, const Password& password, client::Connection& connection
) {
    if (!command.invitation.empty()) {
        const Json body = {{"token", command.invitation}, {"password", password.text()}};
        CAIRN_TRY(connection.post("/api/v1/invitations/accept", body));
    } else if (!command.password_reset.empty()) {
        const Json body = {{"token", command.password_reset}, {"password", password.text()}};
        CAIRN_TRY(connection.post("/api/v1/password-resets/accept", body));
    }
    return ok();
}

/// Returns the token of a complete session.
Result<std::string> sign_in(
    const Context& context, const LoginCommand& command, const ServerAccount& account
) {
    const Password password = CAIRN_TRY(password_for(context, command));
    client::Connection connection = connect_to(account);
    CAIRN_TRY(accept(command, password, connection));
    const Json body = {
        {"agency", account.agency},
        {"login", account.login},
        {"password", password.text()},
        {"deliver", "token"}};
    const Json half = CAIRN_TRY(connection.post("/api/v1/sign-in", body));
    CAIRN_TRY(take_token(connection, half));
    const std::string stage = cell_of(half, "stage");
    if (stage == "enrolment_wanted") CAIRN_TRY(enrol(context, command, connection));
    if (stage == "code_wanted") CAIRN_TRY(show_second_factor(context, command, connection));
    return connection.options().token;
}

Result<Exit> run_login(Context& context, const LoginCommand& command) {
    auto known = CAIRN_TRY(ServerAccounts::open(servers_file(context)));
    ServerAccount account = CAIRN_TRY(account_to_use(known, command));
    CAIRN_TRY(meet(context, account));
    const Questions questions(context);
    if (account.agency.empty()) account.agency = CAIRN_TRY(questions.ask("Agency"));
    if (account.login.empty()) account.login = CAIRN_TRY(questions.ask("Login"));
    account.token = CAIRN_TRY(sign_in(context, command, account));
    const std::string words = fmt::format(
        "Signed in to {} as {} of {}.\n",
        account.address,
        printable(account.login),
        printable(account.agency)
    );
    const std::string address = account.address;
    known.put(std::move(account));
    CAIRN_TRY(known.choose(address));
    CAIRN_TRY(known.save());
    CAIRN_TRY(context.terminal.out(words));
    return Exit::covered_clean;
}

struct LogoutCommand {
    ServerArguments server;
    bool everywhere = false;
};

Result<Exit> run_logout(Context& context, const LogoutCommand& command) {
    auto known = CAIRN_TRY(ServerAccounts::open(servers_file(context)));
    auto connection = CAIRN_TRY(connect(context, command.server));
    const auto ended =
        connection.remove(command.everywhere ? "/api/v1/sessions" : "/api/v1/session");
    // A session that the server ended by itself is what was wanted.
    if (!ended && ended.error().code != Errc::unauthenticated) return Error(ended.error());
    const std::string address = connection.options().address;
    ServerAccount account = *known.find(address);
    account.token.clear();
    known.put(std::move(account));
    CAIRN_TRY(known.save());
    CAIRN_TRY(show_done(context, command.server, Json(), fmt::format("Signed out of {}.", address))
    );
    return Exit::covered_clean;
}

struct WhoamiCommand {
    ServerArguments server;
};

Result<Exit> run_whoami(Context& context, const WhoamiCommand& command) {
    auto connection = CAIRN_TRY(connect(context, command.server));
    Json who = CAIRN_TRY(connection.get("/api/v1/session"));
    who.erase("csrf");  // for pages of a browser
    who["server"] = connection.options().address;
    if (command.server.json) {
        CAIRN_TRY(show_object(context, command.server, who));
        return Exit::covered_clean;
    }
    const Json user = who.value("user", Json::object());
    const Json agency = who.value("agency", Json::object());
    CAIRN_TRY(context.terminal.out(table(
        {{"server", cell_of(who, "server")},
         {"user", fmt::format("{} ({})", cell_of(user, "login"), cell_of(user, "name"))},
         {"agency", cell_of(agency, "name")},
         {"roles", cell_of(user, "roles")},
         {"second factor shown", cell_of(who, "second_factor")},
         {"ends when idle at", cell_of(who, "idle_end")},
         {"ends at", cell_of(who, "latest_end")},
         {"recovery codes left", cell_of(who, "recovery_codes_left")}}
    )));
    return Exit::covered_clean;
}

void add_login(CLI::App& app, Context& context) {
    auto options = std::make_shared<LoginCommand>();
    CLI::App* command = app.add_subcommand("login", "Sign in to a server");
    command->add_option("address", options->address, "The server; else the usual one")
        ->type_name("ADDRESS");
    command->add_option("--agency", options->agency, "Name of your agency")->type_name("NAME");
    command->add_option("--login", options->login, "Your login there")->type_name("LOGIN");
    auto* invitation =
        command->add_option("--invitation", options->invitation, "Choose your first password")
            ->type_name("TOKEN");
    command->add_option("--password-reset", options->password_reset, "Choose another password")
        ->type_name("TOKEN")
        ->excludes(invitation);
    command->add_option("--trust", options->trust, "Certificate of the server, or of its authority")
        ->type_name("FILE");
    command->add_option("--password-file", options->password_file, "Read the password there")
        ->type_name("FILE");
    command->add_option("--code", options->code, "Code of the authenticator, or a recovery code")
        ->type_name("CODE");
    command->footer(
        "What is not given is asked: agency, login, password and code, in this order. A script\n"
        "answers with lines on standard input. The session is kept in servers.json beside the\n"
        "other files of this account, which nobody else may read.\n"
        "A certificate that nobody known here vouches for is shown, and trusted only after a yes.\n"
        "\n"
        "Examples:\n"
        "  cairn login https://cairn.example.org:8443\n"
        "  cairn login cairn.example.org:8443 --invitation TOKEN --trust server.pem\n"
        "\n"
        "Exit codes: 0 done; 2 wrong usage; 4 failed."
    );
    on_command(context, *command, options, run_login);
}

}  // namespace

void add_login_commands(CLI::App& app, Context& context) {
    add_login(app, context);

    auto logout = std::make_shared<LogoutCommand>();
    CLI::App* out = app.add_subcommand("logout", "End the session with a server");
    add_server_options(*out, logout->server);
    out->add_flag("--everywhere", logout->everywhere, "End your sessions on all machines");
    out->footer("Example:\n  cairn logout --everywhere");
    on_command(context, *out, logout, run_logout);

    auto whoami = std::make_shared<WhoamiCommand>();
    CLI::App* who = app.add_subcommand("whoami", "Show who you are on a server");
    add_server_options(*who, whoami->server);
    who->footer("Example:\n  cairn whoami --json");
    on_command(context, *who, whoami, run_whoami);
}

}  // namespace cairn::cli
