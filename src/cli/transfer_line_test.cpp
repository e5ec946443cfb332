#include "cli/transfer_line.h"

#include <gtest/gtest.h>

namespace cairn::cli {
namespace {

using std::chrono::milliseconds;

TEST(TransferText, SaysHowMuchHowFastAndHowLong) {
    const Transfer rows{"copying", Transfer::Unit::rows, 20'000, 100'000};
    EXPECT_EQ(
        transfer_text(rows, milliseconds(4'000)),
        "copying: 20,000 rows of 100,000 rows (5,000 rows/s), 16 s left"
    );
    const Transfer bytes{"writing the backup", Transfer::Unit::bytes, 3 << 20, 0};
    EXPECT_EQ(transfer_text(bytes, milliseconds(1'500)), "writing the backup: 3.0 MiB (2.0 MiB/s)");
}

TEST(TransferText, SaysOnlyTheTimeWhereNothingElseIsKnown) {
    EXPECT_EQ(
        transfer_text({"restoring", Transfer::Unit::bytes, 0, 0}, milliseconds(2'000)),
        "restoring, 2.0 s"
    );
    EXPECT_EQ(
        transfer_text({"copying", Transfer::Unit::rows, 0, 10}, milliseconds(0)),
        "copying: 0 rows of 10 rows (0 rows/s)"
    );
}

}  // namespace
}  // namespace cairn::cli
