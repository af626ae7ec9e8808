// Settings as JSON: what is written is read back, aliases, and hostile input.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "core/config/config_json.hpp"
#include "core/config/json_value.hpp"

namespace moescope::config {
namespace {

RunConfig unusual() {
    RunConfig c;
    c.model.width = 96;
    c.model.norm_epsilon = 1.0 / 3.0;
    c.moe.pattern = {0, 8, 8, 0};
    c.router.rig = {6, 0.1, -0.0, 1e-300};
    c.router.options = {{"p", 2.0},
                        {"table", std::string("bigram")},
                        {"n", std::int64_t{7}},
                        {"on", true},
                        {"list", std::vector<double>{0.1, 2}}};
    c.balance.more = {{"load", 0.1, "batch"}, {"importance", 0.2, "global"}};
    c.training.seed = 9007199254740992;
    c.data.domains = {
        {"language", "ελληνικά", 0.02, {{"alphabet", std::string("αβγδ\"\\/")}, {"lexicon", std::int64_t{40}}}},
        {"code", "", 1, {}}};
    c.script = {{150, {"set", {{"key", std::string("balance.coefficient")}, {"value", 0.05}}}}, {200, {"pause", {}}}};
    c.preset = "a+b";
    return c;
}

std::string keyOf(const base::Problems& problems) {
    return problems.size() == 1 ? problems[0].key : std::to_string(problems.size()) + " problems";
}

TEST(SettingsJson, ReadsBackExactlyWhatItWrote) {
    for (const int indent : {-1, 2}) {
        RunConfig read;
        EXPECT_TRUE(applyJson(read, toJson(unusual(), indent)).empty());
        EXPECT_EQ(read, unusual());
        EXPECT_TRUE(std::signbit(read.router.rig[2]));
    }
}

TEST(SettingsJson, KeepsTheBitsOfNumbers) {
    for (const double value :
         {0.1, 1.0 / 3.0, 5e-324, 1.7976931348623157e308, 123456789.123456789, 1e22, 0.30000000000000004}) {
        RunConfig c, read;
        c.training.epsilon = value;
        ASSERT_TRUE(applyJson(read, toJson(c)).empty());
        EXPECT_EQ(read.training.epsilon, value);
    }
}

TEST(SettingsJson, TakesNestedAndFlatKeysAndMixtures) {
    RunConfig c;
    EXPECT_TRUE(
        applyJson(
            c,
            R"({"model":{"layers":3},"moe.experts":16,"router":{"options.p":1},"router.options":{"q":true},"balance":{"more":[{"kind":"load","coefficient":0.5}]}})")
            .empty());
    EXPECT_EQ(c.model.layers, 3);
    EXPECT_EQ(c.moe.experts, 16);
    EXPECT_EQ(c.router.options, (Values{{"p", std::int64_t{1}}, {"q", true}}));
    EXPECT_EQ(c.balance.more, (std::vector<BalanceTerm>{{"load", 0.5, "batch"}}));
}

TEST(SettingsJson, AcceptsTheNamesOfOtherPrograms) {
    RunConfig c;
    EXPECT_TRUE(applyJson(c, R"({"num_local_experts":16,"num_experts_per_tok":4,"hidden_size":256,"num_hidden_layers":6,
        "router_aux_loss_coef":0.02,"router_jitter_noise":0.05,"norm_topk_prob":false,"moe_intermediate_size":64})")
                    .empty());
    EXPECT_EQ(c.moe.experts, 16);
    EXPECT_EQ(c.moe.top_k, 4);
    EXPECT_EQ(c.model.width, 256);
    EXPECT_EQ(c.model.layers, 6);
    EXPECT_EQ(c.balance.coefficient, 0.02);
    EXPECT_EQ(c.router.noise, "input_jitter");
    EXPECT_EQ(c.router.noise_scale, 0.05);
    EXPECT_EQ(c.router.weigh, "raw");
    EXPECT_EQ(c.moe.expert_width, 64);
    EXPECT_TRUE(applyJson(c, R"({"num_experts":4,"norm_topk_prob":true})").empty());
    EXPECT_EQ(c.moe.experts, 4);
    EXPECT_EQ(c.router.weigh, "renorm");
    EXPECT_EQ(toJson(c).find("num_experts"), std::string::npos);
    EXPECT_EQ(canonicalKey("k"), "moe.top_k");
    EXPECT_EQ(canonicalKey("nothing"), std::nullopt);
}

struct Bad {
    std::string json, key;
};
class HostileJson : public testing::TestWithParam<Bad> {};

TEST_P(HostileJson, IsAProblemAndChangesNothing) {
    RunConfig c = unusual();
    EXPECT_EQ(keyOf(applyJson(c, GetParam().json)), GetParam().key);
    EXPECT_EQ(c, unusual());
}

std::string nested(int depth) {
    std::string text;
    for (int i = 0; i < depth; ++i)
        text += "{\"a\":";
    return text + "1" + std::string(static_cast<std::size_t>(depth), '}');
}

INSTANTIATE_TEST_SUITE_P(
    Table, HostileJson,
    testing::Values(Bad{"", "recipe"}, Bad{"{", "recipe"}, Bad{"[1,2]", "recipe"}, Bad{"null", "recipe"},
                    Bad{"{\"model.layers\":3} x", "recipe"}, Bad{R"({"model.layers":NaN})", "recipe"},
                    Bad{R"({"training.lr":Infinity})", "recipe"}, Bad{R"({"training.lr":1e999})", "recipe"},
                    Bad{R"({"model.layers":2,"model.layers":3})", "recipe"},
                    Bad{R"({"model":{"layers":2},"model.layers":3})", "model.layers"},
                    Bad{R"({"num_experts":2,"moe.experts":3})", "moe.experts"},
                    Bad{"{\"data.source\":\"\xff\"}", "recipe"}, Bad{R"({"model.layers":2.5})", "model.layers"},
                    Bad{R"({"model.layers":"8"})", "model.layers"},
                    Bad{R"({"model.layers":18446744073709551616})", "model.layers"},
                    Bad{R"({"model.layers":9223372036854775808})", "model.layers"},
                    Bad{R"({"training.lr":"0.1"})", "training.lr"}, Bad{R"({"training.lr":null})", "training.lr"},
                    Bad{R"({"training.lr":[1]})", "training.lr"}, Bad{R"({"model.tied_head":1})", "model.tied_head"},
                    Bad{R"({"moe.pattern":3})", "moe.pattern"}, Bad{R"({"moe.pattern":[1,"x"]})", "moe.pattern.1"},
                    Bad{R"({"model":3})", "model"}, Bad{R"({"modle":{"layers":3}})", "modle"},
                    Bad{R"({"model":{"layer":3}})", "model.layer"},
                    Bad{R"({"balance.more":[{"kind":"load","weight":1}]})", "balance.more.0.weight"},
                    Bad{R"({"data.domains":[{"family":"code","depth":{"a":1}}]})", "data.domains.0.depth"},
                    Bad{R"({"script":[{"command":"pause"}]})", "script.0.step"},
                    Bad{R"({"script":[{"step":1}]})", "script.0.command"},
                    Bad{R"({"router.options":{"x":[["y"]]}})", "router.options.x.0"}));

TEST(SettingsJson, RefusesDepthAndSizeQuickly) {
    RunConfig c;
    EXPECT_EQ(keyOf(applyJson(c, nested(100'000))), "recipe");
    EXPECT_EQ(keyOf(applyJson(c, "\"" + std::string(2 << 20, 'x') + "\"")), "recipe");
    EXPECT_TRUE(parseJson(nested(64)).error.empty());
    EXPECT_FALSE(parseJson(nested(65)).error.empty());
    std::string many = "{";
    for (int i = 0; i < 90'000; ++i)
        many += (i ? ",\"k" : "\"k") + std::to_string(i) + "\":1";
    EXPECT_TRUE(parseJson(many + "}").error.empty());
}

TEST(SettingsJson, NamesTheNearestKeyForAnUnknownOne) {
    RunConfig c;
    const auto problems = applyJson(c, R"({"router.noise_scal":1})");
    ASSERT_EQ(problems.size(), 1u);
    EXPECT_NE(problems[0].text.find("router.noise_scale"), std::string::npos) << problems[0].text;
    EXPECT_EQ(suggestKey("expert_widht"), "moe.expert_width");
    EXPECT_EQ(suggestKey("training.learning_rate").rfind("training.", 0), 0u);
}

TEST(OneSetting, TakesJsonOrABareWord) {
    RunConfig c;
    EXPECT_TRUE(applySetting(c, "training.device", "cuda:1").empty());
    EXPECT_TRUE(applySetting(c, "data.source", "2024").empty());
    EXPECT_TRUE(applySetting(c, "data.alternate", "16").empty());
    EXPECT_TRUE(applySetting(c, "training.steps", "1e3").empty());
    EXPECT_TRUE(applySetting(c, "model.tied_head", "false").empty());
    EXPECT_TRUE(applySetting(c, "router.rig", "[6,0]").empty());
    EXPECT_TRUE(applySetting(c, "router.options.table", "balanced").empty());
    EXPECT_TRUE(applySetting(c, "norm_topk_prob", "true").empty());
    EXPECT_TRUE(applySetting(c, "data.validation_source", "\"a b\"").empty());
    EXPECT_EQ(c.training.device, "cuda:1");
    EXPECT_EQ(c.data.source, "2024");
    EXPECT_EQ(c.data.alternate, "16");
    EXPECT_EQ(c.training.steps, 1000);
    EXPECT_FALSE(c.model.tied_head);
    EXPECT_EQ(c.router.rig, (std::vector<double>{6, 0}));
    EXPECT_EQ(c.router.options.at("table"), Value(std::string("balanced")));
    EXPECT_EQ(c.router.weigh, "renorm");
    EXPECT_EQ(c.data.validation_source, "a b");
}

TEST(OneSetting, RefusesWhatDoesNotFit) {
    RunConfig c;
    for (const auto& [key, value] : std::vector<std::pair<std::string, std::string>>{{"training.lr", "nan"},
                                                                                     {"training.lr", "0,1"},
                                                                                     {"training.steps", "1.5"},
                                                                                     {"router.rig", "[1,"},
                                                                                     {"model.tied_head", "yes"},
                                                                                     {"no.such", "1"},
                                                                                     {"", "1"},
                                                                                     {"model", "3"}}) {
        EXPECT_EQ(applySetting(c, key, value).size(), 1u) << key << "=" << value;
    }
    EXPECT_EQ(c, RunConfig{});
}

TEST(OneSetting, IsReadBackAsJson) {
    const RunConfig c = unusual();
    EXPECT_EQ(settingJson(c, "num_hidden_layers"), "4");
    EXPECT_EQ(settingJson(c, "moe.pattern"), "[0,8,8,0]");
    EXPECT_EQ(settingJson(c, "router.options.table"), "\"bigram\"");
    EXPECT_EQ(settingJson(c, "router.options.none"), std::nullopt);
    EXPECT_EQ(settingJson(c, "nothing"), std::nullopt);
}

TEST(Differences, NameTheSettingsThatDifferWithBothValues) {
    RunConfig a, b;
    b.moe.top_k = 1;
    b.router.options["p"] = 1.5;
    b.preset = "another name is no difference";
    const auto found = differences({a, b, a});
    ASSERT_EQ(found.size(), 2u);
    EXPECT_EQ(found[0].key, "moe.top_k");
    EXPECT_EQ(found[0].values, (std::vector<std::string>{"2", "1", "2"}));
    EXPECT_EQ(found[1].key, "router.options.p");
    EXPECT_EQ(found[1].values, (std::vector<std::string>{"null", "1.5", "null"}));
    EXPECT_TRUE(differences({a}).empty());
    EXPECT_TRUE(differences({}).empty());
}

TEST(CommandJson, ReadsBackWhatItWrote) {
    for (const Command& command :
         {Command{"pause", {}}, Command{"set", {{"key", std::string("training.lr")}, {"value", 1e-3}}},
          Command{"rig", {{"layer", std::int64_t{0}}, {"expert", std::int64_t{3}}, {"bias", 6.0}}}}) {
        Command read;
        EXPECT_TRUE(parseCommand(toJson(command), read).empty());
        EXPECT_EQ(read, command);
        ScriptedCommand scripted;
        EXPECT_TRUE(parseCommand(toJson(ScriptedCommand{150, command}), scripted).empty());
        EXPECT_EQ(scripted, (ScriptedCommand{150, command}));
    }
}

TEST(CommandJson, RefusesWhatIsNoCommand) {
    Command c;
    EXPECT_EQ(keyOf(parseCommand("pause", c)), "command");
    EXPECT_EQ(keyOf(parseCommand("{}", c)), "command");
    EXPECT_EQ(keyOf(parseCommand(R"({"command":3})", c)), "command");
    EXPECT_EQ(keyOf(parseCommand(R"({"command":"pause","step":3})", c)), "step");
    EXPECT_EQ(keyOf(parseCommand(R"({"command":"set","value":{"a":1}})", c)), "value");
    EXPECT_EQ(c, Command{});
}

TEST(RecipeString, CarriesTheWholeConfiguration) {
    RunConfig read;
    const std::string recipe = toRecipeString(unusual());
    EXPECT_EQ(recipe.rfind("moe:", 0), 0u);
    EXPECT_EQ(recipe.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", 4),
              std::string::npos);
    EXPECT_LT(recipe.size(), toJson(unusual(), -1).size());
    EXPECT_TRUE(applyRecipeString(read, "  " + recipe + "\n").empty());
    EXPECT_EQ(read, unusual());
}

TEST(RecipeString, RefusesEveryCutAndEveryChangedCharacter) {
    const std::string recipe = toRecipeString(unusual());
    for (std::size_t length = 0; length < recipe.size(); ++length) {
        RunConfig c;
        EXPECT_FALSE(applyRecipeString(c, recipe.substr(0, length)).empty()) << length;
        EXPECT_EQ(c, RunConfig{});
    }
    for (std::size_t at = 0; at < recipe.size() - 1; ++at) {
        std::string bad = recipe;
        bad[at] = bad[at] == 'A' ? 'B' : 'A';
        RunConfig c;
        const auto problems = applyRecipeString(c, bad);
        EXPECT_TRUE(!problems.empty() || c == unusual())
            << at;  // a bit that stands for nothing may change, the recipe may not
    }
}

TEST(RecipeString, RefusesForeignTextAndBombs) {
    RunConfig c;
    for (const std::string& text : {std::string("moe:"), std::string("http://x"), std::string("moe:AAAA"),
                                    std::string("moe:!!!!"), "moe:" + std::string(3 << 20, 'A')})
        EXPECT_EQ(keyOf(applyRecipeString(c, text)), "recipe");
    // A zstd frame that says it holds 2^40 bytes: magic, descriptor with 8 bytes of content size, window, size.
    EXPECT_EQ(keyOf(applyRecipeString(c, "moe:KLUv_cAAAAAAAAEAAAA")), "recipe");
}

}  // namespace
}  // namespace moescope::config
