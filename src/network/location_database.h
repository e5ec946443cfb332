#pragma once

#include <memory>

#include "network/source_reader.h"

namespace cairn::network {

/// A database of libloc: country, autonomous system with its operator, flags. The only file that
/// knows the library. Thread-safe; one thread at a time asks all databases of a process.
class LocationDatabase final : public SourceReader {
public:
    /// `fd` is a file that check_location_file() found sound and that nobody changes; it is no
    /// longer needed afterwards.
    static Result<std::unique_ptr<LocationDatabase>> open(int fd);
    ~LocationDatabase() override;

    /// What it says of itself, without the number of its ranges.
    Result<DatabaseLabel> label() const;
    Result<Facts> facts_of(const Address& address) const override;

private:
    struct Handle;

    explicit LocationDatabase(std::unique_ptr<Handle> handle);

    std::unique_ptr<Handle> handle_;
};

}  // namespace cairn::network
