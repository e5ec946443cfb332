#include "cli/terminal.h"

#include <algorithm>

#include <unistd.h>

#include "base/fd.h"

namespace cairn::cli {
namespace {

std::string_view code_of(Colour colour) {
    switch (colour) {
        case Colour::plain:
            return "";
        case Colour::red:
            return "\x1b[31m";
        case Colour::yellow:
            return "\x1b[33m";
        case Colour::green:
            return "\x1b[32m";
        case Colour::bold:
            return "\x1b[1m";
        case Colour::faint:
            return "\x1b[2m";
    }
    return "";
}

/// Characters a terminal shows: UTF-8 continuation bytes take no room.
std::size_t width_of(std::string_view text) {
    return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
        return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
    }));
}

bool is_number(std::string_view text) {
    return !text.empty() && text.find_first_not_of("0123456789,") == std::string_view::npos;
}

}  // namespace

Status Terminal::out(std::string_view text) const {
    auto written = write_all(STDOUT_FILENO, as_bytes(text));
    if (written) return ok();
    // A reader that had enough (`| head`) is no failure worth words.
    if (written.error().code == Errc::unavailable) return fail(Errc::cancelled, "nobody listens");
    return std::move(written).error().with_context("standard output");
}

void Terminal::error(std::string_view text) const {
    // Nobody is left to tell when standard error fails.
    if (const auto written = write_all(STDERR_FILENO, as_bytes(text)); !written) return;
}

std::string Terminal::paint(Colour colour, std::string_view text) const {
    if (!colour_ || colour == Colour::plain) return std::string(text);
    return std::string(code_of(colour)) + std::string(text) + "\x1b[0m";
}

std::string table(const std::vector<std::vector<std::string>>& rows) {
    std::vector<std::size_t> widths;
    for (const auto& row : rows) {
        widths.resize(std::max(widths.size(), row.size()));
        for (std::size_t i = 0; i < row.size(); ++i) {
            widths[i] = std::max(widths[i], width_of(row[i]));
        }
    }
    std::string out;
    for (const auto& row : rows) {
        std::string line;
        for (std::size_t i = 0; i < row.size(); ++i) {
            const std::string padding(widths[i] - width_of(row[i]), ' ');
            line += is_number(row[i]) ? padding + row[i] : row[i] + padding;
            line += "  ";
        }
        line.erase(line.find_last_not_of(' ') + 1);
        out += line + "\n";
    }
    return out;
}

}  // namespace cairn::cli
