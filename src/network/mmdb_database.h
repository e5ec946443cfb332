#pragma once

#include <memory>

#include "network/source_reader.h"

namespace cairn::network {

/// A database in MaxMind's format: country, autonomous system with its operator, kind of
/// connection. City, region and coordinates are not read at all. The only file that knows the
/// library, which checks each step it makes within the file.
class MmdbDatabase final : public SourceReader {
public:
    /// `fd` is a file that nobody changes; it is no longer needed afterwards. Errc::corrupt_data.
    static Result<std::unique_ptr<MmdbDatabase>> open(int fd);
    ~MmdbDatabase() override;

    /// Walks the whole tree and reads each record once. Errc::corrupt_data for what no look-up
    /// could read, limit_exceeded when it takes longer than kWalkTimeMax.
    Result<DatabaseLabel> examine() const;
    Result<Facts> facts_of(const Address& address) const override;

private:
    struct Library;

    explicit MmdbDatabase(std::unique_ptr<Library> library);

    std::unique_ptr<Library> library_;
};

}  // namespace cairn::network
