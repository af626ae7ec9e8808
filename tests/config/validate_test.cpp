// What validate() refuses, under which key; and that no configuration whatever makes it throw.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>

#include "core/config/commands.hpp"
#include "core/config/config_json.hpp"
#include "core/config/derived.hpp"
#include "core/config/fields.hpp"
#include "core/config/setting_keys.hpp"
#include "core/config/validate.hpp"

namespace moescope::config {
namespace {

std::string describe(const base::Problems& problems) {
    std::string text;
    for (const auto& p : problems)
        text += p.key + ": " + p.text + "\n";
    return text;
}

TEST(Validate, FindsNothingWrongWithTheDefaults) { EXPECT_EQ(describe(validate(RunConfig{})), ""); }

struct Bad {
    std::string json, key;
};
class BadConfig : public testing::TestWithParam<Bad> {};

TEST_P(BadConfig, IsRefusedUnderTheKeyThatIsWrong) {
    RunConfig c;
    ASSERT_EQ(describe(applyJson(c, GetParam().json)), "");
    const auto problems = validate(c);
    ASSERT_EQ(problems.size(), 1u) << describe(problems);
    EXPECT_EQ(problems[0].key, GetParam().key) << describe(problems);
    EXPECT_GT(problems[0].text.size(), 30u);
    EXPECT_EQ(problems[0].text.back(), '.');
}

INSTANTIATE_TEST_SUITE_P(
    Table, BadConfig,
    testing::Values(
        Bad{R"({"moe.top_k":9})", "moe.top_k"}, Bad{R"({"moe.granularity":2,"moe.top_k":9})", "moe.top_k"},
        Bad{R"({"moe.pattern":[8,8,1,8]})", "moe.top_k"}, Bad{R"({"moe.top_k":0})", "moe.top_k"},
        Bad{R"({"moe.experts":-1})", "moe.experts"}, Bad{R"({"model.heads":0})", "model.heads"},
        Bad{R"({"model.heads":3})", "model.heads"}, Bad{R"({"model.heads":128})", "model.heads"},
        Bad{R"({"model.head_width":33})", "model.head_width"}, Bad{R"({"model.kv_heads":3})", "model.kv_heads"},
        Bad{R"({"model.context":0})", "model.context"}, Bad{R"({"model.context":2147483648})", "model.context"},
        Bad{R"({"model.vocabulary":1})", "model.vocabulary"},
        Bad{R"({"model.vocabulary":2147483648})", "model.vocabulary"}, Bad{R"({"model.dropout":1.5})", "model.dropout"},
        Bad{R"({"model.activation":"swish"})", "model.activation"}, Bad{R"({"model.family":"vision"})", "model.family"},
        Bad{R"({"model.rope_base":0})", "model.rope_base"}, Bad{R"({"moe.granularity":3})", "moe.granularity"},
        Bad{R"({"moe.shared_gate":true})", "moe.shared_gate"}, Bad{R"({"moe.pattern":[8,8]})", "moe.pattern"},
        Bad{R"({"moe.pattern":[8,8,8,-1]})", "moe.pattern"}, Bad{R"({"moe.pattern":[0,0,0,0]})", "moe.pattern"},
        Bad{R"({"moe.pyramid":2,"moe.pattern":[8,8,8,8]})", "moe.pyramid"}, Bad{R"({"moe.experts":600,"moe.pyramid":2})", "moe.pyramid"},
        Bad{R"({"moe.residual":"cmr","moe.residual_target":1.5})", "moe.residual_target"},
        Bad{R"({"moe.zero_experts":1,"router.select":"all"})", "moe.zero_experts"},
        Bad{R"({"moe.copy_experts":1,"router.weigh":"input","moe.top_k":1})", "moe.copy_experts"},
        Bad{R"({"moe.constant_experts":1,"capacity.factor":1,"capacity.overflow":"reroute_next"})", "capacity.overflow"},
        Bad{R"({"router.transform":"gating_residual","moe.pyramid":2})", "router.transform"},
        Bad{R"({"router.net":"domain_hash","router.select":"fixed","router.weigh":"one","balance.kind":"none"})", "moe.top_k"},
        Bad{R"({"router.net":"domain_hash","moe.top_k":1,"router.select":"fixed","router.weigh":"one","balance.kind":"none","data.source":"random","model.vocabulary":512})", "router.net"},
        Bad{R"({"router.net":"domain_hash","moe.top_k":1,"router.select":"fixed","router.weigh":"one","balance.kind":"none","data.domains":[{"family":"dates"}]})", "router.net"},
        Bad{R"({"moe.every":5})", "moe.every"}, Bad{R"({"moe.first_dense":4})", "moe.every"},
        Bad{R"({"training.batch":0})", "training.batch"}, Bad{R"({"training.steps":0})", "training.steps"},
        Bad{R"({"training.lr":0})", "training.lr"}, Bad{R"({"training.lr":-1})", "training.lr"},
        Bad{R"({"training.lr":1e30})", "training.lr"},
        Bad{R"({"training.beta2":1})", "training.beta2"}, Bad{R"({"training.device":"gpu"})", "training.device"},
        Bad{R"({"training.device":"cuda:-1"})", "training.device"},
        Bad{R"({"training.precision":"bf16","training.device":"cpu"})", "training.precision"},
        Bad{R"({"training.keep_checkpoints":1})", "training.keep_checkpoints"},
        Bad{R"({"training.patience":3,"training.eval_every":0})", "training.patience"}, Bad{R"({"training.on_divergence":"pray"})", "training.on_divergence"},
        Bad{R"({"capacity.factor":-1})", "capacity.factor"},
        Bad{R"({"capacity.eval_factor":-0.5})", "capacity.eval_factor"},
        Bad{R"({"capacity.multiple_of":0})", "capacity.multiple_of"},
        Bad{R"({"moe.top_k":1,"router.score":"softmax_selected"})", "router.score"},
        Bad{R"({"router.weigh":"one"})", "router.weigh"}, Bad{R"({"router.weigh":"uniform"})", "router.weigh"},
        Bad{R"({"router.group_rule":"limit_max","router.groups":3})", "router.groups"},
        Bad{R"({"router.group_rule":"limit_max","router.groups":8,"router.groups_kept":1})", "router.groups_kept"},
        Bad{R"({"router.group_rule":"limit_max","router.groups":2,"router.groups_kept":3})", "router.groups_kept"},
        Bad{R"({"router.group_rule":"per_group","router.groups":4})", "moe.top_k"},
        Bad{R"({"router.rig":[6,0]})", "router.rig"}, Bad{R"({"router.rig":[6,0,0,0,0,0,0,1e9]})", "router.rig"},
        Bad{R"({"router.rig_layers":[4]})", "router.rig_layers"},
        Bad{R"({"router.noise":"random_second","moe.top_k":3})", "moe.top_k"},
        Bad{R"({"router.noise":"input_dropout","router.noise_scale":1})", "router.noise_scale"},
        Bad{R"({"router.noise_scale":-0.5})", "router.noise_scale"},
        Bad{R"({"router.select":"fixed"})", "router.select"},
        Bad{R"({"router.select":"expert_topC","balance.kind":"none"})", "capacity.factor"},
        Bad{R"({"router.select":"all","capacity.factor":1})", "capacity.factor"},
        Bad{R"({"router.net":"hash"})", "balance.kind"},
        Bad{R"({"router.net":"hash","balance.kind":"none","balance.z_coefficient":0.1})", "balance.z_coefficient"},
        Bad{R"({"balance.kind":"load"})", "balance.kind"},
        Bad{R"({"balance.more":[{"kind":"magic","coefficient":1}]})", "balance.more.0"},
        Bad{R"({"balance.more":[{"kind":"importance","coefficient":-1}]})", "balance.more.0"},
        Bad{R"({"balance.scope":"galaxy"})", "balance.scope"}, Bad{R"({"data.source":""})", "data.source"},
        Bad{R"({"data.source":"random"})", "model.vocabulary"}, Bad{R"({"data.domains":[]})", "data.domains"},
        Bad{R"({"data.domains":[{"name":"x"}]})", "data.domains.0"},
        Bad{R"({"data.domains":[{"family":"code","weight":0}]})", "data.domains.0"},
        Bad{R"({"data.domains":[{"family":"code","name":"a"},{"family":"dates","name":"a"}]})", "data.domains.1"},
        Bad{R"({"data.domains":[{"family":"code","name":"a\nb"}]})", "data.domains.0"},
        Bad{R"({"data.alternate":"0"})", "data.alternate"}, Bad{R"({"data.alternate":"word"})", "data.alternate"},
        Bad{R"({"data.source":"a\u0000b"})", "data.source"},
        Bad{R"({"data.document_length":0})", "data.document_length"},
        Bad{R"({"telemetry.quantiles":[0.5,0.5]})", "telemetry.quantiles"},
        Bad{R"({"telemetry.quantiles":[1.5]})", "telemetry.quantiles"},
        Bad{R"({"model.layers":256,"model.width":16384})", "model.width"},
        Bad{R"({"training.batch":65536,"model.context":131072})", "training.batch"},
        Bad{R"({"training.batch":16384,"model.context":131072,"model.width":1024,"model.layers":32})",
            "training.batch"},
        Bad{R"({"script":[{"step":5,"command":"explode"}]})", "script.0"},
        Bad{R"({"script":[{"step":5,"command":"pause"},{"step":4,"command":"resume"}]})", "script.1"},
        Bad{R"({"script":[{"step":-1,"command":"pause"}]})", "script.0"},
        Bad{R"({"script":[{"step":1,"command":"set","key":"training.batch","value":3}]})", "script.0"}));

class GoodConfig : public testing::TestWithParam<std::string> {};

TEST_P(GoodConfig, IsAccepted) {
    RunConfig c;
    ASSERT_EQ(describe(applyJson(c, GetParam())), "");
    EXPECT_EQ(describe(validate(c)), "");
}

INSTANTIATE_TEST_SUITE_P(
    Table, GoodConfig,
    testing::Values(
        R"({"moe.experts":0,"router.weigh":"one","moe.top_k":100})",
        R"({"moe.top_k":1,"router.score":"softmax_selected","router.accept_no_gradient":true})",
        R"({"moe.top_k":1,"router.score":"softmax_selected","router.estimator":"straight_through"})",
        R"({"router.weigh":"uniform","router.frozen":true})",
        R"({"router.score":"softmax_selected","moe.top_k":1,"moe.granularity":2})",
        R"({"moe.top_k":1,"router.weigh":"renorm"})", R"({"router.net":"hash","balance.coefficient":0})",
        R"({"router.select":"expert_topC","capacity.factor":1,"balance.kind":"none"})",
        R"({"data.source":"random","model.vocabulary":512})", R"({"data.source":"/tmp/a file.txt","data.domains":[]})",
        R"({"training.precision":"bf16","training.device":"cuda:1"})", R"({"model.kv_heads":2,"model.head_width":64})",
        R"({"router.rig":[6,0,0,0,0,0,0,0],"router.rig_layers":[1,2]})",
        R"({"data.domains":[{"family":"code"},{"family":"code"}]})",
        R"({"script":[{"step":1,"command":"set","key":"moe.top_k","value":8},{"step":1,"command":"mute","layer":3,"expert":7},{"step":9,"command":"unmute"}]})"));

TEST(Validate, RefusesNumbersThatAreNone) {
    for (const double bad :
         {std::nan(""), std::numeric_limits<double>::infinity(), -std::numeric_limits<double>::infinity()}) {
        std::size_t numbers = 0, refused = 0;
        const RunConfig defaults;
        visitFields(defaults, [&]<class T>(const Field&, const T&) { numbers += std::is_same_v<T, double>; });
        for (std::size_t i = 0; i < numbers; ++i) {
            RunConfig c;
            std::size_t at = 0;
            std::string key;
            visitFields(c, [&]<class T>(const Field& field, T& member) {
                if constexpr (std::is_same_v<T, double>) {
                    if (at++ == i) {
                        member = bad;
                        key = field.key;
                    }
                }
            });
            const auto problems = validate(c);
            refused += problems.size() == 1 && problems[0].key == key;
        }
        EXPECT_EQ(refused, numbers);
    }
}

TEST(Validate, RefusesEveryNumberOutsideItsRangeAndEveryUnknownWord) {
    std::vector<Field> fields;
    const RunConfig defaults;
    visitFields(defaults, [&](const Field& field, const auto&) { fields.push_back(field); });
    for (const Field& field : fields) {
        for (const double outside :
             {field.minimum - 1, field.maximum + std::max(1.0, std::abs(field.maximum) * 1e-3)}) {
            RunConfig c;
            bool tried = false;
            visitFields(c, [&]<class T>(const Field& f, T& member) {
                if (f.key != field.key) return;
                if constexpr (std::is_same_v<T, std::int64_t> || std::is_same_v<T, double>) {
                    if (std::isfinite(outside)) member = static_cast<T>(outside), tried = true;
                } else if constexpr (std::is_same_v<T, std::string>) {
                    if (!f.choices.empty()) member = "nonsense", tried = true;
                }
            });
            if (!tried) continue;
            const auto problems = validate(c);
            ASSERT_EQ(problems.size(), 1u) << field.key << "\n" << describe(problems);
            EXPECT_EQ(problems[0].key, field.key);
        }
    }
}

// Random settings, most of them absurd. Whatever passes must have finite counts; nothing may throw.
class Sweep {
public:
    explicit Sweep(std::uint64_t seed) : m_random(seed) {}

    RunConfig next() {
        RunConfig c;
        const int changes = 1 + pick(12);
        for (int i = 0; i < changes; ++i) {
            const int which = pick(kFields);
            int at = 0;
            visitFields(c, [&]<class T>(const Field& field, T& member) {
                if (at++ == which) change(field, member);
            });
        }
        return c;
    }

private:
    static constexpr int kFields = 105;
    std::mt19937_64 m_random;

    int pick(int n) { return static_cast<int>(m_random() % static_cast<std::uint64_t>(n)); }

    void change(const Field&, bool& b) { b = !b; }
    void change(const Field& field, std::int64_t& i) {
        static const std::int64_t values[] = {
            -1, 0, 1, 2, 3, 4, 8, 16, 64, 100, 1024, 65536, INT64_C(1) << 31, INT64_C(1) << 40, INT64_MAX, INT64_MIN};
        i = pick(4) == 0 ? static_cast<std::int64_t>(std::clamp(field.maximum, -1e15, 1e15)) : values[pick(16)];
    }
    void change(const Field&, double& d) {
        static const double values[] = {-1, 0,   1e-300, 1e-3,  0.1,    0.5, 1,        1.25,
                                        2,  1e3, 1e30,   1e308, -1e308, NAN, INFINITY, -INFINITY};
        d = values[pick(16)];
    }
    void change(const Field& field, std::string& s) {
        std::string_view list = field.choices;
        for (int skip = pick(10); skip > 0 && list.find('|') != std::string_view::npos; --skip)
            list.remove_prefix(list.find('|') + 1);
        s = pick(8) == 0 ? std::string("\xff\0x", 3) : std::string(list.substr(0, list.find('|')));
    }
    void change(const Field&, std::vector<std::int64_t>& v) {
        v.clear();
        for (int n = pick(6); n > 0; --n)
            v.push_back(pick(12) - 2);
    }
    void change(const Field&, std::vector<double>& v) {
        v.clear();
        for (int n = pick(10); n > 0; --n)
            v.push_back(pick(9) == 0 ? NAN : pick(5) * 0.3);
    }
    void change(const Field&, Values& v) { v["x"] = NAN; }
    void change(const Field&, std::vector<BalanceTerm>& v) {
        v.push_back({pick(2) ? "load" : "|", pick(2) ? 0.1 : NAN, pick(2) ? "batch" : ""});
    }
    void change(const Field&, std::vector<DomainConfig>& v) {
        pick(2) ? v.clear() : v.push_back({"code", pick(2) ? "code" : "x", pick(3) - 0.5, {}});
    }
    void change(const Field&, std::vector<ScriptedCommand>& v) {
        static const char* verbs[] = {"set", "mute", "rig", "pause", "", "unmute"};
        Values arguments;
        if (pick(2)) arguments["key"] = std::string(pick(2) ? "moe.top_k" : "balance.kind");
        if (pick(2)) arguments["value"] = pick(2) ? Value(std::int64_t{pick(20)}) : Value(std::string("switch"));
        if (pick(2)) arguments["layer"] = std::int64_t{pick(6) - 1};
        if (pick(2)) arguments["expert"] = std::int64_t{pick(10) - 1};
        if (pick(2)) arguments["bias"] = 1.5;
        v.push_back({pick(10) - 1, {verbs[pick(6)], arguments}});
    }
};

TEST(Validate, SurvivesThousandsOfRandomConfigurations) {
    Sweep sweep(20260101);
    int accepted = 0;
    for (int i = 0; i < 10'000; ++i) {
        const RunConfig c = sweep.next();
        if (!validate(c).empty()) continue;
        ++accepted;
        const Cost counted = cost(c, 256);
        ASSERT_GT(counted.paramsTotal, 0);
        ASSERT_LE(counted.paramsTotal, 7'500'000'000);
        ASSERT_TRUE(std::isfinite(counted.flopsToken) && counted.flopsToken > 0);
        ASSERT_LT(memoryBytes(c, 256), std::pow(2.0, 48));
        ASSERT_EQ(denseTwin(c).moe.experts, 0);
        RunConfig read;
        if (c.router.options.empty()) {
            ASSERT_EQ(describe(applyJson(read, toJson(c))), "");
            ASSERT_EQ(read, c);
        }
    }
    EXPECT_GT(accepted, 300);  // else the sweep would say nothing about what is accepted
}

Command set(const std::string& key, Value value) { return {"set", {{"key", key}, {"value", std::move(value)}}}; }
Command at(const std::string& verb, std::int64_t layer, std::int64_t expert) {
    return {verb, {{"layer", layer}, {"expert", expert}}};
}
Command with(Command command, Values more) {
    command.arguments.merge(more);
    return command;
}

TEST(ValidateCommand, AcceptsWhatARunningEngineCanDo) {
    RunConfig c;
    c.router.noise = "logit_gauss_fixed";
    for (const Command& command : {Command{"pause", {}},
                                   Command{"step", {}},
                                   Command{"resume", {}},
                                   Command{"stop", {}},
                                   Command{"checkpoint", {}},
                                   Command{"unmute", {}},
                                   at("mute", 0, 7),
                                   at("unmute", 3, 0),
                                   at("kill", 0, 7),
                                   at("freeze", 0, 1),
                                   Command{"freeze", {{"layer", std::int64_t{3}}, {"part", std::string("router")}}},
                                   Command{"unfreeze", {}},
                                   at("unfreeze", 0, 1),
                                   at("reinitialise", 0, 2),
                                   with(at("reinitialise", 0, 2), {{"from", std::string("hottest")}, {"noise", std::int64_t{0}}}),
                                   with(at("duplicate", 0, 2), {{"to", std::int64_t{3}}, {"noise", 0.1}}),
                                   with(at("split", 0, 2), {{"to", std::int64_t{3}}}),
                                   with(at("merge", 0, 2), {{"with", std::int64_t{3}}}),
                                   with(at("swap", 0, 2), {{"with", std::int64_t{3}}}),
                                   Command{"oracle", {{"kind", std::string("random")}}},
                                   Command{"pin", {{"domain", std::string("copy")}, {"expert", std::int64_t{2}}}},
                                   Command{"unpin", {}},
                                   Command{"rewind", {}},
                                   Command{"rewind", {{"step", std::int64_t{10}}, {"lr_factor", 0.5}}},
                                   Command{"rig", {{"expert", std::int64_t{1}}, {"bias", std::int64_t{-6}}}},
                                   set("training.lr", 1e-4),
                                   set("training.pace", std::int64_t{5}),
                                   set("balance.kind", std::string("switch")),
                                   set("balance.coefficient", 0.05),
                                   set("balance.scope", std::string("sequence")),
                                   set("balance.z_coefficient", 1e-3),
                                   set("router.noise_scale", 0.5),
                                   set("router.rig", std::vector<double>(8, 1.0)),
                                   set("capacity.factor", 1.25),
                                   set("moe.top_k", std::int64_t{1}),
                                   set("router_aux_loss_coef", 0.1)})
        EXPECT_EQ(describe(validate(c, command)), "") << toJson(command);
}

struct Refusal {
    Command command;
    std::string key, says;
};
class RefusedCommand : public testing::TestWithParam<Refusal> {};

TEST_P(RefusedCommand, NamesTheReason) {
    const auto problems = validate(RunConfig{}, GetParam().command);
    ASSERT_EQ(problems.size(), 1u) << describe(problems);
    EXPECT_EQ(problems[0].key, GetParam().key);
    EXPECT_NE(problems[0].text.find(GetParam().says), std::string::npos) << problems[0].text;
}

INSTANTIATE_TEST_SUITE_P(
    Table, RefusedCommand,
    testing::Values(Refusal{{"explode", {}}, "command", "pause"},
                    Refusal{{"pause", {{"layer", std::int64_t{1}}}}, "layer", "no argument"},
                    Refusal{set("training.batch", std::int64_t{8}), "training.batch",
                            "cannot change while a run trains; fork the run to change it"},
                    Refusal{set("training.lrr", 1.0), "key", "training.lr"},
                    Refusal{set("training.lr", -1.0), "training.lr", "between"},
                    Refusal{set("training.lr", std::string("x")), "training.lr", "number"},
                    Refusal{set("training.lr", std::nan("")), "training.lr", "number"},
                    Refusal{set("moe.top_k", std::int64_t{9}), "moe.top_k", "only 8"},
                    Refusal{set("balance.kind", std::string("load")), "balance.kind", "noise"},
                    Refusal{set("router.noise_scale", 1.0), "router.noise_scale", "no effect"},
                    Refusal{set("router.rig", std::vector<double>{1}), "router.rig", "8 experts"},
                    Refusal{{"set", {{"key", std::string("training.lr")}}}, "value", "needs value"},
                    Refusal{{"set", {{"key", true}, {"value", 1.0}}}, "key", "no setting"},
                    Refusal{at("mute", 4, 0), "layer", "0, 1, 2, 3"}, Refusal{at("mute", 0, 8), "expert", "0 to 7"},
                    Refusal{at("mute", -1, 0), "layer", "no experts"},
                    Refusal{{"mute", {{"layer", std::int64_t{0}}}}, "expert", "needs expert"},
                    Refusal{{"mute", {{"layer", 0.0}, {"expert", std::int64_t{0}}}}, "layer", "whole number"},
                    Refusal{{"unmute", {{"layer", std::int64_t{0}}}}, "command", "both"},
                    Refusal{{"kill", {{"layer", std::int64_t{0}}}}, "expert", "needs expert"},
                    Refusal{{"freeze", {{"layer", std::int64_t{0}}}}, "command", "either expert=N or part=router"},
                    Refusal{with(at("freeze", 0, 1), {{"part", std::string("router")}}), "command", "either expert=N or part=router"},
                    Refusal{{"freeze", {{"layer", std::int64_t{0}}, {"part", std::string("head")}}}, "part", "one of router"},
                    Refusal{{"unfreeze", {{"part", std::string("router")}}}, "command", "takes a layer"},
                    Refusal{with(at("reinitialise", 0, 1), {{"from", std::string("coldest")}}), "from", "noise, hottest"},
                    Refusal{with(at("reinitialise", 0, 1), {{"noise", 0.1}}), "noise", "from=hottest"},
                    Refusal{at("duplicate", 0, 1), "to", "needs to"},
                    Refusal{{"oracle", {{"kind", std::string("delphi")}}}, "kind", "round_robin"},
                    Refusal{{"pin", {{"domain", std::int64_t{1}}, {"expert", std::int64_t{2}}}}, "domain", "name of a domain"},
                    Refusal{{"unpin", {{"domain", std::int64_t{1}}}}, "domain", "name of a domain"},
                    Refusal{{"rewind", {{"step", std::int64_t{-1}}}}, "step", "0 or more"},
                    Refusal{{"rewind", {{"lr_factor", std::int64_t{0}}}}, "lr_factor", "between 0.001"},
                    Refusal{with(at("duplicate", 0, 1), {{"to", std::int64_t{1}}}), "to", "same expert"},
                    Refusal{with(at("duplicate", 0, 1), {{"to", std::int64_t{8}}}), "to", "0 to 7"},
                    Refusal{with(at("duplicate", 0, 1), {{"to", std::int64_t{2}}, {"noise", -1.0}}), "noise", "between 0 and 10"},
                    Refusal{with(at("merge", 0, 1), {{"with", std::string("E2")}}), "with", "whole number"},
                    Refusal{{"rig", {{"expert", std::int64_t{0}}, {"bias", std::nan("")}}}, "bias", "-1000"}));

TEST(ValidateCommand, RefusesToMoveRowsOfARouterWithoutRows) {
    RunConfig c;
    c.router.net = "attention";
    const auto problems = validate(c, with(at("swap", 0, 1), {{"with", std::int64_t{2}}}));
    ASSERT_EQ(problems.size(), 1u);
    EXPECT_NE(problems[0].text.find("attention"), std::string::npos);
    EXPECT_TRUE(validate(c, at("kill", 0, 1)).empty());
}

TEST(Commands, AreListedWithAnExampleThatIsValid) {
    for (const CommandInfo& command : listCommands()) {
        std::vector<std::string_view> words;
        for (const std::string_view word : splitWords(command.example, ' ')) words.push_back(word);
        EXPECT_EQ(words.front(), command.verb);
        EXPECT_GT(command.help.size(), 10u) << command.verb;
        EXPECT_EQ(isIntervention(command.verb), command.kind == CommandKind::intervention);
        for (const std::string_view name : splitWords(command.required, ' '))
            EXPECT_NE(command.example.find(std::string(name) + "="), std::string_view::npos) << command.verb;
    }
    EXPECT_EQ(findCommand("dance"), nullptr);
}

TEST(ValidateCommand, RefusesToOverruleAChoiceOfGroupsAndKnobsThatSlotsDoNotHave) {
    RunConfig c;
    c.router.group_rule = "two_level_top2";
    for (const Command& command : {Command{"oracle", {{"kind", std::string("random")}}}, Command{"pin", {{"domain", std::string("copy")}, {"expert", std::int64_t{2}}}}}) {
        const auto problems = validate(c, command);
        ASSERT_EQ(problems.size(), 1u) << command.verb;
        EXPECT_NE(problems[0].text.find("two_level_top2"), std::string::npos);
    }
    c.router = {};
    c.router.select = "slots", c.router.score = "softmax_tokens";
    EXPECT_EQ(validate(c, set("moe.top_k", std::int64_t{2})).size(), 1u);
    EXPECT_EQ(validate(c, set("capacity.factor", 2.0)).size(), 1u);
    EXPECT_EQ(validate(c, Command{"oracle", {{"kind", std::string("random")}}}).size(), 1u);
}

TEST(ValidateCommand, RefusesExpertsOfADenseRun) {
    RunConfig c;
    c.moe.experts = 0;
    EXPECT_EQ(validate(c, at("mute", 0, 0)).size(), 1u);
    EXPECT_EQ(validate(c, set("balance.coefficient", 0.1)).size(), 1u);
    EXPECT_TRUE(validate(c, set("training.lr", 0.1)).empty());
}

TEST(ValidateCommand, RefusesToTakeTheGradientFromARouterThatTrains) {
    RunConfig c;
    c.router.score = "softmax_selected";
    const auto problems = validate(c, set("moe.top_k", std::int64_t{1}));
    ASSERT_EQ(problems.size(), 1u);
    EXPECT_EQ(problems[0].key, "router.score");
}

TEST(ValidateScript, SeesTheSettingsAsEarlierCommandsLeftThem) {
    RunConfig c;
    c.router.score = "softmax_selected";
    c.script = {{1, set("balance.kind", std::string("none"))},
                {2, set("moe.top_k", std::int64_t{8})},
                {3, set("moe.top_k", std::int64_t{1})}};
    const auto problems = validate(c);
    ASSERT_EQ(problems.size(), 1u) << describe(problems);
    EXPECT_EQ(problems[0].key, "script.2");
}

TEST(ApplyLive, ChangesTheSettingAndKeepsTheWidthOfDenseLayers) {
    RunConfig c;
    c.moe.every = 2;
    applyLive(c, set("balance.coefficient", 0.05));
    EXPECT_EQ(c.balance.coefficient, 0.05);
    const std::int64_t before = denseWidth(c);
    applyLive(c, set("moe.top_k", std::int64_t{1}));
    EXPECT_EQ(c.moe.top_k, 1);
    EXPECT_EQ(denseWidth(c), before);
    const RunConfig unchanged = c;
    applyLive(c, Command{"pause", {}});
    EXPECT_EQ(c, unchanged);
}

TEST(CouplingMark, IsOnMethodsThatLookAtOtherTokens) {
    RunConfig c;
    EXPECT_EQ(couplingMark(c), "");
    c.capacity.factor = 1;
    EXPECT_NE(couplingMark(c).find("batch-coupled"), std::string::npos);
    c.router.select = "expert_topC";
    EXPECT_NE(couplingMark(c).find("not causal"), std::string::npos);
    c.moe.experts = 0;
    EXPECT_EQ(couplingMark(c), "");
}

}  // namespace
}  // namespace moescope::config
