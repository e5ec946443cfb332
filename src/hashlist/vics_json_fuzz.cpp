// A document that another parser takes as sound must be split into just the records it holds.
#include <cstdlib>
#include <vector>

#include <nlohmann/json.hpp>

#include "base/text.h"
#include "hashlist/memory_list.h"
#include "hashlist/recording_sink.h"
#include "hashlist/vics_reader.h"

namespace cairn::hashlist {
namespace {

/// Counts records while nlohmann's parser walks the document.
class RecordCounter final : public nlohmann::json_sax<nlohmann::json> {
public:
    /// Nothing when the root is no object or has no "value" list.
    std::optional<std::size_t> records() const {
        return value_seen_ ? std::optional(records_) : std::nullopt;
    }

    bool null() override { return scalar(); }
    bool boolean(bool) override { return scalar(); }
    bool number_integer(number_integer_t) override { return scalar(); }
    bool number_unsigned(number_unsigned_t) override { return scalar(); }
    bool number_float(number_float_t, const string_t&) override { return scalar(); }
    bool string(string_t&) override { return scalar(); }
    bool binary(binary_t&) override { return scalar(); }
    bool key(string_t& name) override {
        key_ = lower_ascii(name);
        return true;
    }
    bool start_object(std::size_t) override { return open(Level::object); }
    bool start_array(std::size_t) override { return open(Level::array); }
    bool end_object() override { return close(); }
    bool end_array() override { return close(); }
    bool parse_error(std::size_t, const std::string&, const nlohmann::json::exception&) override {
        return false;
    }

private:
    enum class Level : std::uint8_t { object, array, root, values, element, media };

    Level inside() const { return levels_.empty() ? Level::object : levels_.back(); }

    bool scalar() {
        if (inside() == Level::values || inside() == Level::media) ++records_;
        return true;
    }

    bool open(Level level) {
        const bool object = level == Level::object;
        if (levels_.empty() && object) {
            level = Level::root;
        } else if (inside() == Level::root && !object && key_ == "value") {
            level = Level::values;
            value_seen_ = true;
        } else if (inside() == Level::values) {
            level = object ? Level::element : level;
            media_seen_ = false;
            if (!object) ++records_;
        } else if (inside() == Level::element && !object && key_ == "media") {
            level = Level::media;
            media_seen_ = true;
        } else if (inside() == Level::media) {
            ++records_;
        }
        levels_.push_back(level);
        return true;
    }

    bool close() {
        if (inside() == Level::element && !media_seen_) ++records_;
        levels_.pop_back();
        return true;
    }

    std::vector<Level> levels_;
    std::string key_;
    std::size_t records_ = 0;
    bool value_seen_ = false;
    bool media_seen_ = false;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const Bytes bytes(data, size);
    const MemoryList list(bytes);
    RecordingSink sink;
    auto source = TextSource::open(list.path());
    if (!source) return 0;
    const Status status = read_vics(*source, sink);
    for (const ListRecord& record : sink.records) {
        if (record.position.offset >= 2 * size) std::abort();
    }
    const std::string_view text = as_text(bytes);
    static_cast<void>(recognise_vics(text));
    // Escaped member names are not looked through by the splitter; the other parser takes a zero
    // byte for the end.
    if (text.find('\\') != std::string_view::npos || text.starts_with("\xFF\xFE")) return 0;
    if (text.find('\0') != std::string_view::npos) return 0;
    RecordCounter counter;
    if (!nlohmann::json::sax_parse(text, &counter)) return 0;
    if (status.has_value() != counter.records().has_value()) std::abort();
    if (status && sink.records.size() + sink.refused.size() != *counter.records()) std::abort();
    return 0;
}

}  // namespace cairn::hashlist
