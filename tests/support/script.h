#pragma once

#include <array>
#include <stdexcept>
#include <string>
#include <vector>

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

extern char** environ;  // posix_spawn wants it

namespace cairn::test {

/// A Python script of tests/support, talked to by lines. It ends when its standard input does: with
/// this object.
class Script {
public:
    Script(const std::string& name, const std::vector<std::string>& arguments) {
        std::array<int, 2> in{};
        std::array<int, 2> out{};
        if (::pipe2(in.data(), O_CLOEXEC) != 0 || ::pipe2(out.data(), O_CLOEXEC) != 0) {
            throw std::runtime_error("no pipe");
        }
        posix_spawn_file_actions_t actions{};
        ::posix_spawn_file_actions_init(&actions);
        ::posix_spawn_file_actions_adddup2(&actions, in[0], 0);
        ::posix_spawn_file_actions_adddup2(&actions, out[1], 1);
        std::vector<std::string> words = {"python3", CAIRN_SOURCE_DIR "/tests/support/" + name};
        words.insert(words.end(), arguments.begin(), arguments.end());
        std::vector<char*> pointers;
        for (std::string& word : words) pointers.push_back(word.data());
        pointers.push_back(nullptr);
        const int failed =
            ::posix_spawnp(&child_, "python3", &actions, nullptr, pointers.data(), environ);
        ::posix_spawn_file_actions_destroy(&actions);
        ::close(in[0]);
        ::close(out[1]);
        in_ = in[1];
        out_ = out[0];
        if (failed != 0) throw std::runtime_error("python3 cannot be started");
    }
    Script(const Script&) = delete;
    Script& operator=(const Script&) = delete;
    ~Script() {
        ::close(in_);
        ::close(out_);
        ::waitpid(child_, nullptr, 0);
    }

    /// Empty at its end.
    std::string read_line() {
        std::string line;
        char c = 0;
        while (::read(out_, &c, 1) == 1 && c != '\n') line += c;
        return line;
    }
    void write_line(const std::string& line) {
        const std::string whole = line + '\n';
        if (::write(in_, whole.data(), whole.size()) != static_cast<ssize_t>(whole.size())) {
            throw std::runtime_error("the script of the test is gone");
        }
    }

private:
    pid_t child_ = -1;
    int in_ = -1;
    int out_ = -1;
};

}  // namespace cairn::test
