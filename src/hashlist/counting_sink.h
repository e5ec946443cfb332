#pragma once

#include <string>

#include "hashlist/formats.h"
#include "hashlist/list_store.h"

namespace cairn::hashlist {

/// Counts into a report what is not taken from list files, and where.
class CountingSink : public RecordSink {
public:
    explicit CountingSink(ImportReport& report) : report_(report) {}

    void begin_file(const std::string& path) { file_ = path; }

    void refuse(RowPosition position, std::string_view reason) final;
    void skip(std::string_view reason) final;
    void warn(std::string_view reason) final;
    void unknown_member(std::string_view name) final;

protected:
    /// `name`, or "other" where `counts` has enough names already.
    static std::string counted_name(
        const std::map<std::string, std::uint64_t>& counts, std::string_view name
    );

    ImportReport& report_;

private:
    std::string file_;
};

/// The files of one import or update and how to read them.
struct FileReading {
    std::vector<std::string> files;
    std::optional<HashType> type_of_64;
    /// Called with bytes read and bytes in all; may be empty.
    std::function<void(std::uint64_t, std::uint64_t)> progress;
};

/// The format of all files: Errc::invalid_argument when they differ in it.
Result<ListFormat> one_format(const FileReading& reading);

/// Reads the files one after another into `sink`; returns the SHA-256 (hex) of the first.
Result<std::string> read_list_files(const FileReading& reading, CountingSink& sink);

/// Errc::conflict, saying what and where, when more than `share_max` of the rows were refused.
Status check_refused_share(const ImportReport& report, double share_max);

}  // namespace cairn::hashlist
