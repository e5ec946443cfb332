#include "cli/transfer_line.h"

#include <algorithm>

#include "base/text.h"
#include "base/utc_time.h"

namespace cairn::cli {
namespace {

using std::chrono::milliseconds;

std::string amount(Transfer::Unit unit, std::uint64_t number) {
    return unit == Transfer::Unit::bytes ? human_bytes(number) : grouped(number) + " rows";
}

}  // namespace

std::string transfer_text(const Transfer& transfer, milliseconds elapsed) {
    if (transfer.done == 0 && transfer.total == 0) {
        return fmt::format("{}, {}", transfer.doing, human_duration(elapsed));
    }
    const double seconds = std::max(0.001, static_cast<double>(elapsed.count()) / 1000);
    const double rate = static_cast<double>(transfer.done) / seconds;
    std::string text = fmt::format("{}: {}", transfer.doing, amount(transfer.unit, transfer.done));
    if (transfer.total > 0) text += " of " + amount(transfer.unit, transfer.total);
    text += fmt::format(" ({}/s)", amount(transfer.unit, static_cast<std::uint64_t>(rate)));
    if (transfer.total > transfer.done && rate > 0) {
        const double left = static_cast<double>(transfer.total - transfer.done) / rate;
        const milliseconds rounded(static_cast<std::int64_t>(left * 1000));
        text += fmt::format(", {} left", human_duration(rounded));
    }
    return text;
}

TransferLine::~TransferLine() {
    if (drawn_) context_.terminal.error("\r\x1b[2K");
}

void TransferLine::show(const Transfer& transfer) {
    const auto now = Clock::now();
    if (transfer.doing != doing_) {
        doing_ = transfer.doing;
        begin_ = now;
        shown_ = now;
    }
    const bool redrawn = context_.environment.error_is_terminal;
    if (now - shown_ < (redrawn ? milliseconds(200) : milliseconds(10'000))) return;
    shown_ = now;
    const auto elapsed = std::chrono::duration_cast<milliseconds>(now - begin_);
    const std::string text = transfer_text(transfer, elapsed);
    context_.terminal.error(redrawn ? "\r\x1b[2K" + text : text + "\n");
    drawn_ = redrawn;
}

}  // namespace cairn::cli
