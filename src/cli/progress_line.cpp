#include "cli/progress_line.h"

#include <algorithm>

#include "base/text.h"
#include "base/utc_time.h"

namespace cairn::cli {
namespace {

using std::chrono::milliseconds;

/// Time left from the share of bytes done, or of files where bytes say nothing; -1 when unknown.
milliseconds time_left(const scan::Progress& progress, milliseconds elapsed) {
    if (!progress.totals_known) return milliseconds(-1);
    // A file costs something even when it is empty: count it as a few kilobytes.
    constexpr double kFileCostBytes = 8192;
    const double done = static_cast<double>(progress.file_bytes_done.load()) +
                        kFileCostBytes * static_cast<double>(progress.files_done.load());
    const double total = static_cast<double>(progress.file_bytes_total.load()) +
                         kFileCostBytes * static_cast<double>(progress.files_total.load());
    if (done <= 0 || total <= 0) return milliseconds(-1);
    const double left = static_cast<double>(elapsed.count()) * (total / done - 1);
    return milliseconds(static_cast<std::int64_t>(std::max(0.0, left)));
}

}  // namespace

std::string progress_text(const scan::Progress& progress, milliseconds elapsed) {
    const std::uint64_t items = progress.items.load();
    const std::uint64_t bytes = progress.bytes.load();
    const double seconds = std::max(0.001, static_cast<double>(elapsed.count()) / 1000);
    std::string text = fmt::format(
        "{}, {} ({}/s, {} items/s), matches: {}, problems: {}, {}",
        count_of(items, "item"),
        human_bytes(bytes),
        human_bytes(static_cast<std::uint64_t>(static_cast<double>(bytes) / seconds)),
        grouped(static_cast<std::uint64_t>(static_cast<double>(items) / seconds)),
        grouped(progress.matches.load()),
        grouped(progress.problems.load()),
        human_duration(elapsed)
    );
    const milliseconds left = time_left(progress, elapsed);
    if (left.count() >= 0) text += fmt::format(", {} left", human_duration(left));
    return text;
}

ProgressLine::ProgressLine(const Terminal& terminal, Text text, Style style)
    : terminal_(terminal), text_(std::move(text)), style_(style) {
    if (style_ != Style::none) {
        thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
    }
}

ProgressLine::~ProgressLine() {
    if (style_ == Style::none) return;
    thread_.request_stop();
    thread_.join();
    show(true);
}

void ProgressLine::show(bool last) {
    const auto elapsed =
        std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now() - begin_);
    const std::string text = text_(elapsed);
    if (style_ == Style::redrawn) {
        terminal_.error("\r\x1b[2K" + text + (last ? "\n" : ""));
    } else {
        terminal_.error(text + "\n");
    }
}

void ProgressLine::run(const std::stop_token& stop) {
    const milliseconds pause = style_ == Style::redrawn ? milliseconds(200) : milliseconds(10'000);
    std::unique_lock lock(mutex_);
    while (!stop.stop_requested()) {
        wake_.wait_for(lock, stop, pause, [] { return false; });
        if (!stop.stop_requested()) show(false);
    }
}

}  // namespace cairn::cli
