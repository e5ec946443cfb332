#pragma once

#include <string>

#include "hashlist/category_scheme.h"
#include "hashlist/counting_sink.h"
#include "hashlist/list_builder.h"
#include "hashlist/list_store.h"

namespace cairn::hashlist {

/// What the rows of an import mean.
struct ImportPlan {
    ListKind kind = ListKind::illegal;
    std::string scheme;                          ///< as recorded with the list
    const CategoryScheme* table = nullptr;       ///< none for ignore lists and stated verdicts
    const Category* default_category = nullptr;  ///< of rows that state none
};

/// Decides by options and format, or refuses with the cure. Lists serve child protection only: a
/// format that carries no category scheme needs one of ours and a category from it, else it
/// loads as known good or not at all.
Result<ImportPlan> plan_import(const ImportOptions& options, const ListFormat& format);

/// The hash type of ImportOptions::hash_type and UpdateOptions::hash_type.
Result<std::optional<HashType>> parse_hash_type(const std::optional<std::string>& name);

/// Turns records into rows of the builder: refuses what no list may name, maps categories to
/// verdicts, counts everything into the report.
class ImportSink final : public CountingSink {
public:
    ImportSink(const ImportPlan& plan, ListBuilder& builder, ImportReport& report)
        : CountingSink(report), plan_(plan), builder_(builder) {}

    Status accept(const ListRecord& record) override;

private:
    void map_category(const ListRecord& record, EntryRow& row);
    void count_category(const ListRecord& record);
    TextId text_id(std::string_view text);

    const ImportPlan& plan_;
    ListBuilder& builder_;
};

}  // namespace cairn::hashlist
