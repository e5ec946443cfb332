#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "access/gate.h"
#include "bus/bus.h"
#include "jobs/agency_lists.h"
#include "jobs/scan_root.h"

namespace cairn::jobs {

/// Does the scans that agencies asked for, one after the other, on a thread of its own. A scan that
/// a killed server left goes on where it was, on this server or another. While it runs it is asked
/// again and again whether who asked for it still may (P2); if not, it stops with the reason on
/// record. Says on the bus that a scan progressed (once a second at most), finished, stopped,
/// failed.
class ScanRunner {
public:
    struct Parts {
        /// Of the runner's thread alone, with a connection of its own.
        access::Gate& gate;
        /// A further connection to the same records.
        std::function<Result<std::unique_ptr<db::Database>>()> connect;
        /// Of the key ring.
        const crypto::SecretKey& master;
        ListFolders& lists;
        /// Never waits; as bus::Bus::publish.
        std::function<void(const bus::Event&)> publish;
    };
    struct Options {
        std::vector<ScanRoot> roots{};
        std::string program_folder{};          ///< where cairn-decoder and cairn-reader lie
        std::string spool_folder{};            ///< for members of archives, as unnamed files
        std::string host{};                    ///< as records of scans name this server
        std::string version{};                 ///< of Cairn
        unsigned threads = 1;                  ///< that examine files
        std::chrono::milliseconds poll{1000};  ///< between looks for a scan that waits
        std::chrono::milliseconds beat{1000};  ///< between words of life; they tell the progress
        /// A runner that is silent for so long has lost its scan to the next one.
        std::chrono::milliseconds lease{30'000};
        std::chrono::milliseconds permission_interval{20'000};
    };

    static std::unique_ptr<ScanRunner> start(const Parts& parts, Options options);
    ScanRunner(const ScanRunner&) = delete;
    ScanRunner& operator=(const ScanRunner&) = delete;
    /// A scan at work stops within seconds and waits again.
    ~ScanRunner();

    /// Why the records could not be asked for scans at the last attempt. Thread-safe.
    std::optional<Error> last_error() const;

private:
    class Loop;
    explicit ScanRunner(std::unique_ptr<Loop> loop);

    std::unique_ptr<Loop> loop_;
};

}  // namespace cairn::jobs
