#pragma once

#include <string>

#include <gtest/gtest.h>

#include "db/database.h"

namespace cairn::test {

/// For tests that say the same of both engines.
inline const auto kEngines = testing::Values(db::Engine::sqlite, db::Engine::postgresql);

inline std::string name_of_engine(const testing::TestParamInfo<db::Engine>& info) {
    return info.param == db::Engine::sqlite ? "Sqlite" : "Postgresql";
}

}  // namespace cairn::test
