// moescope-engine: trains mixture-of-experts models and answers questions about stored runs.
#include <CLI/CLI.hpp>

#include <unistd.h>

#include <filesystem>
#include <iostream>

#include "app/engine/error_json.hpp"
#include "app/engine/stop_signal.hpp"
#include "app/engine/verbs.hpp"
#include "core/base/error.hpp"
#include "core/base/fault.hpp"
#include "core/base/numbers.hpp"
#include "core/base/version.hpp"
#include "core/training/devices.hpp"
#include "storage/query_sql.hpp"

namespace {

using moescope::app::Action;
using moescope::app::AddVerb;
using moescope::app::Context;
using namespace moescope;

constexpr AddVerb kVerbs[] = {app::addTrain, app::addSweep, app::addConvert, app::addDistill, app::addExperiment, app::addSend, app::addRuns, app::addSeries, app::addCompare, app::addProbe, app::addMute, app::addEval,
                              app::addGenerate, app::addData, app::addRoute, app::addEstimate, app::addSettings, app::addRouters, app::addBench,
                              app::addVerify, app::addDigest, app::addExport, app::addQuery, app::addSelftest};

/// Everywhere: before the verb, or after it.
void addCommon(CLI::App& program, Context& context) {
    program.add_option("--store", context.store, "Folder of the runs")->type_name("DIR");
    program.add_flag("--json", context.json, "JSON lines on standard output");
    program.add_flag("--quiet", context.quiet, "No progress, no messages");
    program.add_option("--device", context.device, "auto, cpu or cuda[:N]");
    program.add_option("--threads", context.threads, "CPU threads")->check(CLI::Range(0, 1024));
}

std::string versionText() {
    const app::Json environment = app::Json::parse(training::environmentJson());
    const auto word = [&](const char* key) { return environment.value(key, std::string()); };
    return "moescope-engine " + std::string(base::version()) + " (" + std::string(base::commit()) + ")\nLibTorch " + word("libtorch") + ", CUDA " + word("cuda") +
           ", SQLite " + std::string(storage::sqliteVersion()) + ", CPU " + word("cpu_capability");
}

/// One line in the form of all errors. A first word that is no verb is named, with the verbs there are.
base::Error usageError(const CLI::App& program, const CLI::ParseError& error) {
    std::string where = "moescope-engine", verbs;
    for (const CLI::App* chosen = &program; !chosen->get_subcommands().empty();) {
        chosen = chosen->get_subcommands().front();
        where += " " + chosen->get_name();
    }
    const std::vector<std::string> left = program.remaining();
    if (!program.get_subcommands().empty() || left.empty())
        return {base::ExitCode::usage, "usage", base::printable(error.what(), 400), where, "see " + where + " --help"};
    for (const CLI::App* verb : program.get_subcommands({})) verbs += (verbs.empty() ? "" : ", ") + verb->get_name();
    return {base::ExitCode::usage, "usage", "there is no verb \"" + base::printable(left.front(), 60) + "\"", where, "take one of " + verbs};
}

/// The value of --threads, or 0; needed before the command line is parsed.
std::int64_t threadsGiven(int count, char** arguments) {
    for (int i = 1; i + 1 < count; ++i)
        if (std::string_view(arguments[i]) == "--threads") return base::toInt(arguments[i + 1]).value_or(0);
    return 0;
}

/// Some variables count only if they are there before LibTorch loads: start once more with them.
void restartWithEnvironment(char** arguments, std::int64_t threads) {
    if (std::getenv("MOESCOPE_ENVIRONMENT")) return;
    for (const std::string& variable : training::requiredEnvironment(threads)) {
        const std::size_t equals = variable.find('=');
        setenv(variable.substr(0, equals).c_str(), variable.substr(equals + 1).c_str(), 0);
    }
    setenv("MOESCOPE_ENVIRONMENT", "set", 1);
    execv(std::filesystem::read_symlink("/proc/self/exe").c_str(), arguments);
}

int fail(const Context& context, const base::Error& error) {
    if (context.json) context.result({{"error", app::errorJson(error)}}, {});
    std::cerr << error.line() << std::endl;
    return error.exitStatus();
}

int run(int count, char** arguments) {
    Context context;
    Action action;
    CLI::App program("MoEScope's engine: trains mixture-of-experts models on this machine and answers questions about stored runs.\nExit codes: 0 ok, 2 usage or configuration, 3 bad input file, 4 run locked, 5 damaged, 6 I/O, 7 newer schema, 8 device, 9 diverged, 10 stopped by signal.", "moescope-engine");
    program.set_version_flag("--version", versionText);
    program.require_subcommand(1);
    program.fallthrough();
    addCommon(program, context);
    for (const AddVerb add : kVerbs) add(program, context, action);
    try {
        program.parse(count, arguments);
    } catch (const CLI::ParseError& error) {
        if (error.get_exit_code() == 0) return program.exit(error);
        for (int i = 1; i < count; ++i) context.json = context.json || std::string_view(arguments[i]) == "--json";
        return fail(context, usageError(program, error));
    }
    try {
        return action();
    } catch (const base::Error& error) {
        return fail(context, error);
    } catch (const std::bad_alloc&) {
        return fail(context, {base::ExitCode::device, "memory", "not enough memory", "this machine", "use a smaller model or batch"});
    } catch (const std::exception& error) {
        const std::string text = error.what();
        return fail(context, {base::ExitCode::device, "engine.failed", base::printable(text.substr(0, text.find('\n')), 300), "this command", "please report it with the command line"});
    }
}

}  // namespace

int main(int count, char** arguments) {
    app::ignoreBrokenPipes();
    for (const base::Problem& problem : base::fault::environmentProblems()) {
        std::cerr << "error: fault: " << problem.key << ": " << problem.text << std::endl;
        return 2;
    }
    restartWithEnvironment(arguments, threadsGiven(count, arguments));
    return run(count, arguments);
}
