#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

#include "cli/terminal.h"
#include "scan/scan_run.h"

namespace cairn::cli {

/// Shows how far something is on standard error while it lives: one line redrawn on a terminal,
/// a plain line every ten seconds otherwise.
class ProgressLine {
public:
    enum class Style : std::uint8_t { none, redrawn, lines };
    /// The line's text after a time. Called on a thread of its own.
    using Text = std::function<std::string(std::chrono::milliseconds elapsed)>;
    ProgressLine(const Terminal& terminal, Text text, Style style);
    ProgressLine(const ProgressLine&) = delete;
    ProgressLine& operator=(const ProgressLine&) = delete;
    ~ProgressLine();

private:
    void show(bool last);
    void run(const std::stop_token& stop);

    const Terminal& terminal_;
    const Text text_;
    const Style style_;
    const std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
    std::mutex mutex_;
    std::condition_variable_any wake_;
    std::jthread thread_;
};

/// The text of a scan's line: items, bytes, rate, matches, problems, time left.
std::string progress_text(const scan::Progress& progress, std::chrono::milliseconds elapsed);

}  // namespace cairn::cli
