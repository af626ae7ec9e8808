// The list of settings against the names, defaults and live settings that the command line promises.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "core/config/config_json.hpp"
#include "core/config/fields.hpp"

namespace moescope::config {
namespace {

// The public table of settings: key and default as JSON. Where the promise is "as another setting" (kv_heads,
// head_width, eval_factor, weigh) the default is the word or number that says so.
const std::map<std::string, std::string> kPromised = {{"model.family", "\"lm\""},
                                                      {"model.layers", "4"},
                                                      {"model.width", "128"},
                                                      {"model.heads", "4"},
                                                      {"model.kv_heads", "0"},
                                                      {"model.head_width", "0"},
                                                      {"model.context", "256"},
                                                      {"model.activation", "\"swiglu\""},
                                                      {"model.ffn_width", "0"},
                                                      {"model.tied_head", "true"},
                                                      {"model.norm", "\"rmsnorm\""},
                                                      {"model.norm_epsilon", "1e-05"},
                                                      {"model.rope_base", "10000.0"},
                                                      {"model.qk_norm", "false"},
                                                      {"model.dropout", "0.0"},
                                                      {"model.init_std", "0.02"},
                                                      {"model.vocabulary", "0"},
                                                      {"moe.experts", "8"},
                                                      {"moe.top_k", "2"},
                                                      {"moe.expert_width", "256"},
                                                      {"moe.granularity", "1"},
                                                      {"moe.shared_experts", "0"},
                                                      {"moe.shared_gate", "false"},
                                                      {"moe.every", "1"},
                                                      {"moe.first_dense", "0"},
                                                      {"moe.pyramid", "1"},
                                                      {"moe.zero_experts", "0"},
                                                      {"moe.copy_experts", "0"},
                                                      {"moe.constant_experts", "0"},
                                                      {"moe.residual", "\"none\""},
                                                      {"moe.residual_target", "0.8"},
                                                      {"moe.residual_coefficient", "0.1"},
                                                      {"moe.residual_dropout", "0.2"},
                                                      {"moe.pattern", "[]"},
                                                      {"router.net", "\"linear\""},
                                                      {"router.transform", "\"none\""},
                                                      {"router.score", "\"softmax_all\""},
                                                      {"router.noise", "\"none\""},
                                                      {"router.noise_scale", "-1.0"},
                                                      {"router.noise_scope", "\"selection\""},
                                                      {"router.noise_at_evaluation", "false"},
                                                      {"router.offset", "\"none\""},
                                                      {"router.offset_rate", "0.001"},
                                                      {"router.group_rule", "\"none\""},
                                                      {"router.groups", "1"},
                                                      {"router.groups_kept", "1"},
                                                      {"router.select", "\"topk\""},
                                                      {"router.weigh", "\"auto\""},
                                                      {"router.scale", "1.0"},
                                                      {"router.estimator", "\"autograd_gate\""},
                                                      {"router.bias", "false"},
                                                      {"router.init_std", "0.02"},
                                                      {"router.frozen", "false"},
                                                      {"router.precision", "\"float32\""},
                                                      {"router.rig", "[]"},
                                                      {"router.accept_no_gradient", "false"},
                                                      {"router.options", "{}"},
                                                      {"capacity.factor", "0.0"},
                                                      {"capacity.eval_factor", "-1.0"},
                                                      {"capacity.minimum", "0"},
                                                      {"capacity.multiple_of", "1"},
                                                      {"capacity.count_k", "true"},
                                                      {"capacity.overflow", "\"drop\""},
                                                      {"capacity.priority", "\"position\""},
                                                      {"capacity.group_tokens", "0"},
                                                      {"balance.kind", "\"topk_mean\""},
                                                      {"balance.coefficient", "0.01"},
                                                      {"balance.scope", "\"batch\""},
                                                      {"balance.z_coefficient", "0.0"},
                                                      {"balance.more", "[]"},
                                                      {"training.steps", "600"},
                                                      {"training.batch", "16"},
                                                      {"training.accumulate", "1"},
                                                      {"training.lr", "0.003"},
                                                      {"training.min_lr_ratio", "0.1"},
                                                      {"training.warmup", "50"},
                                                      {"training.schedule", "\"cosine\""},
                                                      {"training.beta1", "0.9"},
                                                      {"training.beta2", "0.95"},
                                                      {"training.epsilon", "1e-08"},
                                                      {"training.weight_decay", "0.1"},
                                                      {"training.clip", "1.0"},
                                                      {"training.precision", "\"float32\""},
                                                      {"training.seed", "0"},
                                                      {"training.deterministic", "true"},
                                                      {"training.device", "\"auto\""},
                                                      {"training.threads", "0"},
                                                      {"training.eval_every", "50"},
                                                      {"training.eval_batches", "8"},
                                                      {"training.checkpoint_every", "200"},
                                                      {"training.keep_checkpoints", "2"},
                                                      {"training.on_divergence", "\"ask\""},
                                                      {"training.patience", "0"},
                                                      {"training.min_improvement", "0.0"},
                                                      {"training.pace", "0.0"},
                                                      {"plane.problem", "\"quadrants\""},
                                                      {"plane.noise", "0.05"},
                                                      {"plane.points", "0"},
                                                      {"plane.expert", "\"hidden\""},
                                                      {"plane.criterion", "\"blend\""},
                                                      {"plane.sigma", "0.2"},
                                                      {"plane.fit", "\"gradient\""},
                                                      {"data.source", "\"domains\""},
                                                      {"data.tokens", "\"chars\""},
                                                      {"data.document_length", "64"},
                                                      {"data.alternate", "\"document\""},
                                                      {"data.validation", "0.05"},
                                                      {"data.validation_source", "\"\""},
                                                      {"data.seed", "0"},
                                                      {"distillation.teacher", "\"\""},
                                                      {"distillation.beta", "1.0"},
                                                      {"distillation.temperature", "1.0"},
                                                      {"distillation.truth", "1.0"},
                                                      {"distillation.until", "1.0"},
                                                      {"distillation.copy", "false"},
                                                      {"telemetry.report_every", "1"},
                                                      {"telemetry.probe_every", "50"},
                                                      {"telemetry.probe_tokens", "2048"},
                                                      {"telemetry.sample_every", "100"},
                                                      {"telemetry.idle_window", "20"},
                                                      {"telemetry.quantiles", "[0.05,0.25,0.5,0.75,0.95]"},
                                                      {"script", "[]"}};

// Keys that are there under their promised name but whose default is longer than a table can show, or that we add.
const std::set<std::string> kOthers = {"data.domains", "router.rig_layers"};

TEST(SettingsList, HasEveryPromisedKeyWithItsDefaultAndNoOtherKey) {
    std::map<std::string, std::string> found;
    for (const SettingInfo& info : listSettings())
        found[info.key] = info.defaultJson;
    for (const std::string& other : kOthers)
        EXPECT_EQ(found.erase(other), 1u) << other;
    EXPECT_EQ(found, kPromised);
}

TEST(SettingsList, NamesNoKeyTwice) {
    std::set<std::string> keys;
    for (const SettingInfo& info : listSettings())
        EXPECT_TRUE(keys.insert(info.key).second) << info.key;
}

TEST(SettingsList, ExplainsEverySettingInASentence) {
    for (const SettingInfo& info : listSettings()) {
        EXPECT_FALSE(info.label.empty()) << info.key;
        EXPECT_GT(info.help.size(), 12u) << info.key;
        EXPECT_EQ(info.help.back(), '.') << info.key;
    }
}

TEST(SettingsList, OffersEveryDefaultAmongItsChoices) {
    for (const SettingInfo& info : listSettings()) {
        if (info.choices.empty()) continue;
        const std::string word = info.defaultJson.substr(1, info.defaultJson.size() - 2);
        EXPECT_NE(std::ranges::find(info.choices, word), info.choices.end()) << info.key;
    }
}

TEST(SettingsList, MarksExactlyThePromisedSettingsAsLive) {
    std::set<std::string> live;
    for (const SettingInfo& info : listSettings())
        if (info.live) live.insert(info.key);
    EXPECT_EQ(live, (std::set<std::string>{"training.lr", "training.pace", "balance.kind", "balance.coefficient",
                                           "balance.scope", "balance.z_coefficient", "router.noise_scale", "router.rig",
                                           "capacity.factor", "moe.top_k"}));
}

TEST(SettingsList, ReachesEveryMemberSoThatAChangedOneIsSeen) {
    // Each visited member is changed in turn; equality of RunConfig must notice, and two settings never share a member.
    const RunConfig defaults;
    std::size_t fields = 0, changed = 0;
    visitFields(defaults, [&](const Field&, const auto&) { ++fields; });
    for (std::size_t i = 0; i < fields; ++i) {
        RunConfig config;
        std::size_t at = 0;
        visitFields(config, [&]<class T>(const Field&, T& member) {
            if (at++ != i) return;
            if constexpr (std::is_same_v<T, bool>)
                member = !member;
            else if constexpr (std::is_arithmetic_v<T>)
                member += 1;
            else if constexpr (std::is_same_v<T, std::string>)
                member += "x";
            else if constexpr (std::is_same_v<T, Values>)
                member["x"] = true;
            else
                member.emplace_back();
        });
        changed += config != defaults && differences({defaults, config}).size() == 1;
    }
    EXPECT_EQ(changed, fields);
}

}  // namespace
}  // namespace moescope::config
