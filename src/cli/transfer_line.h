#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "cli/command.h"

namespace cairn::cli {

/// How far something long is.
struct Transfer {
    enum class Unit : std::uint8_t { bytes, rows };
    std::string_view doing;  ///< "copying"
    Unit unit = Unit::bytes;
    std::uint64_t done = 0;
    std::uint64_t total = 0;  ///< 0 when nobody knows
};

/// The text of one line: how much is done, rate, time left.
std::string transfer_text(const Transfer& transfer, std::chrono::milliseconds elapsed);

/// Shows it on standard error: one line redrawn on a terminal, else a plain line every ten
/// seconds.
class TransferLine {
public:
    explicit TransferLine(const Context& context) : context_(context) {}
    TransferLine(const TransferLine&) = delete;
    TransferLine& operator=(const TransferLine&) = delete;
    ~TransferLine();

    /// Cheap when called often.
    void show(const Transfer& transfer);

private:
    using Clock = std::chrono::steady_clock;

    const Context& context_;
    std::string doing_;
    Clock::time_point begin_ = Clock::now();
    Clock::time_point shown_ = begin_;
    bool drawn_ = false;
};

}  // namespace cairn::cli
