#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "network/source_store.h"
#include "network/special_use.h"

namespace cairn::network {

/// Something a source says, and which version of it. `source` is valid as long as the view that
/// gave the answer.
template <typename Value>
struct Fact {
    Value value{};
    const SourceVersion* source = nullptr;
    bool stale = false;  ///< the version's date is too far from the time asked for
};

/// What is known of an address at a time. Nothing below a country is ever known.
struct Answer {
    Address address;
    /// Set: the address is nobody's on the public Internet, and nothing else is known of it.
    const SpecialUse* reserved = nullptr;
    Tunnel tunnel = Tunnel::none;
    std::optional<Fact<CountryCode>> country;
    std::optional<Fact<std::uint32_t>> system;
    std::optional<Fact<std::string>> operator_name;
    std::optional<Fact<Connection>> connection;
    /// What each source says; one class may stand here several times.
    std::vector<Fact<AddressClass>> classes;

    // What no version dated near enough speaks of, or a stale one said.
    bool country_stale = false;
    bool system_stale = false;
    ClassSet stale_classes;

    bool stale() const { return country_stale || system_stale || !stale_classes.empty(); }
    /// reserved or plain where no source gives a class.
    ClassSet class_set() const;
};

/// The sources as they are to be asked for one time. Immutable; any number of threads may ask.
class View {
public:
    /// Cost: one look-up in each source of the view. Errc::corrupt_data for a damaged database.
    Result<Answer> look_up(const Address& address) const;

    UtcTime time() const { return time_; }
    /// The classes expected of an answer that no source speaks of at all.
    ClassSet not_covered() const { return not_covered_; }

private:
    friend class Lookup;

    struct Entry {
        std::shared_ptr<const SourceVersion> version;
        std::shared_ptr<const SourceReader> reader;
        UtcTime::duration distance{};
        /// Of what it says only the classes of this set count.
        ClassSet counted;
        bool facts_count = true;
    };

    explicit View(UtcTime time) : time_(time) {}
    void judge_freshness();
    void take_facts(const Entry& entry, const Facts& facts, Answer& answer) const;
    void take_classes(const Entry& entry, ClassSet classes, Answer& answer) const;

    UtcTime time_;
    std::vector<Entry> entries_;  ///< the nearest in time first
    bool country_fresh_ = false;
    bool system_fresh_ = false;
    ClassSet unfresh_;  ///< expected classes of which no version near enough speaks
    ClassSet not_covered_;
};

/// Which sources are asked.
enum class Origin : std::uint8_t { all, imported };

/// Answers what an address was at a time, from the versions that a store has when this is opened.
/// Any number of threads may ask; the store outlives it.
class Lookup {
public:
    static Result<std::unique_ptr<Lookup>> open(SourceStore& store, Origin origin);

    /// Of each source the version nearest in time, before or after; of two equally near the
    /// earlier. Of sources that speak of Tor exits all versions within 24 hours. Files are opened
    /// when first needed.
    Result<std::shared_ptr<const View>> at(UtcTime time);

private:
    using Versions = std::vector<std::shared_ptr<const SourceVersion>>;

    explicit Lookup(SourceStore& store) : store_(store) {}
    Status add(View& view, const std::shared_ptr<const SourceVersion>& version, bool nearest);

    SourceStore& store_;
    std::map<std::string, Versions> sources_;  ///< by name, each in the order of time
    std::mutex mutex_;
    std::map<std::int64_t, std::shared_ptr<const SourceReader>> readers_;  ///< by version
};

}  // namespace cairn::network
