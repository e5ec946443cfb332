#pragma once

#include <atomic>
#include <fstream>
#include <stdexcept>
#include <string>

#include <unistd.h>

#include "db/database.h"
#include "support/temp_dir.h"

namespace cairn::test {

/// An empty place for records on either engine, gone with its object. PostgreSQL is the server
/// that ctest starts (cairn_module's POSTGRESQL): run such tests through ctest, or start it with
/// tools/test_postgresql.py.
class Records {
public:
    explicit Records(db::Engine engine) : location_(dir_ / "records.db") {
        if (engine == db::Engine::sqlite) return;
        static std::atomic<int> made = 0;
        name_ = "test_" + std::to_string(::getpid()) + "_" + std::to_string(++made);
        on_server("CREATE DATABASE " + name_);
        location_ = url_of(name_);
    }
    /// What nobody has open at the moment, once more.
    struct CopyOf {
        const Records& original;
    };
    explicit Records(CopyOf copy) : location_(dir_ / "records.db") {
        if (copy.original.name_.empty()) {
            std::filesystem::copy_file(copy.original.location_, location_);
            return;
        }
        name_ = copy.original.name_ + "_copy";
        on_server("CREATE DATABASE " + name_ + " TEMPLATE " + copy.original.name_);
        location_ = url_of(name_);
    }
    Records(const Records&) = delete;
    Records& operator=(const Records&) = delete;
    ~Records() {
        if (!name_.empty()) on_server("DROP DATABASE " + name_ + " WITH (FORCE)");
    }

    /// What Database::open takes.
    const std::string& location() const { return location_; }

    static std::string url_of(const std::string& name) {
        std::ifstream state(CAIRN_TEST_POSTGRESQL);
        std::string folder;
        if (!std::getline(state, folder)) {
            throw std::runtime_error("no PostgreSQL server for tests: run this through ctest");
        }
        return "postgresql:///" + name + "?host=" + folder + "&user=cairn";
    }

private:
    static void on_server(const std::string& command) {
        const auto server = db::Database::open(url_of("postgres"), {});
        if (!server) throw std::runtime_error(server.error().message);
        const Status done = (*server)->execute(command);
        if (!done) throw std::runtime_error(done.error().message);
    }

    TempDir dir_;
    std::string name_;  ///< on the server
    std::string location_;
};

}  // namespace cairn::test
