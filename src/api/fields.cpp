#include "api/fields.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"

namespace cairn::api {

using nlohmann::json;

ObjectReader::ObjectReader(
    const json& object, std::string pointer, std::vector<FieldProblem>& problems
)
    : object_(object), pointer_(std::move(pointer)), problems_(problems) {}

void ObjectReader::add(std::string_view name, std::string detail) {
    problems_.push_back(
        {FieldProblem::Place::body, fmt::format("{}/{}", pointer_, name), std::move(detail)}
    );
}

/// The member, where it is there and not null.
const json* ObjectReader::take(const char* name) {
    taken_.emplace_back(name);
    const auto found = object_.find(name);
    return found == object_.end() || found->is_null() ? nullptr : &*found;
}

const json* ObjectReader::take_required(const char* name) {
    const json* value = take(name);
    if (value == nullptr) add(name, "must be given");
    return value;
}

std::string ObjectReader::checked_text(
    const json& value, const std::string& name, const TextRule& rule
) {
    if (!value.is_string()) {
        add(name, "must be a text");
        return {};
    }
    auto text = value.get<std::string>();
    // A line of text or a few; nothing that a terminal or a page takes for an order.
    const bool has_control = std::ranges::any_of(text, [](char c) {
        const auto byte = static_cast<unsigned char>(c);
        return (byte < 0x20 && c != '\n' && c != '\r' && c != '\t') || byte == 0x7F;
    });
    if (has_control) {
        add(name, "has control characters");
    } else if (text.size() < rule.min || text.size() > rule.max) {
        add(name, fmt::format("must have {} to {} bytes", rule.min, rule.max));
    } else {
        return text;
    }
    return {};
}

std::string ObjectReader::text(const char* name, const TextRule& rule) {
    const json* value = take_required(name);
    return value == nullptr ? std::string() : checked_text(*value, name, rule);
}

std::optional<std::string> ObjectReader::optional_text(const char* name, const TextRule& rule) {
    const json* value = take(name);
    if (value == nullptr) return std::nullopt;
    return checked_text(*value, name, rule);
}

crypto::SecretText ObjectReader::secret(const char* name, std::size_t bytes_max) {
    const json* value = take_required(name);
    if (value == nullptr) return crypto::SecretText({});
    const auto* text = value->get_ptr<const std::string*>();
    if (text == nullptr || text->empty() || text->size() > bytes_max) {
        add(name, fmt::format("must be a text of 1 to {} bytes", bytes_max));
        return crypto::SecretText({});
    }
    const Bytes bytes = as_bytes(*text);
    return crypto::SecretText(ByteVector(bytes.begin(), bytes.end()));
}

std::vector<std::string> ObjectReader::texts(
    const char* name, std::size_t count_max, const TextRule& rule
) {
    const json* value = take_required(name);
    if (value == nullptr) return {};
    if (!value->is_array() || value->size() > count_max) {
        add(name, fmt::format("must be a list of at most {} texts", count_max));
        return {};
    }
    std::vector<std::string> texts;
    for (const json& one : *value) {
        texts.push_back(checked_text(one, fmt::format("{}/{}", name, texts.size()), rule));
    }
    return texts;
}

std::vector<std::string> ObjectReader::optional_texts(
    const char* name, std::size_t count_max, const TextRule& rule
) {
    const auto found = object_.find(name);
    if (found != object_.end() && !found->is_null()) return texts(name, count_max, rule);
    taken_.emplace_back(name);
    return {};
}

bool ObjectReader::boolean(const char* name, bool otherwise) {
    const json* value = take(name);
    if (value == nullptr) return otherwise;
    if (!value->is_boolean()) {
        add(name, "must be true or false");
        return otherwise;
    }
    return value->get<bool>();
}

std::optional<std::int64_t> ObjectReader::optional_integer(
    const char* name, std::int64_t min, std::int64_t max
) {
    const json* value = take(name);
    if (value == nullptr) return std::nullopt;
    const bool fits = value->is_number_integer() &&
                      (!value->is_number_unsigned() ||
                       value->get<std::uint64_t>() <= static_cast<std::uint64_t>(INT64_MAX));
    if (fits) {
        const auto number = value->get<std::int64_t>();
        if (number >= min && number <= max) return number;
    }
    add(name, fmt::format("must be a whole number from {} to {}", min, max));
    return min;
}

std::int64_t ObjectReader::integer(const char* name, std::int64_t min, std::int64_t max) {
    const auto number = optional_integer(name, min, max);
    if (number) return *number;
    add(name, "must be given");
    return min;
}

UtcTime ObjectReader::time(const char* name) {
    const std::string given = text(name, {.min = 1, .max = 40});
    if (given.empty()) return {};
    const auto time = parse_utc(given);
    if (time) return *time;
    add(name, time.error().message);
    return {};
}

std::vector<ObjectReader> ObjectReader::objects(const char* name, std::size_t count_max) {
    const json* value = take_required(name);
    if (value == nullptr) return {};
    const bool fits = value->is_array() && value->size() <= count_max &&
                      std::ranges::all_of(*value, [](const json& one) { return one.is_object(); });
    if (!fits) {
        add(name, fmt::format("must be a list of at most {} objects", count_max));
        return {};
    }
    std::vector<ObjectReader> readers;
    for (const json& one : *value) {
        readers.emplace_back(
            one, fmt::format("{}/{}/{}", pointer_, name, readers.size()), problems_
        );
    }
    return readers;
}

void ObjectReader::finish() {
    for (const auto& member : object_.items()) {
        if (std::ranges::find(taken_, member.key()) != taken_.end()) continue;
        // What a stranger called it is told in a form that no page takes for an order.
        add(printable(member.key()).substr(0, 60), "is not known here");
    }
}

}  // namespace cairn::api
