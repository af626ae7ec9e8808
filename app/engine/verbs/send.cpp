// send: a command to a running engine.
#include <CLI/CLI.hpp>

#include "app/engine/verbs.hpp"
#include "app/shared/control_client.hpp"
#include "core/base/error.hpp"
#include "core/config/commands.hpp"
#include "storage/run_lock.hpp"
#include "storage/store.hpp"

namespace moescope::app {
namespace {

Json argument(const std::string& text) {
    const Json value = Json::parse(text, nullptr, false);
    return value.is_discarded() ? Json(text) : value;
}

base::Problems parseArguments(const std::vector<std::string>& arguments, Json& command) {
    base::Problems problems;
    for (const std::string& text : arguments) {
        const std::size_t equals = text.find('=');
        if (equals == std::string::npos)
            problems.push_back({text, "arguments are KEY=VALUE, for instance key=balance.coefficient value=0.05"});
        else
            command[text.substr(0, equals)] = argument(text.substr(equals + 1));
    }
    return problems;
}

int send(const Context& context, const std::string& run, const std::string& verb, const std::vector<std::string>& arguments) {
    Json command{{"command", verb}};
    if (const base::Problems problems = parseArguments(arguments, command); !problems.empty()) return report(context, problems);
    storage::Store store(context.storeFolder());
    const std::string ulid = store.resolve(run);
    const auto holder = storage::probeRunning(store.runFolder(ulid));
    if (!holder)
        throw base::Error(base::ExitCode::usage, "run.not_running", "the run is not running", run,
                          "resume it first: moescope-engine resume " + run);
    const Json answer = Json::parse(sendCommand(holder->socketPath, command.dump()));
    context.result(answer, answer.value("ok", false) ? "applied at step " + answer["applied_at_step"].dump() : answer["problems"].dump(2));
    return answer.value("ok", false) ? 0 : 2;
}

/// Every command with an example and what it does, for --help.
std::string commandsText() {
    std::string text = "Commands:\n";
    for (const config::CommandInfo& command : config::listCommands())
        text += "  " + std::string(command.example) + "\n      " + std::string(command.help) + "\n";
    return text + "Example: moescope-engine send last set key=balance.coefficient value=0.05";
}

}  // namespace

void addSend(CLI::App& app, Context& context, Action& action) {
    auto* verb = app.add_subcommand("send", "Send a command to a running engine: how it goes on, a live setting, an intervention on router or experts");
    verb->footer(commandsText());
    auto run = std::make_shared<std::string>();
    auto command = std::make_shared<std::string>();
    auto arguments = std::make_shared<std::vector<std::string>>();
    verb->add_option("run", *run, "ULID, unique prefix, unique name, or last")->required();
    verb->add_option("command", *command, "What to do")->required();
    verb->add_option("arguments", *arguments, "KEY=VALUE ...");
    verb->callback([=, &context, &action] { action = [=, &context] { return send(context, *run, *command, *arguments); }; });
}

}  // namespace moescope::app
