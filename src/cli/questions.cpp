#include "cli/questions.h"

#include <cerrno>

#include <termios.h>
#include <unistd.h>

#include "base/fd.h"

namespace cairn::cli {
namespace {

constexpr std::size_t kAnswerBytesMax = 4096;

/// Byte by byte, so that what comes after the line stays for the next question.
Result<std::string> read_line() {
    std::string line;
    for (char c = 0;;) {
        const ssize_t got = ::read(STDIN_FILENO, &c, 1);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return fail(Errc::io, "standard input: {}", errno_text(errno));
        if (got == 0 && line.empty()) {
            return fail(Errc::invalid_argument, "standard input ended");
        }
        if (got == 0 || c == '\n') break;
        line += c;
        if (line.size() > kAnswerBytesMax) {
            return fail(Errc::limit_exceeded, "an answer of over {} bytes", kAnswerBytesMax);
        }
    }
    if (line.ends_with('\r')) line.pop_back();
    return line;
}

/// The terminal shows nothing that is typed while this lives.
class Silence {
public:
    Silence() {
        known_ = ::tcgetattr(STDIN_FILENO, &before_) == 0;
        if (!known_) return;
        termios silent = before_;
        silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
        ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent);
    }
    Silence(const Silence&) = delete;
    Silence& operator=(const Silence&) = delete;
    ~Silence() {
        if (known_) ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &before_);
    }

private:
    termios before_{};
    bool known_ = false;
};

}  // namespace

bool Questions::to_a_person() const {
    return context_.environment.in_is_terminal && context_.environment.error_is_terminal;
}

Result<std::string> Questions::ask(std::string_view question) const {
    if (to_a_person()) context_.terminal.error(fmt::format("{}: ", question));
    auto line = read_line();
    if (line) return line;
    return std::move(line).error().with_context(fmt::format("\"{}\" was not answered", question));
}

Result<std::string> Questions::ask_secret(std::string_view question) const {
    if (!context_.environment.in_is_terminal) return ask(question);
    const Silence silence;
    auto answer = ask(question);
    if (to_a_person()) context_.terminal.error("\n");
    return answer;
}

}  // namespace cairn::cli
