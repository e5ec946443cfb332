#include "audit/witness_memory.h"

#include <filesystem>
#include <thread>

#include <gtest/gtest.h>

#include "audit/sample_log_test.h"
#include "base/fd.h"
#include "support/temp_dir.h"

namespace cairn::audit {
namespace {

const UtcTime kNow{std::chrono::seconds(1'790'000'000)};

std::string text_in(const std::string& path) {
    return std::string(as_text(*read_file(path, kNoteBytesMax)));
}

class Memory : public testing::Test {
protected:
    std::string request(test::SampleLog& log, std::uint64_t old_size) {
        auto made = make_request(log, log.signed_note(), old_size);
        EXPECT_TRUE(made) << (made ? "" : made.error().message);
        return made ? format_add_checkpoint(*made) : "";
    }
    RememberedAnswer ask(const std::string& body) {
        auto answer = answer_from_memory(body, memory_, witness_, kNow);
        EXPECT_TRUE(answer) << (answer ? "" : answer.error().message);
        return answer ? *answer : RememberedAnswer{};
    }

    cairn::test::TempDir dir_;
    WitnessMemory memory_{dir_ / "seen", test::log_verifier()};
    NamedKey witness_{test::kWitnessName, SignatureType::cosignature_v1, test::witness_key()};
};

TEST_F(Memory, IsOnDiskWhenTheAnswerIsThere) {
    test::SampleLog log(300);
    const std::string body = request(log, 0);
    const RememberedAnswer answer = ask(body);
    ASSERT_EQ(answer.answer.status, 200);
    EXPECT_EQ(text_in(memory_.file), log.signed_note());
    const auto accepted = check_answer(body, answer.answer.body, test::witness_verifier(), kNow);
    ASSERT_TRUE(accepted) << accepted.error().message;
    EXPECT_EQ(accepted->checkpoint.head.size, 300U);
    EXPECT_EQ(accepted->time, kNow);
}

TEST_F(Memory, GoesOnFromWhatItCosigned) {
    test::SampleLog log(300);
    ASSERT_EQ(ask(request(log, 0)).answer.status, 200);
    for (std::uint64_t i = 300; i < 700; ++i) log.add(test::sample_entry_bytes(i));
    log.store_tiles();
    const RememberedAnswer stale = ask(request(log, 0));
    EXPECT_EQ(stale.answer.status, 409);
    EXPECT_EQ(stale.answer.body, "300\n");
    EXPECT_EQ(stale.kept_file, "");
    EXPECT_EQ(ask(request(log, 300)).answer.status, 200);
    EXPECT_EQ(ask(request(log, 700)).answer.status, 200);  // once more, at a later time
}

TEST_F(Memory, KeepsBothHistoriesOfALogThatContradictsItself) {
    test::SampleLog log(300);
    ASSERT_EQ(ask(request(log, 0)).answer.status, 200);
    test::SampleLog other(299);
    other.append(test::sample_entry_bytes(7));
    const RememberedAnswer contradiction = ask(request(other, 300));
    EXPECT_EQ(contradiction.answer.status, 409);
    EXPECT_EQ(text_in(contradiction.kept_file), other.signed_note());
    EXPECT_EQ(text_in(memory_.file), log.signed_note());
    other.append(test::sample_entry_bytes(8));
    const RememberedAnswer unproven = ask(request(other, 300));
    EXPECT_EQ(unproven.answer.status, 422);
    EXPECT_EQ(text_in(unproven.kept_file), other.signed_note());
}

TEST_F(Memory, IsOfOneLogAlone) {
    test::SampleLog log(3);
    ASSERT_EQ(ask(request(log, 0)).answer.status, 200);
    const WitnessMemory of_another{
        memory_.file,
        *VerifierKey::create(
            "another.example.org", SignatureType::ed25519, test::log_key().public_key()
        )};
    const auto refused = answer_from_memory(request(log, 3), of_another, witness_, kNow);
    EXPECT_EQ(refused.error().code, Errc::invalid_argument);
    NamedKey log_key{test::kLogName, SignatureType::ed25519, test::log_key()};
    EXPECT_FALSE(answer_from_memory(request(log, 3), memory_, log_key, kNow));
    dir_.write("seen", "damaged");
    EXPECT_EQ(
        answer_from_memory(request(log, 3), memory_, witness_, kNow).error().code,
        Errc::corrupt_data
    );
}

TEST_F(Memory, OfTwoRequestsAtOnceNoneIsForgotten) {
    test::SampleLog small(300);
    test::SampleLog large(700);
    const std::string first = request(small, 0);
    const std::string second = request(large, 0);
    int cosigned = 0;
    {
        std::vector<std::jthread> threads;
        std::mutex mutex;
        for (int i = 0; i < 8; ++i) {
            threads.emplace_back([&, i] {
                const auto answer = ask(i % 2 == 0 ? first : second);
                const std::lock_guard lock(mutex);
                cosigned += answer.answer.status == 200 ? 1 : 0;
            });
        }
    }
    EXPECT_EQ(cosigned, 1);
}

TEST_F(Memory, RefusesAnswersThatAreNotThisWitnesssWordOnThisCheckpoint) {
    test::SampleLog log(300);
    const std::string body = request(log, 0);
    const std::string answer = ask(body).answer.body;
    const auto refused = [&](const std::string& text, UtcTime now) {
        const auto checked = check_answer(body, text, test::witness_verifier(), now);
        return !checked;
    };
    EXPECT_FALSE(refused(answer, kNow));
    EXPECT_FALSE(refused(answer, kNow - std::chrono::minutes(5)));
    EXPECT_TRUE(refused(answer, kNow - std::chrono::minutes(5) - std::chrono::seconds(1)));
    EXPECT_TRUE(refused("", kNow));
    test::SampleLog other(5);
    EXPECT_FALSE(check_answer(request(other, 0), answer, test::witness_verifier(), kNow));
}

TEST_F(Memory, RefusesToAskForLessThanTheWitnessSaw) {
    test::SampleLog log(300);
    const auto made = make_request(log, log.signed_note(), 301);
    ASSERT_FALSE(made);
    EXPECT_EQ(made.error().code, Errc::corrupt_data);
}

}  // namespace
}  // namespace cairn::audit
