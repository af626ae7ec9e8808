// Rules of training, data, telemetry and script.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "core/base/error.hpp"
#include "core/base/numbers.hpp"
#include "core/base/utf8.hpp"
#include "core/config/derived.hpp"
#include "core/config/rules.hpp"
#include "core/config/validate.hpp"

namespace moescope::config::rules {
namespace {

using base::Problems;

bool isDevice(std::string_view device) {
    if (device == "auto" || device == "cpu" || device == "cuda") return true;
    if (!device.starts_with("cuda:")) return false;
    const auto index = base::toInt(device.substr(5));
    return index && *index >= 0 && *index < 128;
}

bool isCleanName(const std::string& name) {
    return name.size() <= 64 && base::isUtf8(name) &&
           std::ranges::none_of(name, [](unsigned char c) { return c < 0x20 || c == 0x7f; });
}

void checkDomains(const DataConfig& data, Problems& problems) {
    std::set<std::string> names;
    if (data.domains.size() > 64)
        return refuse(problems, "data.domains",
                      fmt::format("data.domains has {} domains; at most 64 can be told apart.", data.domains.size()));
    for (std::size_t i = 0; i < data.domains.size(); ++i) {
        const DomainConfig& domain = data.domains[i];
        const std::string key = fmt::format("data.domains.{}", i);
        if (domain.family.empty())
            refuse(problems, key,
                   fmt::format("{} has no family; name one, such as {{\"family\": \"arithmetic\"}}.", key));
        else if (!isCleanName(domain.name))
            refuse(problems, key, fmt::format("{} needs a name of at most 64 bytes without control characters.", key));
        else if (!domain.name.empty() && !names.insert(domain.name).second)
            refuse(problems, key,
                   fmt::format("Two domains are named \"{}\"; give each a name of its own.",
                               base::printable(domain.name)));
        if (!(domain.weight > 0 && domain.weight <= 1e6))
            refuse(problems, key,
                   fmt::format("{} has the weight {}; it must be above 0 and at most 1000000.", key,
                               base::toText(domain.weight)));
    }
    if (data.domains.empty())
        refuse(problems, "data.domains",
               "data.domains is empty; list at least one, for example [{\"family\": \"arithmetic\"}].");
}

}  // namespace

void checkTraining(const RunConfig& c, Problems& problems) {
    const TrainingConfig& t = c.training;
    if (t.patience > 0 && t.eval_every == 0)
        refuse(problems, "training.patience", "training.patience counts validations, but training.eval_every is 0; set it to 50, for example.");
    if (t.lr <= 0)
        refuse(problems, "training.lr",
               "training.lr is 0: nothing would be learned; use a rate above 0, such as 0.003.");
    if (!isDevice(t.device))
        refuse(problems, "training.device",
               fmt::format("training.device is \"{}\"; use auto, cpu, cuda or cuda:N.", base::printable(t.device, 60)));
    if (t.precision == "bf16" && t.device == "cpu")
        refuse(problems, "training.precision",
               "training.precision bf16 needs a GPU, but training.device is cpu; use float32, or device cuda.");
}

void checkData(const RunConfig& c, Problems& problems) {
    const DataConfig& d = c.data;
    if (d.source.empty())
        refuse(problems, "data.source",
               "data.source is empty: name the file or folder to train on, or use domains (generated) or random.");
    if (d.source == "random" && c.model.vocabulary == 0)
        refuse(problems, "model.vocabulary",
               "Random tokens bring no vocabulary of their own; set model.vocabulary, for example 512.");
    const auto characters = base::toInt(d.alternate);
    if (d.alternate != "document" && d.alternate != "sentence" &&
        !(characters && *characters >= 1 && *characters <= 1'000'000)) {
        refuse(problems, "data.alternate",
               fmt::format("data.alternate is \"{}\"; use document, sentence, or a number of characters from 1.",
                           base::printable(d.alternate, 60)));
    }
    if (d.source == "domains") checkDomains(d, problems);
}

void checkTelemetry(const RunConfig& c, Problems& problems) {
    const auto& q = c.telemetry.quantiles;
    const bool inside = std::ranges::all_of(q, [](double x) { return x > 0 && x < 1; });
    const bool rising = std::ranges::adjacent_find(q, std::greater_equal<>()) == q.end();
    if (q.size() > 32 || !inside || !rising)
        refuse(problems, "telemetry.quantiles",
               "telemetry.quantiles must be at most 32 rising numbers between 0 and 1, such as [0.05, 0.5, 0.95].");
}

void checkScript(const RunConfig& c, Problems& problems) {
    RunConfig now = c;  // as the commands before have changed it
    now.script.clear();
    for (std::size_t i = 0; i < c.script.size(); ++i) {
        const auto& [step, command] = c.script[i];
        const std::string key = fmt::format("script.{}", i);
        if (step < 0) refuse(problems, key, fmt::format("{} has step {}; steps count from 0.", key, step));
        if (i > 0 && step < c.script[i - 1].step)
            refuse(
                problems, key,
                fmt::format("{} has step {}, before the command above it; write the script in the order of its steps.",
                            key, step));
        if (command.verb == "rewind") refuse(problems, key, fmt::format("{}: a script that rewinds would come there again and again.", key));
        const Problems found = validate(now, command);
        for (const auto& problem : found)
            refuse(problems, key, fmt::format("{}: {}", key, problem.text));
        if (found.empty()) applyLive(now, command);
    }
}

}  // namespace moescope::config::rules
