// series: the stored curves of a run.
#include <CLI/CLI.hpp>

#include "app/engine/verbs.hpp"
#include "core/base/error.hpp"
#include "core/base/numbers.hpp"
#include "storage/run_reader.hpp"
#include "storage/store.hpp"

namespace moescope::app {
namespace {

struct Wanted {
    std::string run;
    std::vector<std::string> metrics;
    std::int64_t layer = -1, expert = -1, points = 0;
    std::string domain;
};

/// One curve of a vector series: where it lies and what it is called.
struct Curve {
    std::int64_t element = 0;
    Json layer = nullptr, expert = nullptr, domain = nullptr;
};

std::string joined(const std::vector<std::string>& names) {
    std::string text;
    for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
    return text.empty() ? "none" : text;
}

std::int64_t domainIndex(const storage::RunFacts& facts, const std::string& name) {
    for (std::size_t d = 0; d < facts.domains.size(); ++d)
        if (facts.domains[d] == name) return static_cast<std::int64_t>(d);
    throw base::Error(base::ExitCode::usage, "series.domain", "no domain \"" + base::printable(name) + "\"", "--domain", "the run has " + joined(facts.domains));
}

/// The stored layer axis counts layers with experts; people count all layers from 0.
std::int64_t modelLayer(const storage::RunFacts& facts, std::int64_t stored) {
    return stored < static_cast<std::int64_t>(facts.moeLayers.size()) ? facts.moeLayers[static_cast<std::size_t>(stored)] : stored;
}

bool wantedHere(std::string_view axis, std::int64_t index, const Wanted& wanted, const storage::RunFacts& facts) {
    if (axis == "layer") return wanted.layer < 0 || modelLayer(facts, index) == wanted.layer;
    if (axis == "expert") return wanted.expert < 0 || index == wanted.expert;
    if (axis == "domain") return wanted.domain.empty() || index == domainIndex(facts, wanted.domain);
    return true;
}

std::vector<Curve> curvesOf(const storage::SeriesInfo& info, const Wanted& wanted, const storage::RunFacts& facts) {
    std::vector<Curve> curves;
    for (std::int64_t element = 0; element < info.width; ++element) {
        Curve curve{element};
        bool take = true;
        std::int64_t rest = element;
        for (std::size_t axis = info.sizes.size(); axis-- > 0; rest /= info.sizes[axis]) {
            const std::int64_t index = rest % info.sizes[axis];
            take = take && wantedHere(info.dimensions[axis], index, wanted, facts);
            if (info.dimensions[axis] == "layer") curve.layer = modelLayer(facts, index);
            if (info.dimensions[axis] == "expert") curve.expert = index;
            if (info.dimensions[axis] == "domain" && index < static_cast<std::int64_t>(facts.domains.size())) curve.domain = facts.domains[static_cast<std::size_t>(index)];
        }
        if (take) curves.push_back(std::move(curve));
    }
    return curves;
}

Json column(const std::vector<double>& values, std::int64_t width, std::int64_t element) {
    Json list = Json::array();
    for (std::size_t i = static_cast<std::size_t>(element); i < values.size(); i += static_cast<std::size_t>(width)) list.push_back(number(values[i]));
    return list;
}

Json curveJson(const storage::SeriesInfo& info, const Curve& curve, const storage::SeriesData& data) {
    Json json{{"metric", info.name}, {"unit", info.unit}, {"layer", curve.layer}, {"expert", curve.expert}};
    if (!curve.domain.is_null()) json["domain"] = curve.domain;
    json["steps"] = data.steps;
    if (data.raw()) {
        json["values"] = column(data.values, data.width, curve.element);
        return json;
    }
    json["last_steps"] = data.lastSteps;
    json["values"] = column(data.mean, data.width, curve.element);
    json["minimum"] = column(data.minimum, data.width, curve.element);
    json["maximum"] = column(data.maximum, data.width, curve.element);
    return json;
}

std::string readable(const Json& json) {
    std::string text = "# " + json["metric"].get<std::string>();
    for (const char* axis : {"layer", "expert", "domain"})
        if (json.contains(axis) && !json[axis].is_null()) text += std::string(" ") + axis + " " + (json[axis].is_string() ? json[axis].get<std::string>() : json[axis].dump());
    for (std::size_t i = 0; i < json["steps"].size(); ++i) text += "\n" + json["steps"][i].dump() + "\t" + json["values"][i].dump();
    return text;
}

int series(const Context& context, const Wanted& wanted) {
    const storage::Store store(context.storeFolder());
    storage::RunReader reader(store.runFolder(store.resolve(wanted.run)));
    const storage::RunFacts facts = reader.meta().facts;
    if (!wanted.domain.empty()) domainIndex(facts, wanted.domain);
    for (const std::string& metric : wanted.metrics) {
        const storage::SeriesData data = reader.series(metric, {.maxPoints = wanted.points});
        const storage::SeriesInfo info = *reader.findSeries(metric);
        const auto curves = curvesOf(info, wanted, facts);
        if (curves.empty()) throw base::Error(base::ExitCode::usage, "series.element", metric + " has no such layer or expert", wanted.run, "leave --layer and --expert out to see all");
        for (const Curve& curve : curves) {
            const Json json = curveJson(info, curve, data);
            context.result(json, context.json ? std::string() : readable(json));
        }
    }
    return 0;
}

}  // namespace

void addSeries(CLI::App& app, Context& context, Action& action) {
    auto* verb = app.add_subcommand("series", "The stored curves of a run, raw or as min, max and mean of buckets");
    verb->footer("Example: moescope-engine series last load effective_experts --layer 0 --json");
    auto wanted = std::make_shared<Wanted>();
    verb->add_option("run", wanted->run, "ULID, unique prefix, unique name, or last")->required();
    verb->add_option("metrics", wanted->metrics, "Names of metrics")->required();
    verb->add_option("--layer", wanted->layer, "Only this layer (counted from 0)")->check(CLI::NonNegativeNumber);
    verb->add_option("--expert", wanted->expert, "Only this expert (counted from 0)")->check(CLI::NonNegativeNumber);
    verb->add_option("--domain", wanted->domain, "Only this domain");
    verb->add_option("--points", wanted->points, "At most so many points (0 = all)")->check(CLI::NonNegativeNumber);
    verb->callback([=, &context, &action] { action = [=, &context] { return series(context, *wanted); }; });
}

}  // namespace moescope::app
