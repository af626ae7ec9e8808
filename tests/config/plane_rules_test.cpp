// The mixture on the plane as a configuration: what it refuses and says, and what it counts.
#include <gtest/gtest.h>

#include "core/config/config_json.hpp"
#include "core/config/derived.hpp"
#include "core/config/presets.hpp"
#include "core/config/validate.hpp"

namespace moescope::config {
namespace {

RunConfig plane(std::initializer_list<std::pair<const char*, const char*>> changes = {}) {
    RunConfig c;
    EXPECT_TRUE(applyPreset(c, "plane").empty());
    for (const auto& [key, value] : changes) EXPECT_TRUE(applySetting(c, key, value).empty()) << key;
    return c;
}

// The keys of the problems, joined.
std::string keys(const RunConfig& c) {
    std::string all;
    for (const base::Problem& problem : validate(c)) all += (all.empty() ? "" : " ") + problem.key;
    return all;
}

TEST(PlaneRules, RefuseWhatAPlaneDoesNotHave) {
    EXPECT_EQ(keys(plane()), "");
    EXPECT_EQ(keys(plane({{"model.layers", "2"}})), "model.layers");
    EXPECT_EQ(keys(plane({{"moe.experts", "0"}})), "moe.experts");
    EXPECT_EQ(keys(plane({{"moe.shared_experts", "1"}})), "moe.shared_experts");
    EXPECT_EQ(keys(plane({{"moe.residual", "sum"}})), "moe.residual");
    EXPECT_EQ(keys(plane({{"model.dropout", "0.1"}})), "model.dropout");
    EXPECT_EQ(keys(plane({{"data.source", "book.txt"}})), "data.source");
    EXPECT_NE(keys(plane({{"plane.criterion", "blend"}, {"router.net", "hash"}})).find("router.net"), std::string::npos);
}

TEST(PlaneRules, AskForEveryExpertWhereTheCriterionDoes) {
    EXPECT_EQ(keys(plane({{"plane.criterion", "likelihood"}})), "");
    EXPECT_EQ(keys(plane({{"plane.criterion", "blend"}, {"router.select", "topk"}})), "");
    EXPECT_EQ(keys(plane({{"plane.criterion", "likelihood"}, {"router.select", "topk"}})), "plane.criterion");
    EXPECT_EQ(keys(plane({{"plane.criterion", "each"}, {"router.scale", "2"}})), "plane.criterion");
}

TEST(PlaneRules, LetEmSolveOnlyWhatItCan) {
    RunConfig em;
    ASSERT_TRUE(applyPreset(em, "plane_em").empty());
    EXPECT_EQ(keys(em), "");
    const auto with = [&](const char* key, const char* value) {
        RunConfig c = em;
        EXPECT_TRUE(applySetting(c, key, value).empty());
        return keys(c);
    };
    EXPECT_EQ(with("plane.expert", "hidden"), "plane.expert");
    EXPECT_EQ(with("plane.problem", "spirals"), "plane.problem");
    EXPECT_EQ(with("plane.criterion", "blend"), "plane.criterion");
    EXPECT_EQ(with("router.net", "cosine"), "router.net");
    EXPECT_EQ(with("training.accumulate", "2"), "training.accumulate");
    EXPECT_EQ(with("router.groups", "3"), "router.groups");
}

TEST(PlaneCost, CountsTheNumbersOfGateAndExperts) {
    // Gate: 4 experts x 3. Linear expert with one output: 3. All four work on each point.
    const Cost linear = cost(plane({{"plane.expert", "linear"}}), 1);
    EXPECT_EQ(linear.paramsTotal, 4 * 3 + 4 * 3);
    EXPECT_EQ(linear.paramsActive, 4 * 3 + 4 * 3);
    EXPECT_EQ(linear.flopsTokenForward, 2.0 * (12 + 12));
    EXPECT_EQ(linear.flopsToken, 3 * linear.flopsTokenForward);
    // Hidden: 3 inputs x 16, 16 x 3 outputs, 3 biases; top-1 uses one of four.
    const Cost hidden = cost(plane({{"plane.expert", "hidden"}, {"plane.problem", "spirals"}, {"plane.criterion", "blend"}, {"router.select", "topk"}}), 3);
    EXPECT_EQ(hidden.paramsTotal, 12 + 4 * (48 + 48 + 3));
    EXPECT_EQ(hidden.paramsActive, 12 + 48 + 48 + 3);
    EXPECT_EQ(hidden.flopsTokenForward, 2.0 * (12 + 96));
    // A tree of two groups has a gate of two besides.
    EXPECT_EQ(cost(plane({{"plane.expert", "linear"}, {"router.net", "tree"}, {"router.groups", "2"}}), 1).paramsTotal, 24 + 6);
}

TEST(PlaneCommands, RigATreeButNotATable) {
    const RunConfig tree = plane({{"router.net", "tree"}, {"router.groups", "2"}});
    EXPECT_TRUE(validate(tree, {"rig", {{"expert", std::int64_t{1}}, {"bias", 3.0}}}).empty());
    EXPECT_TRUE(validate(tree, {"mute", {{"layer", std::int64_t{0}}, {"expert", std::int64_t{1}}}}).empty());
    const base::Problems refused = validate(tree, {"kill", {{"layer", std::int64_t{0}}, {"expert", std::int64_t{1}}}});
    ASSERT_EQ(refused.size(), 1u);
    EXPECT_NE(refused[0].text.find("language models"), std::string::npos);
}

}  // namespace
}  // namespace moescope::config
