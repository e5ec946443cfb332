#include "network/range_table.h"

#include <algorithm>

#include "base/bytes.h"
#include "base/text.h"
#include "network/limits.h"

namespace cairn::network {
namespace {

constexpr std::string_view kMagic = "CAIRNNET";
constexpr std::uint32_t kFormat = 1;

std::uint64_t read_number(Bytes bytes) {
    std::uint64_t value = 0;
    for (std::size_t i = bytes.size(); i-- > 0;) value = value << 8U | bytes[i];
    return value;
}

Result<std::vector<std::uint32_t>> read_numbers(ByteReader& reader, std::size_t count) {
    const Bytes bytes = CAIRN_TRY(reader.take(count * 4));
    std::vector<std::uint32_t> numbers(count);
    for (std::size_t i = 0; i < count; ++i) {
        numbers[i] = static_cast<std::uint32_t>(read_number(bytes.subspan(i * 4, 4)));
    }
    return numbers;
}

Result<std::vector<RangeIndex::Wide>> read_wide(ByteReader& reader, std::size_t count) {
    const Bytes bytes = CAIRN_TRY(reader.take(count * 16));
    std::vector<RangeIndex::Wide> numbers(count);
    for (std::size_t i = 0; i < count; ++i) {
        numbers[i].high = read_number(bytes.subspan(i * 16, 8));
        numbers[i].low = read_number(bytes.subspan(i * 16 + 8, 8));
    }
    return numbers;
}

/// Of what lists may say alone.
Result<ClassSet> read_classes(ByteReader& reader) {
    const std::uint32_t bits = CAIRN_TRY(reader.u32_le());
    ClassSet classes;
    for (const ClassRow& row : address_classes()) {
        const bool set = (bits >> static_cast<unsigned>(row.address_class) & 1U) != 0;
        if (set && row.from_lists) classes.insert(row.address_class);
    }
    if (bits_of(classes) != bits) return fail(Errc::corrupt_data, "unknown class");
    return classes;
}

void write_facts(ByteWriter& writer, const Facts& facts) {
    for (const char c : facts.country) writer.u8(static_cast<std::uint8_t>(c));
    writer.u32_le(facts.system);
    writer.u32_le(bits_of(facts.classes));
    writer.sized(as_bytes(facts.operator_name));
}

Result<Facts> read_facts(ByteReader& reader) {
    Facts facts;
    const Bytes country = CAIRN_TRY(reader.take(2));
    if (country[0] != 0 || country[1] != 0) {
        const auto code = country_from(as_text(country));
        if (!code) return fail(Errc::corrupt_data, "no country code");
        facts.country = *code;
    }
    facts.system = CAIRN_TRY(reader.u32_le());
    facts.classes = CAIRN_TRY(read_classes(reader));
    const std::uint64_t length = CAIRN_TRY(reader.leb128());
    if (length > kOperatorBytesMax) return fail(Errc::corrupt_data, "operator too long");
    const Bytes name = CAIRN_TRY(reader.take(length));
    facts.operator_name = as_text(name);
    if (!is_utf8(facts.operator_name)) return fail(Errc::corrupt_data, "operator is not UTF-8");
    return facts;
}

}  // namespace

std::uint32_t bits_of(ClassSet classes) {
    std::uint32_t bits = 0;
    for (const ClassRow& row : address_classes()) {
        if (!classes.contains(row.address_class)) continue;
        bits |= std::uint32_t{1} << static_cast<unsigned>(row.address_class);
    }
    return bits;
}

ClassSet RangeTable::classes_of_system(std::uint32_t system) const {
    const auto found = std::lower_bound(
        systems_.begin(),
        systems_.end(),
        system,
        [](const System& one, std::uint32_t number) { return one.number < number; }
    );
    if (found == systems_.end() || found->number != system) return {};
    return found->classes;
}

/// Notes what is spoken of, and that every number has its facts.
Status RangeTable::cover() {
    const auto highest = [](const std::vector<std::uint32_t>& numbers) {
        return numbers.empty() ? 0 : *std::max_element(numbers.begin(), numbers.end());
    };
    if (std::max(highest(index_.ipv4().number), highest(index_.ipv6().number)) >= facts_.size()) {
        return fail(Errc::corrupt_data, "range without facts");
    }
    const auto add_classes = [this](ClassSet classes) {
        for (const ClassRow& row : address_classes()) {
            if (classes.contains(row.address_class)) coverage_.classes.insert(row.address_class);
        }
    };
    for (const Facts& facts : facts_) {
        coverage_.countries |= facts.country != kNoCountry;
        coverage_.systems |= facts.system != 0;
        add_classes(facts.classes);
    }
    for (const System& system : systems_) add_classes(system.classes);
    return ok();
}

ByteVector RangeTable::encode() const {
    ByteWriter writer;
    writer.raw(as_bytes(kMagic));
    writer.u32_le(kFormat);
    for (const std::size_t count :
         {index_.ipv4().first.size(), index_.ipv6().first.size(), facts_.size(), systems_.size()}) {
        writer.u32_le(static_cast<std::uint32_t>(count));
    }
    for (const std::uint32_t first : index_.ipv4().first) writer.u32_le(first);
    for (const std::uint32_t number : index_.ipv4().number) writer.u32_le(number);
    for (const RangeIndex::Wide& first : index_.ipv6().first) {
        writer.u64_le(first.high);
        writer.u64_le(first.low);
    }
    for (const std::uint32_t number : index_.ipv6().number) writer.u32_le(number);
    for (const Facts& facts : facts_) write_facts(writer, facts);
    for (const System& system : systems_) {
        writer.u32_le(system.number);
        writer.u32_le(bits_of(system.classes));
    }
    return writer.take();
}

Result<RangeTable> RangeTable::decode(Bytes bytes) {
    ByteReader reader(bytes);
    const Bytes magic = CAIRN_TRY(reader.take(kMagic.size()));
    if (as_text(magic) != kMagic) return fail(Errc::corrupt_data, "no range table");
    const std::uint32_t format = CAIRN_TRY(reader.u32_le());
    if (format != kFormat) {
        return fail(Errc::unsupported, "range table of format {}; import its source anew", format);
    }
    const std::uint32_t ipv4_count = CAIRN_TRY(reader.u32_le());
    const std::uint32_t ipv6_count = CAIRN_TRY(reader.u32_le());
    const std::uint32_t facts_count = CAIRN_TRY(reader.u32_le());
    const std::uint32_t system_count = CAIRN_TRY(reader.u32_le());
    RangeIndex::Steps<std::uint32_t> ipv4;
    ipv4.first = CAIRN_TRY(read_numbers(reader, ipv4_count));
    ipv4.number = CAIRN_TRY(read_numbers(reader, ipv4_count));
    RangeIndex::Steps<RangeIndex::Wide> ipv6;
    ipv6.first = CAIRN_TRY(read_wide(reader, ipv6_count));
    ipv6.number = CAIRN_TRY(read_numbers(reader, ipv6_count));
    RangeTable table;
    table.index_ = CAIRN_TRY(RangeIndex::make(std::move(ipv4), std::move(ipv6)));
    table.facts_.clear();
    for (std::uint32_t i = 0; i < facts_count; ++i) {
        Facts facts = CAIRN_TRY(read_facts(reader));
        table.facts_.push_back(std::move(facts));
    }
    if (table.facts_.empty() || table.facts_.front() != Facts{}) {
        return fail(Errc::corrupt_data, "no facts for unknown addresses");
    }
    for (std::uint32_t i = 0; i < system_count; ++i) {
        System system;
        system.number = CAIRN_TRY(reader.u32_le());
        system.classes = CAIRN_TRY(read_classes(reader));
        const bool ascends = i == 0 || table.systems_.back().number < system.number;
        if (!ascends) return fail(Errc::corrupt_data, "autonomous systems out of order");
        table.systems_.push_back(system);
    }
    if (!reader.at_end()) return fail(Errc::corrupt_data, "bytes behind the range table");
    CAIRN_TRY(table.cover());
    return table;
}

Status RangeTableBuilder::add(const AddressRange& range, const Facts& facts, std::uint64_t line) {
    const auto next = static_cast<std::uint32_t>(numbers_.size() + 1);
    // A range of which nothing is known has a number too: it hides what surrounds it.
    return ranges_.add(range, numbers_.try_emplace(facts, next).first->second, line);
}

Status RangeTableBuilder::add_system(std::uint32_t system, ClassSet classes) {
    if (systems_.size() >= kSystemsMax) {
        return fail(Errc::limit_exceeded, "more than {} autonomous systems", kSystemsMax);
    }
    const auto [at, is_new] = systems_.try_emplace(system, classes);
    if (is_new || at->second == classes) return ok();
    return fail(Errc::invalid_argument, "AS{} stood before with other classes", system);
}

Result<RangeTable> RangeTableBuilder::build() {
    if (lines() == 0) return fail(Errc::invalid_argument, "says nothing of any address");
    RangeTable table;
    table.index_ = CAIRN_TRY(ranges_.build());
    table.facts_.resize(numbers_.size() + 1);
    for (const auto& [facts, number] : numbers_) table.facts_[number] = facts;
    for (const auto& [number, classes] : systems_) table.systems_.push_back({number, classes});
    CAIRN_TRY(table.cover());
    return table;
}

}  // namespace cairn::network
