// Puts a session's parts together.
#include "app/engine/launch.hpp"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <filesystem>

#include "app/engine/adopt_weights.hpp"
#include "app/engine/run_options.hpp"
#include "app/engine/session.hpp"
#include "app/engine/teacher.hpp"
#include "app/shared/control_address.hpp"
#include "core/base/error.hpp"
#include "core/config/config_json.hpp"
#include "core/config/derived.hpp"
#include "core/config/distillation.hpp"
#include "core/config/validate.hpp"
#include "core/routing/mechanisms.hpp"
#include "core/training/devices.hpp"
#include "storage/run_reader.hpp"

namespace moescope::app {
namespace {

namespace fs = std::filesystem;
using training::Trainer;

struct Machine {
    std::string device;
    std::shared_ptr<const data::Corpus> corpus;
    std::unique_ptr<Trainer> trainer;
};

/// Device, data and model; on problems `trainer` is empty.
Machine prepare(const Context& context, const config::RunConfig& config, base::Problems& problems) {
    Machine machine;
    machine.device = training::resolveDevice(config.training.device, problems);
    if (!problems.empty()) return machine;
    training::prepareThread(config.training.threads, config.training.deterministic);
    machine.corpus = data::openCorpus(config, tokenCache(context), problems);
    if (!machine.corpus) return machine;
    machine.trainer = Trainer::create(config, machine.corpus, machine.device, problems);
    return machine;
}

std::string deviceName(const std::string& id) {
    for (const training::DeviceInfo& device : training::listDevices())
        if (device.id == id) return device.name;
    return id;
}

storage::RunFacts factsOf(const Machine& machine, const config::RunConfig& config) {
    storage::RunFacts facts;
    facts.domains = machine.corpus->domains();
    for (const data::DomainFacts& domain : machine.corpus->facts().domains)
        facts.domainFloors.push_back(domain.floor < 0 ? std::nan("") : domain.floor);
    for (std::int64_t id = 0; id < machine.corpus->vocabulary(); ++id) facts.vocabulary.push_back(machine.corpus->decode(static_cast<std::int32_t>(id)));
    for (const std::int64_t layer : config::moeLayers(config)) {
        facts.moeLayers.push_back(static_cast<std::int32_t>(layer));
        facts.experts = std::max(facts.experts, static_cast<std::int32_t>(config::moeShape(config, layer).experts));
        facts.slotsPerToken = std::max(facts.slotsPerToken, static_cast<std::int32_t>(config::moeShape(config, layer).topK));
    }
    facts.quantiles = config.telemetry.quantiles;
    const config::Cost cost = config::cost(config, machine.trainer->vocabulary());
    facts.paramsTotal = machine.trainer->parametersTotal();
    facts.paramsActive = cost.paramsActive;
    facts.flopsToken = cost.flopsToken;
    facts.deviceName = deviceName(machine.device);
    facts.moreJson = Json{{"corpus", machine.corpus->fingerprint()}, {"bytes_per_token", machine.corpus->bytesPerToken()},
                          {"mark", config::couplingMark(config)}, {"steps", config.training.steps}, {"curves", routing::ownCurves(config)}, {"commands", Json::array()}}.dump();
    return facts;
}

Context ackContext() {
    Context context;
    context.json = true;
    return context;
}

storage::SinkOptions sinkOptions(const Context& context, const storage::Store& store, std::atomic<bool>& stalled, bool ack) {
    storage::SinkOptions options;
    if (ack) options.onCommit = [](std::int64_t step) { ackContext().result(Json{{"event", "ack"}, {"step", step}}, {}); };
    options.onHealth = [&stalled, &context](storage::SinkHealth health, const std::string& text) {
        stalled = health == storage::SinkHealth::retrying;
        if (health != storage::SinkHealth::good) context.say("store: " + text);
    };
    options.onDiskFull = [&store] { store.releaseBallast(); };
    return options;
}

void sayStart(const Context& context, const std::string& run, const std::string& name, const Machine& machine, const config::RunConfig& config) {
    context.result({{"event", "started"}, {"run", run}, {"name", name}, {"device", machine.device}, {"config", Json::parse(config::toJson(config, -1))}}, {});
    const config::Cost cost = config::cost(config, machine.trainer->vocabulary());
    context.say("run " + run + " \"" + name + "\" on " + deviceName(machine.device) + ": " + shortNumber(static_cast<double>(cost.paramsTotal)) +
                " parameters, " + shortNumber(static_cast<double>(cost.paramsActive)) + " active, " + std::to_string(config.training.steps) + " steps");
    if (const std::string mark = config::couplingMark(config); !mark.empty()) context.say("note: this router is " + mark);
}

/// Runs the session on an opened run; the writer already knows where it starts.
int runSession(const Context& context, const storage::Store& store, const std::string& run, storage::RunWriter writer, Machine& machine,
               storage::RunFacts facts, CommandLog commands, std::vector<storage::CheckpointRow> rows, const std::string& stateJson, bool ack,
               bool resumed, bool hold = false, const Origin& origin = {}) {
    std::atomic<bool> stalled{false};
    const fs::path folder = writer.runFolder();
    ControlServer control(controlSocket(run));
    storage::StoreSink sink(std::move(writer), sinkOptions(context, store, stalled, ack));
    CheckpointKeeper keeper(folder, machine.trainer->config().training.keep_checkpoints, std::move(rows));
    try {
        Session session({context, run, *machine.trainer, *machine.corpus, sink, facts, keeper, control, commands, stalled,
                         Session::scriptAppliedIn(stateJson), resumed, resumed ? Session::patienceIn(stateJson) : training::Patience{}, hold, origin});
        const int exit = session.run();
        sink.close();
        return exit;
    } catch (const std::exception& error) {
        try {
            if (sink.health() != storage::SinkHealth::good) sink.giveUp();
            const std::string text = std::string("The engine ended: ") + error.what();
            sink.event({machine.trainer->stepsDone(), telemetry::Severity::error, "run.failed", text, "{}"});
            sink.transact([&](storage::RunWriter& w) { w.setState(storage::RunState::failed, text); });
            sink.close();
        } catch (const std::exception& second) {
            context.say(std::string("store: ") + second.what());
        }
        throw;
    }
}

std::string routerId(const config::RunConfig& config) {
    const std::size_t plus = config.preset.rfind('+');
    return plus == std::string::npos ? config.router.select : config.preset.substr(plus + 1);
}

storage::NewRun newRunOf(const NewTraining& wanted) {
    storage::NewRun run;
    run.name = wanted.name;
    run.preset = wanted.config.preset;
    run.router = wanted.config.moe.experts == 0 ? "dense" : routerId(wanted.config);
    run.configJson = config::toJson(wanted.config, -1);
    run.parent = wanted.parent;
    run.parentStep = std::max<std::int64_t>(0, wanted.parentStep);
    run.group = wanted.group;
    run.tags = wanted.tags;
    return run;
}

storage::RunWriter openWriter(const storage::Store& store, const std::string& run) {
    return storage::RunWriter(storage::RunLock::acquire(store.runFolder(run), controlSocket(run).string()));
}

std::string nameOf(const storage::Store& store, const std::string& run) { return storage::RunReader(store.runFolder(run)).meta().name; }

/// What live commands had made of the settings when the checkpoint was saved.
void adoptLive(config::RunConfig& config, const checkpoint::LoadedCheckpoint& saved) {
    const Json state = Json::parse(saved.stateJson, nullptr, false);
    if (!state.is_object() || !state.contains("progress")) return;  // restore() says what is wrong with it
    const Json live = state["progress"].value("live", Json::object());
    for (const auto& [key, value] : live.items())
        if (value.is_string()) config::applySetting(config, key, value.get<std::string>());
}

std::optional<std::string> liveKey(const std::string& set) {
    const auto key = config::canonicalKey(set.substr(0, set.find('=')));
    if (!key) return std::nullopt;
    for (const config::SettingInfo& setting : config::listSettings())
        if (setting.key == *key && setting.live) return key;
    return std::nullopt;
}

/// The parent's checkpoint; `wanted` becomes its configuration there with the changes on top.
ChosenCheckpoint adoptParent(const Context& context, const storage::Store& store, NewTraining& wanted, base::Problems& problems) {
    const fs::path parent = store.runFolder(wanted.parent);
    ChosenCheckpoint chosen = choose(parent, storage::RunReader(parent).checkpoints(), wanted.parentStep);
    for (const std::string& complaint : chosen.complaints) context.say("warning: " + complaint);
    wanted.parentStep = chosen.loaded.info.step;
    adoptLive(wanted.config, chosen.loaded);
    const auto changesK = [](const std::string& set) { return liveKey(set) == "moe.top_k"; };
    const bool hasDenseLayers = static_cast<std::int64_t>(config::moeLayers(wanted.config).size()) < wanted.config.model.layers;
    if (hasDenseLayers && std::ranges::any_of(wanted.sets, changesK)) wanted.config.model.ffn_width = config::denseWidth(wanted.config);
    problems = applySets(wanted.sets, wanted.config);
    return chosen;
}

/// Restores the checkpoint, then sets once more what it brought back but the fork changes.
base::Problems restoreFork(Trainer& trainer, const ChosenCheckpoint& chosen, const NewTraining& wanted) {
    trainer.restore(chosen.loaded);
    for (const std::string& set : wanted.sets) {
        const auto key = liveKey(set);
        if (!key) continue;
        config::Command command;
        const Json line{{"command", "set"}, {"key", *key}, {"value", Json::parse(*config::settingJson(wanted.config, *key))}};
        base::Problems problems = config::parseCommand(line.dump(), command);
        telemetry::Event change;
        if (problems.empty()) problems = trainer.apply(command, change);
        if (!problems.empty()) return problems;
    }
    return {};
}

/// A checkpoint of a later step than the newest stored value: the log beside run.db went, and what was only in it.
void tellLostLog(const Context& context, storage::RunWriter& writer, const Trainer& trainer) {
    const std::int64_t step = trainer.stepsDone(), last = std::max<std::int64_t>(0, writer.lastStep()), every = trainer.config().telemetry.report_every;
    if (every == 0 || last + every > step) return;
    const std::string text = "The curves end at step " + std::to_string(last) + " and the checkpoint is of step " + std::to_string(step) +
                             ": the log run.db-wal was deleted or lost. Training goes on from the checkpoint; the steps between have no curves.";
    writer.append(telemetry::Event{step, telemetry::Severity::warning, "db.wal_lost", text, "{}"});
    context.say("warning: " + text);
}

std::uint64_t checkpointBytes(const Machine& machine) { return static_cast<std::uint64_t>(machine.trainer->parametersTotal()) * 12; }

storage::SpaceRule spaceRule(const Machine& machine, const std::optional<Teacher>& teacher) {
    storage::SpaceRule rule{.checkpointBytes = checkpointBytes(machine)};
    if (teacher) rule.reserveBytes += copyBytes(*teacher);
    return rule;
}

std::string withFact(const std::string& moreJson, const char* name, const Json& value) {
    Json more = Json::parse(moreJson);
    more[name] = value;
    return more.dump();
}

/// Fixes in the settings which weights teach, so that a resume finds the same.
void settleTeacher(NewTraining& wanted, const Teacher& teacher) {
    wanted.config.distillation.teacher = teacher.label();
    if (wanted.parentStep < 0 && wanted.parent == teacher.run) wanted.parentStep = teacher.step();
}

/// What the new run begins with besides chance, put into its trainer.
Origin begin(const Context& context, const NewTraining& wanted, const std::optional<Teacher>& teacher, bool restored, Trainer& trainer) {
    Origin origin;
    if (wanted.firstWeights) origin.converted = wanted.firstWeights(trainer);
    if (!teacher) return origin;
    origin.teacher = "Learns from " + describe(*teacher) + ".";
    if (trainer.config().distillation.copy && !restored && !wanted.firstWeights) origin.teacher += " " + copyFromTeacher(context, *teacher, trainer);
    return origin;
}

}  // namespace

std::string tokenCache(const Context& context) { return (context.storeFolder() / "tokens").string(); }

config::RunConfig storedConfig(const storage::Store& store, const std::string& ulid) {
    config::RunConfig config;
    const storage::RunMeta meta = storage::RunReader(store.runFolder(ulid)).meta();
    const base::Problems problems = config::applyJson(config, meta.configJson);
    config.preset = meta.preset;
    if (problems.empty()) return config;
    throw base::Error(base::ExitCode::newerSchema, "run.config", problems.front().key + ": " + problems.front().text, ulid,
                      "this run was made by another version of MoEScope; use that one to train it");
}

int trainNew(const Context& context, NewTraining wanted) {
    base::Problems problems;
    std::optional<ChosenCheckpoint> start;
    if (wanted.parentStep >= 0 && !wanted.firstWeights) start.emplace(adoptParent(context, storage::Store(context.storeFolder()), wanted, problems));
    if (problems.empty()) problems = config::validate(wanted.config);
    if (!problems.empty()) return report(context, problems);
    const storage::Store store(context.storeFolder());
    const std::optional<Teacher> teacher = config::hasTeacher(wanted.config) ? findTeacher(context, store, wanted.config, wanted.parent, problems) : std::optional<Teacher>();
    if (!problems.empty()) return report(context, problems);
    if (teacher) settleTeacher(wanted, *teacher);
    Machine machine = prepare(context, wanted.config, problems);
    if (machine.trainer && teacher) problems = teach(*teacher, *machine.corpus, *machine.trainer);
    if (problems.empty() && start) problems = restoreFork(*machine.trainer, *start, wanted);
    if (!problems.empty()) return report(context, problems);
    const Origin origin = begin(context, wanted, teacher, start.has_value(), *machine.trainer);
    const std::string stateJson = start ? start->loaded.stateJson : "{}";
    store.requireSpace(spaceRule(machine, teacher));
    const std::string run = store.newRun(newRunOf(wanted));
    if (wanted.onStarted) wanted.onStarted(run);
    store.makeBallast();
    storage::RunWriter writer = openWriter(store, run);
    storage::RunFacts facts = factsOf(machine, wanted.config);
    if (teacher) facts.moreJson = withFact(facts.moreJson, "teacher", keepTeacher(*teacher, writer.runFolder()));
    writer.startAttempt(machine.trainer->stepsDone(), training::environmentJson());
    writer.setFacts(facts);
    writer.compact();  // what names layers and domains is in run.db itself, whatever becomes of its log
    sayStart(context, run, nameOf(store, run), machine, wanted.config);
    return runSession(context, store, run, std::move(writer), machine, facts, CommandLog(), {}, stateJson, wanted.ack, false, false, origin);
}

int resume(const Context& context, const Resumption& wanted) {
    const storage::Store store(context.storeFolder());
    config::RunConfig config = storedConfig(store, wanted.run);
    storage::RunWriter writer = openWriter(store, wanted.run);
    std::vector<storage::CheckpointRow> rows = storage::RunReader(store.runFolder(wanted.run)).checkpoints();
    reconcile(writer, rows);
    ChosenCheckpoint chosen = choose(writer.runFolder(), rows, wanted.from);
    const storage::RunFacts stored = writer.meta().facts;
    const Json more = Json::parse(stored.moreJson);
    config::RunConfig longer = config;
    longer.training.steps = more.value("steps", config.training.steps);
    base::Problems problems = applySets(wanted.sets, longer);
    config::extendSteps(config, longer.training.steps);
    if (!context.device.empty()) config.training.device = context.device;
    if (context.threads >= 0) config.training.threads = context.threads;
    if (problems.empty()) problems = config::validate(config);
    if (!problems.empty()) return report(context, problems);
    Machine machine = prepare(context, config, problems);
    if (!machine.trainer) return report(context, problems);
    if (more.contains("corpus") && more["corpus"] != machine.corpus->fingerprint())
        throw base::Error(base::ExitCode::badInput, "data.changed", "the text is not the one this run was trained on", config.data.source,
                          "put the original text back, or start a new run on this one");
    if (config::hasTeacher(config)) problems = teach(keptTeacher(writer.runFolder(), more), *machine.corpus, *machine.trainer);
    if (!problems.empty()) return report(context, problems);
    machine.trainer->restore(chosen.loaded);
    CommandLog commands(more.value("commands", Json::array()).dump(), Session::commandsAppliedIn(chosen.loaded.stateJson));
    if (!wanted.replay) {
        commands.dropPending();
        abandonAfter(writer, rows, machine.trainer->stepsDone());
    }
    writer.startAttempt(machine.trainer->stepsDone(), training::environmentJson());
    const bool unknown = stored.vocabulary.empty();
    storage::RunFacts facts = unknown ? factsOf(machine, config) : stored;
    Json kept = unknown ? Json::parse(facts.moreJson) : more;
    kept["steps"] = config.training.steps;
    kept["curves"] = routing::ownCurves(config);
    kept["commands"] = Json::parse(commands.json());
    facts.moreJson = kept.dump();
    writer.setFacts(facts);
    tellLostLog(context, writer, *machine.trainer);
    for (const std::int64_t step : chosen.bad) writer.markCheckpoint(step, "bad");
    for (const std::string& complaint : chosen.complaints) {
        writer.append(telemetry::Event{machine.trainer->stepsDone(), telemetry::Severity::warning, "ckpt.bad", complaint, "{}"});
        context.say("warning: " + complaint);
    }
    writer.compact();
    std::erase_if(rows, [&](const auto& row) { return std::find(chosen.bad.begin(), chosen.bad.end(), row.step) != chosen.bad.end(); });
    sayStart(context, wanted.run, nameOf(store, wanted.run), machine, config);
    return runSession(context, store, wanted.run, std::move(writer), machine, facts, std::move(commands), std::move(rows),
                      chosen.loaded.stateJson, wanted.ack, true, wanted.hold);
}

}  // namespace moescope::app
