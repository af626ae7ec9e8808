// Reads the answer to mute_delta.
#include "ui/mute_effect.hpp"

#include <QCoreApplication>

#include <algorithm>
#include <cmath>
#include <limits>

#include <nlohmann/json.hpp>

#include "plots/figures.hpp"
#include "ui/run_words.hpp"

namespace moescope::ui {
namespace {

using Json = nlohmann::json;

double numberOf(const Json& object, const char* key) {
    const auto found = object.find(key);
    return found != object.end() && found->is_number() ? found->get<double>() : std::numeric_limits<double>::quiet_NaN();
}

QString text(const char* source) { return QCoreApplication::translate("Interventions", source); }

QString withSign(double value) { return (value > 0 ? QStringLiteral("+") : QString()) + plots::figure(value, plots::Figure::Fixed2); }

}  // namespace

std::optional<MutedLosses> parseMuteDelta(const QByteArray& line) {
    const Json answer = Json::parse(line.constData(), line.constData() + line.size(), nullptr, false);
    if (!answer.is_object() || !answer.value("ok", false) || !answer.contains("domains") || !answer["domains"].is_array()) return std::nullopt;
    MutedLosses found;
    found.layer = answer.value("layer", std::int64_t{0});
    found.expert = answer.value("expert", std::int64_t{0});
    found.step = answer.value("applied_at_step", std::int64_t{0});
    found.bars.push_back({text("all tokens"), numberOf(answer, "with"), numberOf(answer, "without")});
    for (const Json& domain : answer["domains"])
        if (domain.is_object()) found.bars.push_back({RunWords::oneLine(domain.value("name", "")), numberOf(domain, "with"), numberOf(domain, "without")});
    return found;
}

QString MutedLosses::sentence() const {
    QString said = text("Without E%1: ").arg(expert);
    const auto least = [](const plots::DeltaBar& bar) { return std::isnan(bar.delta()) ? -std::numeric_limits<double>::infinity() : bar.delta(); };
    if (bars.size() > 2) {
        const auto most = std::ranges::max_element(bars.begin() + 1, bars.end(), {}, least);
        said += text("%1 %2, ").arg(most->name, withSign(most->delta()));
    }
    return said + text("all tokens %1 nats/token").arg(withSign(bars.front().delta()));
}

}  // namespace moescope::ui
