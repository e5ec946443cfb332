#include <array>
#include <cerrno>
#include <memory>
#include <thread>

#include <fcntl.h>
#include <libpq-fe.h>
#include <poll.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "db/backup_engines.h"

namespace cairn::db {
namespace {

constexpr std::size_t kMessageBytesMax = 4096;
constexpr int kReportIntervalMs = 200;

/// How the server is reached, for a program that is started: what everybody may see in the list of
/// processes, and the password.
struct Target {
    std::string words;
    std::string password;
};

std::string quoted_value(std::string_view value) {
    std::string text = "'";
    for (const char c : value) {
        if (c == '\'' || c == '\\') text += '\\';
        text += c;
    }
    return text + "'";
}

/// As this program itself reaches it, with all that the library adds from its surroundings.
Result<Target> target_of(const std::string& location) {
    const std::unique_ptr<PGconn, decltype(&PQfinish)> connection(
        PQconnectdb(location.c_str()), &PQfinish
    );
    if (PQstatus(connection.get()) != CONNECTION_OK) {
        std::string message = PQerrorMessage(connection.get());
        while (message.ends_with('\n')) message.pop_back();
        return fail(Errc::unavailable, "PostgreSQL: {}", message);
    }
    const std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)> options(
        PQconninfo(connection.get()), &PQconninfoFree
    );
    Target target;
    for (const PQconninfoOption* one = options.get(); one != nullptr && one->keyword != nullptr;
         ++one) {
        const std::string_view value = one->val == nullptr ? "" : one->val;
        if (value.empty()) continue;
        if (std::string_view(one->keyword) == "password") {
            target.password = value;
        } else {
            target.words += fmt::format("{}={} ", one->keyword, quoted_value(value));
        }
    }
    return target;
}

struct Finished {
    int code = 0;
    std::string message;
};

/// The program's own first complaint; it may quote no row, so what follows is left out.
std::string first_complaint(std::string_view errors) {
    const std::size_t begin = errors.find("error: ");
    if (begin != errors.npos) errors.remove_prefix(begin + 7);
    return std::string(errors.substr(0, errors.find('\n')));
}

/// Reads what the program says until it closes its end; `waiting` is called meanwhile.
std::string read_messages(int fd, const std::function<void()>& waiting) {
    std::string text;
    std::array<char, 1024> buffer{};
    while (true) {
        pollfd ready{fd, POLLIN, 0};
        if (::poll(&ready, 1, kReportIntervalMs) == 0) {
            waiting();
            continue;
        }
        const ssize_t got = ::read(fd, buffer.data(), buffer.size());
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) return text;
        const std::size_t room = kMessageBytesMax - text.size();
        text.append(buffer.data(), std::min(room, static_cast<std::size_t>(got)));
    }
}

Result<Finished> run_program(
    std::vector<std::string> arguments,
    const std::string& password,
    const std::function<void()>& waiting
) {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) return fail(Errc::io, "{}", errno_text(errno));
    const Fd reader(ends[0]);
    Fd writer(ends[1]);
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    ::posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    ::posix_spawn_file_actions_adddup2(&actions, writer.get(), STDERR_FILENO);
    std::vector<std::string> variables = {
        "PATH=/usr/local/bin:/usr/bin:/bin", "LC_ALL=C", "PGPASSWORD=" + password};
    std::vector<char*> argument_list;
    for (std::string& argument : arguments) argument_list.push_back(argument.data());
    argument_list.push_back(nullptr);
    std::vector<char*> variable_list;
    for (std::string& variable : variables) variable_list.push_back(variable.data());
    if (password.empty()) variable_list.pop_back();
    variable_list.push_back(nullptr);
    pid_t child = 0;
    const int why = ::posix_spawnp(
        &child,
        arguments.front().c_str(),
        &actions,
        nullptr,
        argument_list.data(),
        variable_list.data()
    );
    ::posix_spawn_file_actions_destroy(&actions);
    if (why != 0) {
        return fail(
            why == ENOENT ? Errc::not_found : Errc::io,
            "{} cannot be started ({}); install PostgreSQL's client programs (Debian: "
            "postgresql-client)",
            arguments.front(),
            errno_text(why)
        );
    }
    writer = Fd();
    Finished finished;
    finished.message = first_complaint(read_messages(reader.get(), waiting));
    int status = 0;
    while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    finished.code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    return finished;
}

Status run_checked(
    std::vector<std::string> arguments,
    const std::string& password,
    Errc when_it_fails,
    const std::function<void()>& waiting
) {
    const std::string program = arguments.front();
    const Finished finished = CAIRN_TRY(run_program(std::move(arguments), password, waiting));
    if (finished.code == 0) return ok();
    return fail(when_it_fails, "{}: {}", program, finished.message);
}

}  // namespace

Status dump_postgresql(
    const std::string& location,
    const std::string& to,
    const std::string& without_rows,
    const ReportBackup& report
) {
    const Target target = CAIRN_TRY(target_of(location));
    const auto written = [&] {
        struct stat info {};
        if (::stat(to.c_str(), &info) == 0) report({static_cast<std::uint64_t>(info.st_size), 0});
    };
    std::vector<std::string> arguments = {
        "pg_dump",
        "--format=custom",
        "--serializable-deferrable",
        "--no-password",
        "--file=" + to,
        "--dbname=" + target.words};
    if (!without_rows.empty()) arguments.push_back("--exclude-table-data=" + without_rows);
    CAIRN_TRY(run_checked(arguments, target.password, Errc::unavailable, written));
    return run_checked(
        {"pg_restore", "--file=/dev/null", "--", to}, "", Errc::corrupt_data, written
    );
}

Status restore_postgresql(
    const std::string& file, const std::string& location, const ReportBackup& report
) {
    const Target target = CAIRN_TRY(target_of(location));
    return run_checked(
        {"pg_restore",
         "--single-transaction",
         "--exit-on-error",
         "--no-owner",
         "--no-privileges",
         "--no-password",
         "--dbname=" + target.words,
         "--",
         file},
        target.password,
        Errc::corrupt_data,
        [&] {
            report({0, 0});
        }
    );
}

}  // namespace cairn::db
