// A router by hand: the JSON that people and teachers send, and what they get back.
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <cmath>
#include <string>

#include "core/base/error.hpp"
#include "core/routing/route_table.hpp"

namespace moescope::routing {
namespace {

using nlohmann::json;

json answer(const json& input) {
    base::Problems problems;
    const std::string text = routeTable(input.dump(), problems);
    for (const auto& problem : problems) ADD_FAILURE() << problem.key << ": " << problem.text;
    return text.empty() ? json::object() : json::parse(text);
}

base::Problems problemsOf(const json& input) {
    base::Problems problems;
    EXPECT_EQ(routeTable(input.dump(), problems), "");
    return problems;
}

std::string refusal(const std::string& text) {
    base::Problems problems;
    try {
        routeTable(text, problems);
    } catch (const base::Error& error) {
        EXPECT_EQ(error.exit(), base::ExitCode::badInput);
        return error.line();
    }
    return "";
}

TEST(RouteTable, AnswersTheExampleOfTheHandbook) {
    const json out = answer({{"config", {{"moe.experts", 4}, {"moe.top_k", 2}}}, {"logits", {{1, 2, 0, 0}, {0, 0, 3, 1}}}});
    EXPECT_EQ(out["experts"], json({{1, 0}, {2, 3}}));
    const double w = std::exp(2.0) / (std::exp(2.0) + std::exp(1.0));
    EXPECT_NEAR(out["weights"][0][0], w, 1e-6);
    EXPECT_EQ(out["positions"], json({{0, 0}, {0, 0}}));
    EXPECT_EQ(out["kept"], json({{true, true}, {true, true}}));
    EXPECT_EQ(out["load"], json({0.25, 0.25, 0.25, 0.25}));
    EXPECT_EQ(out["dropped"], 0);
    EXPECT_TRUE(out["losses"].contains("balance") && out["losses"].contains("z"));
    EXPECT_NEAR(out["total_auxiliary"], 0.01 * out["losses"]["balance"].get<double>(), 1e-9);
}

TEST(RouteTable, TakesTheDrawsOfSampledExpertsAndOfRecycledTokens) {
    const json grin = answer({{"preset", "grin"}, {"logits", {{2, 1.9, 1.8}}}, {"gumbel", {{0, 5, 0, 3, 0, 0}}}, {"uniform", {{0.9, 0.9, 0.9}}}});
    EXPECT_EQ(grin["experts"], json({{1, 0}}));
    const double all = std::exp(2.0) + std::exp(1.9) + std::exp(1.8);
    EXPECT_NEAR(grin["weights"][0][0], std::exp(1.9) / all / 3, 1e-6);
    EXPECT_NEAR(grin["weights"][0][1], std::exp(2.0) / (std::exp(2.0) + std::exp(1.8)), 1e-6);
    EXPECT_EQ(problemsOf({{"preset", "grin"}, {"logits", {{2, 1.9, 1.8}}}, {"gumbel", {{0, 5, 0}}}})[0].key, "gumbel");
    const json recycled = answer({{"preset", "hunyuan"}, {"config", {{"capacity.factor", 1}}}, {"logits", {{2, 1}, {2, 0}, {2, 0.5}, {1.5, 1}}},
                                  {"uniform", {{0.1, 0.2}, {0.3, 0.01}, {0, 0}, {0, 0}}}});
    EXPECT_EQ(recycled["experts"], json({{0}, {0}, {1}, {1}}));
    EXPECT_EQ(recycled["positions"], json({{0}, {1}, {1}, {0}}));
    EXPECT_EQ(recycled["dropped"], 0);
}

TEST(RouteTable, TakesAndGivesBackTheMemoryOfARouter) {
    const json quantile = answer({{"preset", "quantile"}, {"config", {{"moe.top_k", 1}}}, {"logits", {{1, 0}, {2, 0}, {3, 0}, {4, 0}}}, {"state", {{"beta", {2.5, -2.5}}}}});
    EXPECT_EQ(quantile["experts"], json({{1}, {1}, {1}, {1}}));  // z - beta: at most 1.5 against 2.5
    // alpha = second of (z0 - 2.5, 2.5) = z0 - 2.5; q = third largest of (2.5, ...) and of 2.5 - z0 = -0.5; beta = q - 1
    EXPECT_NEAR(quantile["state"]["beta"][0], 1.5, 1e-6);
    EXPECT_NEAR(quantile["state"]["beta"][1], -1.5, 1e-6);
    const json remoe = answer({{"preset", "remoe"}, {"config", {{"balance.coefficient", 0.5}}}, {"logits", {{1, -1}, {2, 3}}}, {"state", {{"controller", {4}}}}});
    EXPECT_EQ(remoe["experts"], json({{0, -1}, {1, 0}}));
    EXPECT_EQ(remoe["weights"], json({{1.0, 0.0}, {3.0, 2.0}}));
    EXPECT_NEAR(remoe["losses"]["balance"], 2.0 / 4 * (3 * 2 + 3 * 1), 1e-6);  // E / (k T^2) sum of weight times count
    EXPECT_NEAR(remoe["total_auxiliary"], 0.5 * 4 * remoe["losses"]["balance"].get<double>(), 1e-6);
    EXPECT_NEAR(remoe["state"]["controller"][0], 4.8, 1e-6);
    const json aware = answer({{"preset", "capaware"}, {"config", {{"moe.top_k", 1}, {"capacity.factor", 1}}}, {"logits", {{1, 0.9}, {1, 0.9}}}, {"state", {{"load", {0.8, 0.2}}, {"bias", {0, 0}}}}});
    EXPECT_EQ(aware["experts"], json({{1}, {0}}));  // expert 0 is fined 0.1 (0.8 / 0.5 - 0.9): both ask 1, which has room for one
    EXPECT_EQ(aware["load"], json({0.0, 1.0}));
    EXPECT_NEAR(aware["state"]["load"][0], 0.72, 1e-6);
    EXPECT_EQ(problemsOf({{"preset", "mixtral"}, {"logits", {{1, 2}}}, {"state", {{"controller", {1}}}}})[0].key, "state.controller");
    EXPECT_EQ(problemsOf({{"preset", "quantile"}, {"config", {{"moe.top_k", 1}}}, {"logits", {{1, 2}}}, {"state", {{"beta", {1}}}}})[0].key, "state.beta");
}

TEST(RouteTable, TakesTheLogitsOfGroupsAndOfSelectors) {
    const json tree = answer({{"preset", "hier_factored"}, {"config", {{"moe.experts", 4}, {"moe.top_k", 1}, {"router.groups", 2}, {"router.groups_kept", 1}}},
                              {"group_logits", {{2, 0}}}, {"logits", {{0, 1, 9, 0}}}});
    EXPECT_EQ(tree["experts"], json({{1}}));
    EXPECT_NEAR(tree["metrics"]["mean_probability"][1], 1 / (1 + std::exp(-2.0)) / (1 + std::exp(-1.0)), 1e-6);
    const json selected = answer({{"preset", "dselect_k"}, {"config", {{"moe.experts", 4}, {"moe.top_k", 2}}}, {"selector_logits", {{1, -1, 1, 1, 0.5, 0}}}});
    EXPECT_EQ(selected["experts"], json({{1, 3, -1, -1}}));
    EXPECT_NEAR(selected["weights"][0][0], 1 / (1 + std::exp(-0.5)), 1e-6);
    EXPECT_EQ(problemsOf({{"preset", "dselect_k"}, {"config", {{"moe.experts", 4}}}, {"logits", {{1, 2, 3, 4}}}})[0].key, "logits");
    EXPECT_EQ(problemsOf({{"preset", "mixtral"}, {"group_logits", {{1, 2}}}, {"logits", {{1, 2, 3, 4}}}})[0].key, "group_logits");
}

TEST(RouteTable, AsksForDomainsWhereTheLossIsByDomain) {
    EXPECT_EQ(problemsOf({{"preset", "limoe"}, {"logits", {{1, 2}}}})[0].key, "domains");
    const json out = answer({{"preset", "limoe"}, {"logits", {{0, 0}, {0, 0}}}, {"domains", {0, 1}}, {"noise", {{0, 0}, {0, 0}}}});
    EXPECT_NEAR(out["losses"]["entropy_local"], 2 * std::log(2.0), 1e-6);
    EXPECT_NEAR(out["losses"]["entropy_global"], 0, 1e-6);
}

TEST(RouteTable, TakesTheThreeMatricesOfAnAttentionRouter) {
    const json rows = {{1, 0}, {0, 1}, {1, 1}};
    const json out = answer({{"preset", "yuan_attn"}, {"config", {{"moe.experts", 3}}}, {"features", {{1, 0.5}}}, {"weights", {{"query", rows}, {"key", rows}, {"value", rows}}}});
    EXPECT_EQ(out["experts"], json({{2, 0}}));
    EXPECT_EQ(problemsOf({{"preset", "yuan_attn"}, {"config", {{"moe.experts", 3}}}, {"features", {{1, 0.5}}}, {"weights", {{"query", rows}}}})[0].key, "weights");
}

TEST(RouteTable, SwitchDropsWhatDoesNotFitAndKeepsItsPlace) {
    const json out = answer({{"preset", "switch"}, {"config", {{"moe.experts", 2}, {"capacity.factor", 1.0}}}, {"logits", {{2, 0}, {2, 0}, {2, 0}, {0, 1}}}});
    EXPECT_EQ(out["experts"], json({{0}, {0}, {0}, {1}}));
    EXPECT_EQ(out["kept"], json({{true}, {true}, {false}, {true}}));
    EXPECT_EQ(out["dropped"], 1);
    EXPECT_EQ(out["weights"][2][0], 0.0);
    EXPECT_EQ(out["positions"][2][0], 2);
    EXPECT_NEAR(out["weights"][0][0], 1 / (1 + std::exp(-2.0)), 1e-6);
}

TEST(RouteTable, TakesTheNumberOfExpertsFromTheTable) {
    EXPECT_EQ(answer({{"logits", {{1, 2, 3}}}})["experts"], json({{2, 1}}));
}

TEST(RouteTable, GradientIsThatOfTaskAndLosses) {
    const json out = answer({{"config", {{"moe.top_k", 1}, {"balance.kind", "none"}}}, {"logits", {{1, 0, -1}}}, {"task_gradient", {{2}}}});
    const double sum = std::exp(1.0) + 1 + std::exp(-1.0), p = std::exp(1.0) / sum;
    EXPECT_NEAR(out["gradient"][0][0], p * (2 - 2 * p), 1e-6);
    EXPECT_NEAR(out["gradient"][0][1], -2 * p / sum, 1e-6);
}

TEST(RouteTable, AnswersOneExpertWithSoftmaxAfterTheChoiceAndShowsThatNothingIsLearned) {
    const json out = answer({{"config", {{"moe.top_k", 1}, {"router.score", "softmax_selected"}, {"balance.kind", "none"}}},
                             {"logits", {{1, 0, -1}}}, {"task_gradient", {{2}}}});
    EXPECT_EQ(out["weights"], json({{1.0}}));
    EXPECT_EQ(out["gradient"], json({{0.0, 0.0, 0.0}}));
}

TEST(RouteTable, FeaturesTimesWeightsAreTheLogits) {
    const json out = answer({{"features", {{1, 2}, {0, 1}}}, {"weights", {{1, 0}, {0, 1}, {1, 1}}}, {"config", {{"moe.top_k", 1}}}});
    EXPECT_EQ(out["experts"], json({{2}, {1}}));  // logits (1,2,3) and (0,1,1): the tie goes to the lower index
}

TEST(RouteTable, TakesTheDrawsItIsGiven) {
    const json input = {{"config", {{"moe.top_k", 1}, {"router.noise", "logit_gauss_fixed"}, {"router.noise_scale", 2}}},
                        {"logits", {{1, 0}}}, {"noise", {{-1, 1}}}};
    EXPECT_EQ(answer(input)["experts"], json({{1}}));  // 1 - 1 against 0 + 1
    json evaluation = input;
    evaluation["training"] = false;
    EXPECT_EQ(answer(evaluation)["experts"], json({{0}}));
}

TEST(RouteTable, KeepsGshardsSecondExpertByTheGivenDraw) {
    json input = {{"preset", "gshard"}, {"config", {{"moe.experts", 2}}}, {"logits", {{1, 0}, {1, 0}}}, {"uniform", {{0.1}, {0.9}}}};
    const json out = answer(input);  // normalised g2 = 0.269: 2 g2 = 0.538
    EXPECT_EQ(out["experts"], json({{0, 1}, {0, -1}}));
    EXPECT_NEAR(out["weights"][1][0], 1 / (1 + std::exp(-1.0)), 1e-6);
    EXPECT_EQ(out["metrics"]["second_keep_rate"], 0.5);
}

TEST(RouteTable, MovesTheBiasOfLossFreeBalancingInTrainingOnly) {
    json input = {{"preset", "lossfree"}, {"config", {{"moe.top_k", 1}}}, {"logits", {{3, 0}, {3, 0}}}, {"state", {{"bias", {-1, 0.5}}}}};
    const json out = answer(input);
    EXPECT_EQ(out["experts"], json({{1}, {1}}));  // s + b = -0.05 and 1
    EXPECT_NEAR(out["state"]["bias"][0], -0.999, 1e-6);
    EXPECT_NEAR(out["state"]["bias"][1], 0.499, 1e-6);
    EXPECT_NEAR(out["weights"][0][0], 0.5, 1e-6);  // the unbiased score
    input["training"] = false;
    EXPECT_EQ(answer(input)["state"]["bias"], json({-1.0, 0.5}));
}

TEST(RouteTable, AveragesLossesOverLayers) {
    const json first = {{4, 0}, {4, 0}}, second = {{0, 4}, {0, 4}};
    const json config = {{"moe.top_k", 1}, {"balance.kind", "switch"}};
    json pooled = config;
    pooled["balance.scope"] = "layers";
    const double each = answer({{"config", config}, {"layers", {first, second}}})["losses"]["balance"];
    const double both = answer({{"config", pooled}, {"layers", {first, second}}})["losses"]["balance"];
    EXPECT_NEAR(each, 2 / (1 + std::exp(-4.0)), 1e-5);
    EXPECT_NEAR(both, 1, 1e-5);
}

TEST(RouteTable, ShazeersLossesHaveTheirNames) {
    const json out = answer({{"preset", "shazeer17"}, {"config", {{"moe.experts", 4}}}, {"logits", {{1, 0, 2, -1}, {0, 1, 0, 3}}},
                             {"noise", {{0, 0, 0, 0}, {0, 0, 0, 0}}}, {"noise_logits", {{0, 0, 0, 0}, {0, 0, 0, 0}}}});
    EXPECT_TRUE(out["losses"].contains("importance") && out["losses"].contains("load"));
}

TEST(RouteTable, LooksUpTheHashTable) {
    const json out = answer({{"preset", "hash_random"}, {"config", {{"moe.experts", 3}}}, {"token_ids", {2, 0, 2}}, {"table", {1, 0, 2}}});
    EXPECT_EQ(out["experts"], json({{2}, {1}, {2}}));
    EXPECT_EQ(out["weights"], json({{1.0}, {1.0}, {1.0}}));
    EXPECT_TRUE(out["gradient"].is_null());
    EXPECT_TRUE(out["metrics"]["router_entropy"].is_null());
}

TEST(RouteTable, TellsWhatOutputsAreMaskedByBesideTheWeights) {
    json input = {{"config", {{"moe.experts", 3}, {"moe.top_k", 2}, {"router.options.eom", 0.25}}}, {"logits", {{1, 2, 0}, {0, 0, 3}}}, {"training", false}};
    EXPECT_EQ(answer(input)["output_factor"], json({{0.75, 0.75}, {0.75, 0.75}}));
    input["training"] = true;
    const json masked = answer(input)["output_factor"];
    for (const json& row : masked)
        for (const json& factor : row) EXPECT_TRUE(factor == 0.0 || factor == 1.0) << factor;
    EXPECT_FALSE(answer({{"logits", {{1, 2}}}}).contains("output_factor"));
}

TEST(RouteTable, SlotsHaveTheSharesOfTokensBesideTheWeightsOfExperts) {
    const json out = answer({{"preset", "soft_moe"}, {"logits", {{2, 0}, {1, 1}, {0, 3}}}});
    EXPECT_EQ(out["experts"], json({{0, 1}, {0, 1}, {1, 0}}));
    const double e = std::exp(1.0), column = e * e + e + 1;
    for (std::size_t t = 0; t < 3; ++t) EXPECT_NEAR(out["dispatch"][t][0], std::exp(2.0 - double(t)) / column, 1e-6);
    EXPECT_NEAR(out["weights"][2][0], std::exp(3.0) / (std::exp(3.0) + 1), 1e-6);
    EXPECT_TRUE(out["metrics"]["dropped_assignments"].is_null());
    EXPECT_EQ(problemsOf({{"preset", "soft_moe"}, {"config", {{"moe.experts", 2}}}, {"features", {{1, 2}}}, {"weights", {{1, 0}, {0, 1}}}})[0].key, "logits");
}

TEST(RouteTable, ExpertChoiceLeavesSlotsOpen) {
    const json out = answer({{"preset", "expert_choice"}, {"config", {{"moe.experts", 2}, {"capacity.factor", 1}}}, {"logits", {{3, 2}, {2, 0}, {0, 0}, {-1, 0}}}});
    EXPECT_EQ(out["load"], json({0.5, 0.5}));
    EXPECT_EQ(out["dropped"], 0);
    EXPECT_EQ(out["experts"][0].size(), 2u);
    EXPECT_EQ(out["metrics"]["unpicked"].get<double>(), 0.0);
}

TEST(RouteTable, RefusesNumbersThatAreNotFiniteAndNamesTheRow) {
    EXPECT_NE(refusal(R"({"logits":[[1,2],[NaN,1]]})").find("logits row 1"), std::string::npos);
    EXPECT_NE(refusal(R"({"logits":[[1,2],[1,2],[1,-Infinity]]})").find("logits row 2"), std::string::npos);
    EXPECT_NE(refusal(R"({"logits":[[1,1e999]]})").find("logits row 0"), std::string::npos);
    EXPECT_NE(refusal(R"({"logits":[[1,1e39]]})").find("logits row 0"), std::string::npos);
    EXPECT_NE(refusal(R"({"logits":[[1,null]]})").find("logits row 0"), std::string::npos);
    EXPECT_NE(refusal(R"({"logits":[[1,2]],"noise":[[1,NaN]]})").find("noise row 0"), std::string::npos);
}

TEST(RouteTable, RefusesTablesThatAreNotTables) {
    for (const char* text : {R"({"logits":[[1,2],[1]]})", R"({"logits":[]})", R"({"logits":[[]]})", R"({"logits":"NaN"})", R"({"logits":[1,2]})",
                             "[1,2]", "{", "", R"({"logits":[["x",2]]})", R"({"logits":[[1,2]],"sequences":-1})", R"({"logits":[[1,2]],"training":"yes"})",
                             R"({"logits":[[1,2]],"token_ids":[1.5]})", R"({"logits":[[1,2]],"config":[]})"})
        EXPECT_NE(refusal(text), "") << text;
}

TEST(RouteTable, SaysWhatCannotHold) {
    const json logits = {{1, 2, 3}};
    EXPECT_FALSE(problemsOf({{"logits", logits}, {"config", {{"moe.top_k", 4}}}}).empty());
    EXPECT_FALSE(problemsOf({{"logits", logits}, {"config", {{"moe.experts", 4}}}}).empty());
    EXPECT_FALSE(problemsOf({{"logits", logits}, {"config", {{"router.select", "nonsense"}}}}).empty());
    EXPECT_FALSE(problemsOf({{"logits", logits}, {"config", {{"router.options.nonsense", 1}}}}).empty());
    EXPECT_FALSE(problemsOf({{"logits", logits}, {"preset", "nonsense"}}).empty());
    EXPECT_FALSE(problemsOf({{"logits", logits}, {"sequences", 2}}).empty());
    EXPECT_FALSE(problemsOf({{"logits", logits}, {"selector_logits", logits}}).empty());
    EXPECT_FALSE(problemsOf({{"logits", logits}, {"noise", {{1, 2}}}}).empty());
    EXPECT_FALSE(problemsOf({{"logits", logits}, {"muted", {0, 1}}}).empty());
    EXPECT_FALSE(problemsOf({{"config", {{"moe.top_k", 1}}}}).empty());
    EXPECT_FALSE(problemsOf({{"features", logits}}).empty());
    EXPECT_FALSE(problemsOf({{"preset", "hash_random"}, {"logits", logits}}).empty());
}

}  // namespace
}  // namespace moescope::routing
