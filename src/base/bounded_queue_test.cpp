#include "base/bounded_queue.h"

#include <memory>
#include <numeric>
#include <thread>

#include <gtest/gtest.h>

namespace cairn {
namespace {

TEST(BoundedQueue, KeepsTheOrderOfOneProducer) {
    BoundedQueue<int> queue(3);
    std::jthread producer([&] {
        for (int i = 0; i < 1000; ++i) queue.push(int{i});
        queue.close();
    });
    for (int expected = 0; expected < 1000; ++expected) EXPECT_EQ(queue.pop(), expected);
    EXPECT_EQ(queue.pop(), std::nullopt);
}

TEST(BoundedQueue, RefusesWhenFullAndLeavesTheValue) {
    BoundedQueue<std::unique_ptr<int>> queue(1);
    EXPECT_TRUE(queue.try_push(std::make_unique<int>(1)));
    auto second = std::make_unique<int>(2);
    EXPECT_FALSE(queue.try_push(std::move(second)));
    EXPECT_NE(second, nullptr);
}

TEST(BoundedQueue, DrainsAfterCloseAndRefusesMore) {
    BoundedQueue<int> queue(4);
    queue.push(1);
    queue.push(2);
    queue.close();
    EXPECT_FALSE(queue.push(3));
    EXPECT_EQ(queue.pop_some(10), (std::vector<int>{1, 2}));
    EXPECT_TRUE(queue.pop_some(10).empty());
}

TEST(BoundedQueue, LosesAndDoublesNothingBetweenManyThreads) {
    constexpr int kThreads = 4;
    constexpr int kEach = 2000;
    BoundedQueue<int> queue(7);
    std::vector<long> sums(kThreads);
    {
        std::vector<std::jthread> consumers;
        for (int c = 0; c < kThreads; ++c) {
            consumers.emplace_back([&, c] {
                while (const auto value = queue.pop()) sums[static_cast<std::size_t>(c)] += *value;
            });
        }
        {
            std::vector<std::jthread> producers;
            for (int p = 0; p < kThreads; ++p) {
                producers.emplace_back([&] {
                    for (int i = 1; i <= kEach; ++i) queue.push(int{i});
                });
            }
        }
        queue.close();
    }
    EXPECT_EQ(
        std::accumulate(sums.begin(), sums.end(), 0L), 1L * kThreads * kEach * (kEach + 1) / 2
    );
}

}  // namespace
}  // namespace cairn
