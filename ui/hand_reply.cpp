// The engine's answer to a table, its losses in words, and the ready examples.
#include <QCoreApplication>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <limits>

#include "ui/hand_table.hpp"

namespace moescope::ui {
namespace {

using Json = nlohmann::json;

QString words(const char* text) { return QCoreApplication::translate("HandTable", text); }

double real(const Json& value) { return value.is_number() ? value.get<double>() : std::numeric_limits<double>::quiet_NaN(); }

std::vector<double> numbers(const Json& row) {
    std::vector<double> values;
    for (const Json& value : row) values.push_back(real(value));
    return values;
}

template <class Row>
auto table(const Json& rows, Row&& row) {
    std::vector<decltype(row(rows))> values;
    if (rows.is_array())
        for (const Json& each : rows) values.push_back(row(each));
    return values;
}

std::vector<int> wholes(const Json& row) {
    std::vector<int> values;
    for (const Json& value : row) values.push_back(value.is_number_integer() ? value.get<int>() : -1);
    return values;
}

std::vector<bool> truths(const Json& row) {
    std::vector<bool> values;
    for (const Json& value : row) values.push_back(value == Json(true));
    return values;
}

HandAnswer answerOf(const Json& json) {
    HandAnswer answer;
    answer.experts = table(json.at("experts"), wholes);
    answer.positions = table(json.at("positions"), wholes);
    answer.weights = table(json.at("weights"), numbers);
    answer.kept = table(json.at("kept"), truths);
    answer.gradient = table(json.at("gradient"), numbers);
    answer.load = numbers(json.at("load"));
    answer.importance = numbers(json.at("importance"));
    answer.dropped = json.at("dropped").get<int>();
    answer.capacity = json.at("capacity").get<int>();
    for (const auto& [name, value] : json.at("losses").items())
        if (name != "importance" && name != "load") answer.losses.push_back({name, real(value)});
        else if (!json.at("losses").contains("balance")) answer.losses.push_back({name, real(value)});
    answer.totalAuxiliary = real(json.at("total_auxiliary"));
    answer.effectiveExperts = real(json.at("metrics").at("effective_experts"));
    return answer;
}

LossWords kindWords(const std::string& kind) {
    if (kind == "importance") return {words("importance"), words("variance / mean\u00B2 of each expert's sum of weights"), QStringLiteral("0"), 0};
    if (kind == "load") return {words("load"), words("variance / mean\u00B2 of each expert's chance to be chosen"), QStringLiteral("0"), 0};
    if (kind == "topk_sum") return {words("balance, all choices"), words("E \u00B7 \u2211 f P; f = choices of the expert / tokens, P = its mean probability"), QStringLiteral("k"), 0};
    if (kind == "topk_mean") return {words("balance, mean over choices"), words("E \u00B7 \u2211 (f / k) P; f = choices of the expert / tokens, P = its mean probability"), QStringLiteral("1"), 0};
    return {words("balance, first choices"), words("E \u00B7 \u2211 f P; f = first choices of the expert / tokens, P = its mean probability"), QStringLiteral("1"), 0};
}

}  // namespace

int HandAnswer::slotOf(int token, int expert) const {
    if (token < 0 || token >= static_cast<int>(experts.size())) return -1;
    const auto& row = experts[static_cast<std::size_t>(token)];
    const auto found = std::ranges::find(row, expert);
    return found == row.end() ? -1 : static_cast<int>(found - row.begin());
}

HandReply readHandReply(const std::string& line) {
    HandReply reply;
    const Json json = Json::parse(line, nullptr, false);
    if (!json.is_object()) {
        reply.error = words("The engine gave no answer that can be read.");
    } else if (json.contains("problems") && json["problems"].is_array()) {
        for (const Json& problem : json["problems"])
            if (problem.is_object()) reply.problems.push_back({problem.value("key", ""), problem.value("text", "")});
    } else if (json.contains("error") && json["error"].is_object()) {
        const auto part = [&](const char* key) { return QString::fromStdString(json["error"].value(key, "")); };
        reply.error = words("%1: %2. %3.").arg(part("where"), part("what"), part("advice"));
    } else {
        try {
            reply.answer = answerOf(json);
        } catch (const Json::exception&) {
            reply.error = words("The engine gave no answer that can be read.");
        }
    }
    return reply;
}

LossWords lossWords(const HandTable& table, const std::string& name) {
    const config::BalanceConfig& balance = table.config.balance;
    if (name == "z") return {words("z-loss"), words("mean over tokens of (ln \u2211 e^z)\u00B2"), words("(ln E)\u00B2 at logits 0"), balance.z_coefficient};
    LossWords found = kindWords(name == "balance" ? balance.kind : name);
    found.coefficient = balance.coefficient;
    for (const config::BalanceTerm& term : balance.more)
        if (term.kind == name) found.coefficient = term.coefficient;
    return found;
}

const std::vector<HandLesson>& handLessons() {
    static const std::vector<HandLesson> all{
        {"no_gradient", QT_TRANSLATE_NOOP("HandTable", "k = 1, softmax after the choice: no gradient"),
         QT_TRANSLATE_NOOP("HandTable", "With one expert kept and the softmax taken after the choice, its weight is always 1, whatever the logits are. So the task cannot teach the router: its gradient is 0 everywhere. Set Score to softmax all and Weights to raw, and the gradient appears."),
         R"({"config":{"moe.top_k":1,"router.score":"softmax_selected","router.weigh":"renorm","balance.kind":"none"},"logits":[[2,1,0,-1],[0.5,0.4,0.3,0.2],[-1,3,0,0]],"task_gradient":[[-1],[-1],[-1]]})"},
        {"before", QT_TRANSLATE_NOOP("HandTable", "k = 1, softmax before the choice: the router learns"),
         QT_TRANSLATE_NOOP("HandTable", "The weight is the probability over all experts. A task that wants more weight on the chosen expert (gradient \u22121) raises its logit and lowers all the others. Compare with softmax after the choice."),
         R"({"config":{"moe.top_k":1,"router.score":"softmax_all","router.weigh":"raw","balance.kind":"none"},"logits":[[2,1,0,-1],[0.5,0.4,0.3,0.2],[-1,3,0,0]],"task_gradient":[[-1],[-1],[-1]]})"},
        {"same_weights", QT_TRANSLATE_NOOP("HandTable", "k = 2: before and after give the same weights, once they sum to 1"),
         QT_TRANSLATE_NOOP("HandTable", "Softmax over all experts and then renormalised, or softmax over the two chosen: the same weights to the last digits. Set Score to softmax selected and nothing moves. With Weights raw the two differ."),
         R"({"config":{"moe.top_k":2,"router.score":"softmax_all","router.weigh":"renorm","balance.kind":"none"},"logits":[[2,1,0,-1],[0.5,0.4,0.3,0.2],[-1,3,0,0]]})"},
        {"full_desk", QT_TRANSLATE_NOOP("HandTable", "A full expert: later tokens are dropped"),
         QT_TRANSLATE_NOOP("HandTable", "Each expert has room for its fair share, one token here. All want E0: the first one gets it, the others are dropped and pass by unchanged. Raise Capacity factor to 2 and one more finds room."),
         R"({"config":{"moe.top_k":1,"router.weigh":"raw","capacity.factor":1,"balance.kind":"switch"},"logits":[[2,1,0,0],[3,0,0,1],[1.5,1,0,0],[2,0,1.9,0]]})"},
        {"collapse", QT_TRANSLATE_NOOP("HandTable", "Collapse: what the balance loss pulls at"),
         QT_TRANSLATE_NOOP("HandTable", "Every token goes to E0. The balance loss is far above 1, its value at an even load, and its gradient lowers E0's logit in every row and raises the idle ones. Make the rows different: it falls towards 1."),
         R"({"config":{"moe.top_k":1,"router.weigh":"raw","balance.kind":"switch","balance.coefficient":1},"logits":[[4,0,0,0],[4,0,0.5,0],[4,0,0,0.5],[4,0.5,0,0]]})"},
    };
    return all;
}

}  // namespace moescope::ui
