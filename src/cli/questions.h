#pragma once

#include <string>
#include <string_view>

#include "cli/command.h"

namespace cairn::cli {

/// Asks whoever is at standard input. A person at a terminal sees the question on standard error; a
/// script gives one line for each answer and sees nothing.
class Questions {
public:
    explicit Questions(const Context& context) : context_(context) {}

    bool to_a_person() const;
    /// Errc::invalid_argument when the input ends before the answer.
    Result<std::string> ask(std::string_view question) const;
    /// Shows nothing of what is typed.
    Result<std::string> ask_secret(std::string_view question) const;

private:
    const Context& context_;
};

}  // namespace cairn::cli
