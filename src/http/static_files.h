#pragma once

#include <map>
#include <optional>
#include <string>

#include "base/result.h"
#include "http/message.h"

namespace cairn::http {

inline constexpr std::size_t kStaticFilesMax = 5'000;
inline constexpr std::size_t kStaticBytesMax = std::size_t{128} << 20;  ///< of all together

/// The files of a web application, read once and kept in memory, also compressed. What a path
/// names is looked up among them: no path leads out of the folder.
class StaticFiles {
public:
    /// Links and hidden files are left out. Errc::not_found without an index.html;
    /// limit_exceeded; io.
    static Result<StaticFiles> load(const std::string& folder);

    /// nullopt when there is nothing under that path, or it is not asked for by GET or HEAD.
    /// Paths whose last segment has no dot belong to the application in the browser: they get
    /// index.html, with a fresh nonce in place of each "{{nonce}}", which the
    /// Content-Security-Policy names too.
    std::optional<Response> answer(const Request& request) const;

private:
    struct File {
        std::string content;
        std::string gzip;    ///< empty where it saves nothing
        std::string brotli;  ///< likewise
        std::string_view type;
        std::string tag;  ///< of the content, without quotes
        bool is_immutable = false;
    };

    static Result<File> read(const std::string& path, const std::string& name);
    static Response file_answer(const File& file, const Request& request);
    Response index_answer() const;

    std::map<std::string, File, std::less<>> files_;  ///< by path below the folder
};

}  // namespace cairn::http
