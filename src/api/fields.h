#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "api/problem.h"
#include "base/id.h"
#include "base/utc_time.h"
#include "crypto/secret.h"

namespace cairn::api {

/// How long a text may be, in bytes.
struct TextRule {
    std::size_t min = 1;
    std::size_t max = 200;
};

/// Reads the members of a JSON object one by one and notes all that is wrong, so that a client
/// learns it at once. What could not be read has a value all the same: ask finish() before use.
class ObjectReader {
public:
    /// `object` and `problems` must outlive it. `pointer`: where the object stands in the body.
    ObjectReader(
        const nlohmann::json& object, std::string pointer, std::vector<FieldProblem>& problems
    );

    std::string text(const char* name, const TextRule& rule = {});
    std::optional<std::string> optional_text(const char* name, const TextRule& rule = {});
    /// A password: of any characters, wiped when its object goes.
    crypto::SecretText secret(const char* name, std::size_t bytes_max);
    std::vector<std::string> texts(
        const char* name, std::size_t count_max, const TextRule& rule = {}
    );
    /// None where they are left out.
    std::vector<std::string> optional_texts(
        const char* name, std::size_t count_max, const TextRule& rule = {}
    );
    bool boolean(const char* name, bool otherwise);
    std::int64_t integer(const char* name, std::int64_t min, std::int64_t max);
    std::optional<std::int64_t> optional_integer(
        const char* name, std::int64_t min, std::int64_t max
    );
    /// RFC 3339 with its zone; a time without one is refused (safeguards Q1).
    UtcTime time(const char* name);
    /// The objects of an array.
    std::vector<ObjectReader> objects(const char* name, std::size_t count_max);

    /// The name of a value of a closed list, by the list's own parser.
    template <typename Enum>
    Enum name_in(const char* member, Result<Enum> (*parse)(std::string_view), Enum otherwise) {
        const std::string name = text(member);
        if (name.empty()) return otherwise;
        auto value = parse(name);
        if (value) return *value;
        add(member, value.error().message);
        return otherwise;
    }
    /// Several of them, each once.
    template <typename Set, typename Enum>
    Set names_in(const char* member, Result<Enum> (*parse)(std::string_view)) {
        Set set;
        std::size_t index = 0;
        for (const std::string& name : texts(member, 64)) {
            const std::string place = std::string(member) + "/" + std::to_string(index++);
            if (name.empty()) continue;  // noted already
            auto value = parse(name);
            if (!value) {
                add(place, value.error().message);
            } else if (set.contains(*value)) {
                add(place, "stands twice");
            } else {
                set.insert(*value);
            }
        }
        return set;
    }
    template <typename IdType>
    std::optional<IdType> optional_id(const char* name) {
        const auto given = optional_text(name, {.min = 32, .max = 32});
        if (!given || given->empty()) return std::nullopt;
        auto id = parse_id<IdType>(*given);
        if (id) return *id;
        add(name, "must be an id: 32 hexadecimal digits");
        return std::nullopt;
    }

    void add(std::string_view name, std::string detail);
    /// Notes the members that nobody asked for. To be called once, after all reading.
    void finish();

private:
    const nlohmann::json* take(const char* name);
    const nlohmann::json* take_required(const char* name);
    std::string checked_text(const nlohmann::json& value, const std::string& name, const TextRule&);

    const nlohmann::json& object_;
    std::string pointer_;
    std::vector<FieldProblem>& problems_;
    std::vector<std::string_view> taken_;
};

}  // namespace cairn::api
