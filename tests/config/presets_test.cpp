// Every preset file: it loads, it can run, it is what it says; and every router preset fits every run preset.
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>

#include "core/base/error.hpp"
#include "core/config/config_json.hpp"
#include "core/config/derived.hpp"
#include "core/config/distillation.hpp"
#include "core/config/presets.hpp"
#include "core/config/validate.hpp"

namespace moescope::config {
namespace {

namespace fs = std::filesystem;

std::string describe(const base::Problems& problems) {
    std::string text;
    for (const auto& p : problems)
        text += p.key + ": " + p.text + "\n";
    return text;
}

RunConfig made(std::initializer_list<std::string> ids) {
    RunConfig c;
    for (const std::string& id : ids)
        EXPECT_EQ(describe(applyPreset(c, id)), "") << id;
    return c;
}

// Presets for a text of the user's own lack only the text, those that distil only the teacher.
RunConfig completed(RunConfig c) {
    if (c.data.source.empty()) c.data.source = "text.txt";
    if (c.distillation.teacher == kTeacherToName) c.distillation.teacher = "last";
    return c;
}

// The rows of the table of presets that belong to language models and the plane.
const std::set<std::string> kRows = {"dense",
                                     "dense_soft",
                                     "shazeer17",
                                     "hme94",
                                     "jacobs91",
                                     "hier_top2",
                                     "hier_factored",
                                     "gshard",
                                     "glam",
                                     "switch",
                                     "st_moe",
                                     "ntlb",
                                     "limoe",
                                     "fairseq_1t",
                                     "nllb",
                                     "nllb_cmr",
                                     "tutel_top2",
                                     "cosine",
                                     "expert_choice",
                                     "dselect_k",
                                     "hash_random",
                                     "hash_balanced",
                                     "hash_bigram",
                                     "pangu_rre",
                                     "base",
                                     "residual_moe",
                                     "pr_moe",
                                     "openmoe",
                                     "mos",
                                     "moe_to_dense",
                                     "moefication",
                                     "llama_moe",
                                     "upcycle",
                                     "upcycle_fg",
                                     "fmoe_naive",
                                     "fmoe_swipe",
                                     "faster_gate",
                                     "megablocks",
                                     "mixtral",
                                     "dbrx",
                                     "grok1",
                                     "olmoe",
                                     "qwen2",
                                     "qwen3",
                                     "gpt_oss",
                                     "llama4",
                                     "grin",
                                     "sparsemixer_v2star",
                                     "sparsemixer_v1",
                                     "fg_g8",
                                     "m6_ktop1",
                                     "moge",
                                     "zcode_rts",
                                     "gating_dropout",
                                     "thor",
                                     "hunyuan",
                                     "yuan_attn",
                                     "deepseek_moe",
                                     "lossfree",
                                     "deepseek_v2",
                                     "deepseek_v3",
                                     "soft_moe",
                                     "remoe",
                                     "sinkhorn",
                                     "moepp",
                                     "skywork",
                                     "quantile",
                                     "capaware",
                                     "ms_hier",
                                     "debug_round_robin",
                                     "debug_frozen_random"};

std::vector<Preset> ofKind(PresetKind kind) {
    auto all = listPresets();
    std::erase_if(all, [&](const Preset& p) { return p.kind != kind; });
    return all;
}

TEST(Presets, CoverTheRoutersAndRunsThatArePromised) {
    std::set<std::string> ids;
    for (const Preset& p : listPresets())
        EXPECT_TRUE(ids.insert(p.id).second) << p.id;
    for (const char* id : {"dense",
                           "dense_soft",
                           "mixtral",
                           "olmoe",
                           "dbrx",
                           "switch",
                           "gshard",
                           "shazeer17",
                           "lossfree",
                           "expert_choice",
                           "hash_random",
                           "debug_round_robin",
                           "debug_frozen_random",
                           "four_alphabets",
                           "eight_domains",
                           "small_experts",
                           "one_alphabet",
                           "collapse",
                           "collapse_and_cure",
                           "own_text",
                           "dense_chars",
                           "tiny",
                           "small",
                           "mid",
                           "plane",
                           "plane_em",
                           "plane_spirals",
                           "jacobs91",
                           "hme94"})
        EXPECT_TRUE(ids.contains(id)) << id;
}

TEST(Presets, OfRoutersAreRowsOfTheTable) {
    for (const Preset& p : ofKind(PresetKind::router))
        EXPECT_TRUE(kRows.contains(p.id)) << p.id;
}

TEST(Presets, SayWhatTheyDoInTwoSentencesWhatToLookForAndTheirSource) {
    for (const Preset& p : listPresets()) {
        EXPECT_FALSE(p.title.empty()) << p.id;
        EXPECT_FALSE(p.lookFor.empty()) << p.id;
        EXPECT_FALSE(p.source.empty()) << p.id;
        std::size_t sentences = 0;
        for (std::size_t at = 0; at < p.description.size(); ++at)
            sentences += p.description[at] == '.' && (at + 1 == p.description.size() || p.description[at + 1] == ' ');
        EXPECT_EQ(sentences, 2u) << p.id << ": " << p.description;
    }
}

TEST(Presets, CanRunAndSurviveARoundTrip) {
    for (const Preset& p : listPresets()) {
        const RunConfig c = made({p.id});
        EXPECT_EQ(c.preset, p.id);
        EXPECT_EQ(describe(validate(completed(c))), "") << p.id;
        RunConfig read, fromString;
        EXPECT_EQ(describe(applyJson(read, toJson(c))), "");
        EXPECT_EQ(read, c) << p.id;
        EXPECT_EQ(describe(applyRecipeString(fromString, toRecipeString(c))), "");
        EXPECT_EQ(fromString, c) << p.id;
    }
}

TEST(Presets, AskForTheTextOnlyWhereTheTextIsTheUsers) {
    for (const Preset& p : ofKind(PresetKind::run)) {
        const bool own = p.id == "own_text" || p.id == "dense_chars";
        const auto problems = validate(made({p.id}));
        ASSERT_EQ(problems.size(), own ? 1u : 0u) << p.id;
        if (own) {
            EXPECT_EQ(problems[0].key, "data.source");
        }
    }
}

TEST(Presets, OfRoutersFitEveryRunPresetWithExperts) {
    for (const Preset& run : ofKind(PresetKind::run)) {
        const RunConfig plain = completed(made({run.id}));
        if (plain.moe.experts == 0 || isPlane(plain)) continue;
        for (const Preset& router : ofKind(PresetKind::router)) {
            const RunConfig c = completed(made({run.id, router.id}));
            if (router.base == "plane") continue;
            if (router.id == "pangu_rre" && c.data.source == "random") {  // random tokens have no domains to route by
                EXPECT_EQ(validate(c).at(0).key, "router.net") << run.id;
            } else if (run.id == "mid" && (router.id == "pr_moe" || router.id == "mos")) {  // twice the experts in three layers pass the limit of size
                EXPECT_EQ(validate(c).at(0).key, "model.width");
            } else {
                EXPECT_EQ(describe(validate(c)), "") << run.id << " + " << router.id;
            }
            EXPECT_EQ(c.preset, run.id + "+" + router.id);
            EXPECT_EQ(c.moe.experts, router.denseTwin ? 0 : plain.moe.experts) << run.id << " + " << router.id;
            EXPECT_EQ(c.data, plain.data);
            EXPECT_EQ(c.training, plain.training);
        }
    }
}

TEST(Presets, OfThePlaneFitThePlaneAndNoLanguageModel) {
    for (const Preset& router : ofKind(PresetKind::router)) {
        if (router.base != "plane") continue;
        EXPECT_TRUE(isPlane(made({router.id}))) << router.id;
        EXPECT_EQ(describe(validate(made({"plane", router.id}))), "") << router.id;
        const base::Problems refused = validate(made({"eight_domains", router.id}));
        ASSERT_EQ(refused.size(), 1u) << router.id;
        EXPECT_EQ(refused[0].key, "model.family");
    }
}

TEST(Presets, OfRoutersThatReadNoTokensFitThePlane) {
    for (const char* id : {"switch", "gshard", "shazeer17", "lossfree", "cosine", "dense_soft", "mixtral", "expert_choice", "sinkhorn"})
        EXPECT_EQ(describe(validate(made({"plane", id}))), "") << id;
    for (const char* id : {"hash_random", "debug_round_robin", "deepseek_moe", "dense"}) EXPECT_NE(describe(validate(made({"plane", id}))), "") << id;
}

TEST(Presets, OfRoutersReplaceTheRouterOfTheRun) {
    const RunConfig c = made({"collapse", "switch"});
    EXPECT_TRUE(c.router.rig.empty());
    EXPECT_EQ(c.moe.top_k, 1);
    EXPECT_EQ(c.router.noise, "input_jitter");
    EXPECT_EQ(c.capacity.factor, 1.25);
    EXPECT_EQ(c.capacity.eval_factor, 2.0);
    EXPECT_FALSE(c.capacity.count_k);
    EXPECT_EQ(c.balance.kind, "switch");
    EXPECT_EQ(made({"eight_domains", "gshard"}).moe.top_k, 2);
    EXPECT_EQ(made({"eight_domains", "olmoe"}).moe.top_k, 1);
}

TEST(Presets, KeepThePublishedShareOfExpertsWhenTheyStandAlone) {
    const std::map<std::string, double> published = {
        {"shazeer17", 4. / 16}, {"gshard", 2. / 16},       {"glam", 2. / 64},     {"switch", 1. / 8},
        {"st_moe", 2. / 32},    {"cosine", 2. / 16},       {"openmoe", 2. / 32},  {"megablocks", 1. / 64},
        {"mixtral", 2. / 8},    {"dbrx", 4. / 16},         {"grok1", 2. / 8},     {"olmoe", 8. / 64},
        {"qwen2", 4. / 60},     {"qwen3", 8. / 128},       {"fg_g8", 8. / 64},    {"moge", 8. / 64},
        {"zcode_rts", 1. / 64}, {"deepseek_moe", 7. / 63}, {"lossfree", 7. / 63}, {"deepseek_v3", 8. / 256},
        {"llama_moe", 2. / 8}};
    for (const auto& [id, share] : published) {
        const RunConfig c = made({id});
        const MoeShape shape = moeShape(c, moeLayers(c).back());
        EXPECT_DOUBLE_EQ(static_cast<double>(shape.topK) / static_cast<double>(shape.experts), share) << id;
    }
}

TEST(Presets, StayCloseToTheSizesTheLessonsName) {
    const auto parameters = [](const char* id) { return cost(made({id}), 110); };
    EXPECT_NEAR(static_cast<double>(parameters("eight_domains").paramsTotal), 0.31e6, 0.01e6);
    EXPECT_NEAR(static_cast<double>(parameters("eight_domains").paramsActive), 0.08e6, 0.01e6);
    EXPECT_NEAR(static_cast<double>(parameters("four_alphabets").paramsTotal), 0.18e6, 0.01e6);
    EXPECT_NEAR(static_cast<double>(parameters("dense_chars").paramsTotal), 0.8e6, 0.02e6);
}

TEST(Presets, OfTheLessonsDifferOnlyInWhatTheyTeach) {
    const auto keys = [](const char* a, const char* b) {
        std::set<std::string> found;
        for (const auto& d : differences({made({a}), made({b})}))
            found.insert(d.key);
        return found;
    };
    EXPECT_EQ(keys("four_alphabets", "one_alphabet"), std::set<std::string>{"data.domains"});
    EXPECT_EQ(keys("eight_domains", "small_experts"), (std::set<std::string>{"moe.expert_width", "training.steps"}));
    EXPECT_EQ(keys("small_experts", "collapse"),
              (std::set<std::string>{"router.rig", "balance.coefficient", "training.pace"}));
    EXPECT_EQ(keys("collapse", "collapse_and_cure"), (std::set<std::string>{"script", "training.pace"}));
    EXPECT_EQ(made({"eight_domains"}).data.domains, defaultDomains());
}

TEST(Presets, CureTheCollapseByTheBalanceCoefficientAlone) {
    const RunConfig c = made({"collapse_and_cure"});
    ASSERT_EQ(c.script.size(), 1u);
    EXPECT_EQ(toJson(c.script[0]), R"({"step":150,"command":"set","key":"balance.coefficient","value":0.2})");
    EXPECT_EQ(c.router.rig, (std::vector<double>{6, 0, 0, 0, 0, 0, 0, 0}));
    EXPECT_EQ(c.balance.coefficient, 0);
}

TEST(Presets, OfADenseTwinHaveTheRunsActiveFlops) {
    for (const char* run : {"eight_domains", "four_alphabets", "small_experts", "tiny", "small", "own_text"}) {
        const RunConfig moe = made({run}), dense = made({run, "dense"});
        EXPECT_EQ(dense.moe.experts, 0);
        EXPECT_NEAR(cost(dense, 0).flopsTokenForward / cost(moe, 0).flopsTokenForward, 1, 0.01) << run;
    }
}

TEST(Presets, ThatDoNotExistAreAProblemWithTheNearestName) {
    RunConfig c;
    for (const std::string id : {"swich", "../switch", "", "runs/eight_domains"}) {
        const auto problems = applyPreset(c, id);
        ASSERT_EQ(problems.size(), 1u);
        EXPECT_EQ(problems[0].key, "preset");
    }
    EXPECT_NE(applyPreset(c, "swich")[0].text.find("switch"), std::string::npos);
    EXPECT_EQ(c, RunConfig{});
    EXPECT_FALSE(findPreset("swich"));
    EXPECT_EQ(findPreset("switch")->title, "Switch");
}

// A resource folder of its own, named by the environment.
class OwnResources : public testing::Test {
protected:
    fs::path m_folder = fs::temp_directory_path() / ("moescope-presets-" + std::to_string(::getpid()));
    void SetUp() override {
        fs::create_directories(m_folder / "presets/runs");
        fs::create_directories(m_folder / "presets/routers");
        ::setenv("MOESCOPE_RESOURCES", m_folder.c_str(), 1);
    }
    void TearDown() override {
        ::unsetenv("MOESCOPE_RESOURCES");
        fs::remove_all(m_folder);
    }
    void write(const std::string& name, const std::string& text) {
        std::ofstream(m_folder / "presets/runs" / name) << text;
    }
};

TEST_F(OwnResources, AreReadFromTheFolderTheEnvironmentNames) {
    write("mine.json", R"({"id":"mine","title":"t","config":{"model.layers":7}})");
    EXPECT_EQ(resourceFolder(), m_folder);
    ASSERT_EQ(listPresets().size(), 1u);
    EXPECT_EQ(made({"mine"}).model.layers, 7);
}

TEST_F(OwnResources, ThatAreDamagedAreAnErrorThatNamesTheFile) {
    for (const std::string text :
         {"{", "[]", R"({"id":"other"})", R"({"id":"bad","colour":1})", R"({"id":3})", R"({"id":"bad","config":[]})"}) {
        write("bad.json", text);
        try {
            listPresets();
            ADD_FAILURE() << text;
        } catch (const base::Error& e) {
            EXPECT_EQ(e.code(), "preset.bad");
            EXPECT_NE(e.where().find("bad.json"), std::string::npos);
        }
    }
}

TEST_F(OwnResources, WithoutPresetsAreAnErrorAndNotSilentlyPassedOver) {
    ::setenv("MOESCOPE_RESOURCES", "/nonexistent", 1);
    EXPECT_THROW(resourceFolder(), base::Error);
}

}  // namespace
}  // namespace moescope::config
