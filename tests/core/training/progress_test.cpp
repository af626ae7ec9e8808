// Nothing that a trainer remembers is forgotten by a checkpoint.
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <numbers>

#include "core/base/error.hpp"
#include "core/training/progress.hpp"

namespace moescope::training {
namespace {

// The number of members of an aggregate: how many of these it can be initialised from.
struct Anything {
    template <class T>
    operator T() const;
};
template <class T, class... Parts>
consteval std::size_t members() {
    if constexpr (requires { T{Parts{}..., Anything{}}; })
        return members<T, Parts..., Anything>();
    else
        return sizeof...(Parts);
}

TEST(Progress, EveryMemberIsVisited) {
    Progress progress;
    std::size_t visited = 0;
    visitProgress(progress, [&](const char*, auto&) { ++visited; });
    EXPECT_EQ(visited, members<Progress>());
    visited = 0;
    visitAlarmState(progress.alarms, [&](const char*, auto&) { ++visited; });
    EXPECT_EQ(visited, members<AlarmState>());
}

TEST(Progress, SurvivesJsonBitForBit) {
    Progress p;
    p.steps = 17;
    p.tokens = std::int64_t{1} << 60;
    p.flops = 1e18 / 3;
    p.seconds = 0.1 + 0.2;
    p.live = {{"training.lr", "0.003"}};
    p.rigs = {{}, {0, 6.5}};
    p.muted = {{1, 3}, {}};
    p.idle = {1, 2, 3};
    p.alarms = {{1, 0}, {0, 1}, {4, 0}, {2.1, 1.0 / 3}, 1};
    p.killed = {{0}, {}};
    p.frozen = {{}, {2, 3}};
    p.frozenRouters = {0, 1};
    p.offsets = {{}, {0, -std::numbers::ln2}};
    p.lastCounts = {{7, 0}, {1, 6}};
    p.oracles = {"none", "random"};
    p.pins = {{-1, 2}, {}};
    EXPECT_EQ(progressFromJson(toJson(p)), p);
}

TEST(Progress, OfBeforeThereWereInterventionsHasNone) {
    Progress p;
    p.steps = 3;
    nlohmann::json old = nlohmann::json::parse(toJson(p));
    for (const char* name : {"killed", "frozen", "frozen_routers", "offsets", "last_counts", "oracles", "pins"}) ASSERT_EQ(old.erase(name), 1u) << name;
    EXPECT_EQ(progressFromJson(old.dump()), p);
    old["killed"] = "many";
    EXPECT_THROW(progressFromJson(old.dump()), base::Error);
}

TEST(Progress, ABrokenStateIsRefusedByName) {
    for (const char* text : {"", "[]", "{}", R"({"steps":"x"})"}) {
        try {
            progressFromJson(text);
            FAIL() << text;
        } catch (const base::Error& error) {
            EXPECT_EQ(error.exit(), base::ExitCode::corrupt);
            EXPECT_NE(error.line().find("steps"), std::string::npos);
        }
    }
}

}  // namespace
}  // namespace moescope::training
