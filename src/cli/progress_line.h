#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>

#include "cli/terminal.h"
#include "scan/scan_run.h"

namespace cairn::cli {

/// Shows a scan's counters on standard error while it lives: one line redrawn on a terminal,
/// a plain line every ten seconds otherwise.
class ProgressLine {
public:
    enum class Style : std::uint8_t { none, redrawn, lines };
    ProgressLine(const Terminal& terminal, const scan::Progress& progress, Style style);
    ProgressLine(const ProgressLine&) = delete;
    ProgressLine& operator=(const ProgressLine&) = delete;
    ~ProgressLine();

private:
    void show(bool last);
    void run(const std::stop_token& stop);

    const Terminal& terminal_;
    const scan::Progress& progress_;
    const Style style_;
    const std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
    std::mutex mutex_;
    std::condition_variable_any wake_;
    std::jthread thread_;
};

/// The text of one line: items, bytes, rate, matches, problems, time left.
std::string progress_text(const scan::Progress& progress, std::chrono::milliseconds elapsed);

}  // namespace cairn::cli
