#include "api/bounded_hasher.h"

namespace cairn::api {
namespace {

/// Held while one hash is computed.
template <typename Semaphore>
class Turn {
public:
    explicit Turn(Semaphore& semaphore) : semaphore_(semaphore) { semaphore_.acquire(); }
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;
    ~Turn() { semaphore_.release(); }

private:
    Semaphore& semaphore_;
};

}  // namespace

Result<std::string> BoundedHasher::hash(std::string_view password) {
    const Turn turn(free_);
    return hasher_.hash(password);
}

Result<bool> BoundedHasher::matches(const std::string& encoded, std::string_view password) {
    const Turn turn(free_);
    return hasher_.matches(encoded, password);
}

bool BoundedHasher::outdated(const std::string& encoded) const {
    return hasher_.outdated(encoded);
}

}  // namespace cairn::api
