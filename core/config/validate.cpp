// Ranges and choices from the list of settings, then the rules between settings.
#include "core/config/validate.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <type_traits>

#include "core/base/error.hpp"
#include "core/base/numbers.hpp"
#include "core/base/utf8.hpp"
#include "core/config/fields.hpp"
#include "core/config/rules.hpp"
#include "core/config/setting_keys.hpp"

namespace moescope::config {
namespace {

using base::Problems;
using rules::refuse;

std::string rangeText(const Field& field) {
    if (std::isinf(field.maximum)) return fmt::format("at least {}", base::toText(field.minimum));
    return fmt::format("between {} and {}", base::toText(field.minimum), base::toText(field.maximum));
}

template <class Number>
void checkNumber(const Field& field, Number value, Problems& problems) {
    const auto number = static_cast<double>(value);
    if (number >= field.minimum && number <= field.maximum && std::isfinite(number)) return;
    refuse(problems, field.key,
           fmt::format("{} is {}; it must be {}. {}", field.key, base::toText(value), rangeText(field), field.help));
}

void checkText(const Field& field, const std::string& value, Problems& problems) {
    const auto allowed = splitWords(field.choices);
    if (allowed.empty()) {
        const bool clean =
            base::isUtf8(value) && std::ranges::none_of(value, [](unsigned char c) { return c < 0x20 || c == 0x7f; });
        if (!clean)
            refuse(problems, field.key,
                   fmt::format("{} holds control characters or is not UTF-8; write it anew.", field.key));
        if (value.size() > 4096)
            refuse(problems, field.key,
                   fmt::format("{} has {} bytes; at most 4096 are allowed.", field.key, value.size()));
        return;
    }
    if (std::ranges::find(allowed, value) != allowed.end()) return;
    refuse(problems, field.key,
           fmt::format("{} is \"{}\", which does not exist here; choose one of {}. Nearest: {}.", field.key,
                       base::printable(value, 60), fmt::join(allowed, ", "), nearest(value, allowed)));
}

template <class T>
void checkField(const Field& field, const T& value, Problems& problems) {
    if constexpr (std::is_same_v<T, std::int64_t> || std::is_same_v<T, double>)
        checkNumber(field, value, problems);
    else if constexpr (std::is_same_v<T, std::string>)
        checkText(field, value, problems);
}

}  // namespace

Problems validate(const RunConfig& config) {
    Problems problems;
    visitFields(config, [&](const Field& field, const auto& value) { checkField(field, value, problems); });
    if (!problems.empty()) return problems;
    using namespace rules;
    for (const auto check :
         {checkModel, checkPlane, checkExperts, checkRouter, checkCapacity, checkBalance, checkTraining, checkDistillation, checkData, checkTelemetry})
        check(config, problems);
    if (!problems.empty()) return problems;
    checkSize(config, problems);
    checkScript(config, problems);
    return problems;
}

std::string couplingMark(const RunConfig& config) {
    if (config.moe.experts == 0) return {};
    if (config.router.select == "expert_topC")
        return "not causal / batch-coupled: experts pick the tokens they like best, later ones and those of other "
               "sequences among them";
    if (config.router.select == "sinkhorn_topk" || config.router.select == "auction")
        return "not causal / batch-coupled in training: tokens are dealt out evenly among the experts, so where one goes "
               "depends on the others of the batch; at evaluation each token chooses for itself";
    if (config.router.select == "slots")
        return "not causal: experts read mixtures of all tokens of a sequence, so what a token gets depends on those behind it";
    if (config.capacity.overflow == "balance_columns")
        return "not causal / batch-coupled in training: tokens are moved until every expert has the same number, so where one goes depends "
               "on the others of the batch; at evaluation each token chooses for itself";
    if (config.router.options.contains("leave_share"))
        return "not causal / batch-coupled in training: only a share of the batch's tokens may leave their group of experts, so where one "
               "goes depends on the others; at evaluation each token chooses for itself";
    if (config.capacity.factor > 0 && config.router.select != "all")
        return "not causal / batch-coupled: experts have limited room, so whether a token is served depends on the "
               "other tokens of the batch";
    return {};
}

}  // namespace moescope::config
