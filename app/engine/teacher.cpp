// Where a teacher's weights come from and go to.
#include "app/engine/teacher.hpp"

#include <algorithm>

#include "app/engine/checkpoint_keeper.hpp"
#include "app/engine/launch.hpp"
#include "app/engine/model_source.hpp"
#include "core/base/error.hpp"
#include "core/config/config_json.hpp"
#include "core/config/derived.hpp"
#include "core/config/distillation.hpp"
#include "storage/run_reader.hpp"

namespace moescope::app {
namespace {

namespace fs = std::filesystem;
using checkpoint::NamedTensor;

constexpr std::string_view kGenerator = "generator.cpu";

fs::path placeOf(const fs::path& runFolder) { return runFolder / "teacher"; }

Teacher fromStore(const Context& context, const storage::Store& store, const std::string& wanted) {
    const CheckpointWish wish = parseModel(wanted);
    const std::string run = store.resolve(wish.run);
    const fs::path folder = store.runFolder(run);
    storage::RunReader reader(folder);
    ChosenCheckpoint chosen = choose(folder, reader.checkpoints(), wish.step);
    if (wish.step >= 0 && chosen.loaded.info.step != wish.step) throw noCheckpoint(run, wish.step, chosen.loaded.info.step);
    for (const std::string& complaint : chosen.complaints) context.say("warning: the teacher: " + complaint);
    const storage::RunMeta meta = reader.meta();
    return {run, meta.name, storedConfig(store, run), meta.facts.vocabulary, meta.facts.domains, std::move(chosen.loaded)};
}

/// What the parent's folder keeps, where it is what is asked for.
std::optional<Teacher> fromParent(const storage::Store& store, const std::string& wanted, const std::string& parent) {
    if (parent.empty()) return std::nullopt;
    const Json facts = Json::parse(storage::RunReader(store.runFolder(parent)).meta().facts.moreJson, nullptr, false);
    if (!facts.is_object() || !facts.contains("teacher") || facts["teacher"].value("label", "") != wanted) return std::nullopt;
    return keptTeacher(store.runFolder(parent), facts);
}

/// The tensors of both files but the random generator, and the memory they lie in.
struct Copy {
    std::vector<std::vector<std::byte>> bytes;
    std::vector<NamedTensor> tensors;
    explicit Copy(const checkpoint::SafetensorsFile& file) {
        for (const checkpoint::TensorInfo& info : file.tensors()) {
            if (info.name == kGenerator) continue;
            bytes.emplace_back(info.bytes());
            file.read(info, bytes.back());
            tensors.push_back({info.name, info.dtype, info.shape, bytes.back()});
        }
    }
};

std::string stateOf(const Teacher& teacher) {
    const Json saved = Json::parse(teacher.saved.stateJson, nullptr, false);
    if (!saved.is_object() || !saved.contains("progress"))
        throw base::Error(base::ExitCode::corrupt, "ckpt.state", "the teacher's state.json is not a trainer's state", teacher.label(), "name another teacher or checkpoint");
    return Json{{"format", 1}, {"min_reader", 1}, {"run", teacher.run}, {"name", teacher.name}, {"step", teacher.step()}, {"config", Json::parse(config::toJson(teacher.config, -1))},
                {"progress", saved["progress"]}, {"vocabulary", teacher.vocabulary}, {"domains", teacher.domains}}
        .dump();
}

Teacher parsed(checkpoint::LoadedCheckpoint saved) {
    const Json state = Json::parse(saved.stateJson);
    config::RunConfig config;
    if (const base::Problems problems = config::applyJson(config, state.at("config").dump()); !problems.empty())
        throw base::Error(base::ExitCode::newerSchema, "teacher.config", problems.front().key + ": " + problems.front().text, "teacher", "this run was made by another version of MoEScope; use that one to train it");
    return {state.at("run"), state.at("name"), std::move(config), state.at("vocabulary"), state.at("domains"), std::move(saved)};
}

base::Error damaged(const fs::path& place, const std::string& what) {
    return {base::ExitCode::corrupt, "teacher.bad", "the copy of the teacher in the run's folder " + what, place.string(),
            "put it back from a copy of the run, or fork the run with --set distillation.teacher=RUN, or with an empty one to go on without; its checkpoints are untouched"};
}

std::string quoted(const Teacher& teacher) { return "\"" + teacher.name + "\""; }

std::int64_t outputs(const config::RunConfig& config, std::size_t vocabulary) { return config.model.vocabulary > 0 ? config.model.vocabulary : static_cast<std::int64_t>(vocabulary); }

std::vector<std::string> vocabularyOf(const data::Corpus& corpus) {
    std::vector<std::string> all;
    for (std::int64_t id = 0; id < corpus.vocabulary(); ++id) all.push_back(corpus.decode(static_cast<std::int32_t>(id)));
    return all;
}

std::string tokensText(const config::RunConfig& config, std::size_t count) { return std::to_string(count) + " tokens (" + config.data.tokens + " of " + config.data.source + ")"; }

base::Problems misfits(const Teacher& teacher, const config::RunConfig& student, const data::Corpus& corpus) {
    const char* key = "distillation.teacher";
    const std::string name = quoted(teacher);
    if (config::isPlane(teacher.config)) return {{key, name + " is a mixture on the plane; only a language model can be a teacher. Name another run."}};
    base::Problems problems;
    const std::vector<std::string> tokens = vocabularyOf(corpus);
    if (teacher.config.data.tokens != student.data.tokens || teacher.vocabulary != tokens || outputs(teacher.config, tokens.size()) != outputs(student, tokens.size()))
        problems.push_back({key, "The teacher " + name + " has " + tokensText(teacher.config, teacher.vocabulary.size()) + ", this run " + tokensText(student, tokens.size()) +
                                     "; both must have the same ones. Train on the teacher's data (start with: moescope-engine distill " + teacher.run + "), or name a teacher of this data."});
    if (teacher.config.model.context != student.model.context)
        problems.push_back({key, "The teacher " + name + " has a context of " + std::to_string(teacher.config.model.context) + " tokens, this run of " + std::to_string(student.model.context) +
                                     "; both must be equal. Set model.context=" + std::to_string(teacher.config.model.context) + ", or name another teacher."});
    if (teacher.config.router.net == "domain_hash" && teacher.config.moe.experts > 0 && teacher.domains != corpus.domains())
        problems.push_back({key, "The teacher " + name + " chooses its experts by domain, and this data has other domains. Train on the teacher's data, or name another teacher."});
    return problems;
}

}  // namespace

std::optional<Teacher> findTeacher(const Context& context, const storage::Store& store, const config::RunConfig& config, const std::string& parent, base::Problems& problems) {
    const std::string& wanted = config.distillation.teacher;
    try {
        if (std::optional<Teacher> kept = fromParent(store, wanted, parent)) return kept;
        return fromStore(context, store, wanted);
    } catch (const base::Error& error) {
        if (error.exit() != base::ExitCode::usage) throw base::Error(error.exit(), error.code(), "the teacher cannot be read: " + error.happened(), error.where(), error.advice());
        problems.push_back({"distillation.teacher", "The teacher is not there: " + error.happened() + "; " + error.advice() + "."});
        return std::nullopt;
    }
}

base::Problems teach(const Teacher& teacher, const data::Corpus& corpus, training::Trainer& student) {
    base::Problems problems = misfits(teacher, student.config(), corpus);
    if (problems.empty()) student.teach(teacher.config, teacher.saved);
    return problems;
}

std::uint64_t copyBytes(const Teacher& teacher) {
    std::uint64_t bytes = 0;
    for (const auto* file : {&teacher.saved.model, &teacher.saved.state})
        for (const checkpoint::TensorInfo& info : file->tensors()) bytes += info.bytes();
    return bytes;
}

Json keepTeacher(const Teacher& teacher, const fs::path& runFolder) {
    const Copy model(teacher.saved.model), state(teacher.saved.state);
    checkpoint::CheckpointContents contents;
    contents.model = model.tensors;
    contents.state = state.tensors;
    contents.stateJson = stateOf(teacher);
    contents.metadata = teacher.saved.model.metadata();
    fs::create_directories(placeOf(runFolder));
    const checkpoint::SavedCheckpoint saved = checkpoint::save(*checkpoint::checkpointFiles(), placeOf(runFolder), teacher.step(), contents);
    return {{"label", teacher.label()}, {"name", teacher.name}, {"folder", saved.folder}, {"manifest", base::hex(saved.manifestHash)}};
}

Teacher keptTeacher(const fs::path& runFolder, const Json& facts) {
    const fs::path place = placeOf(runFolder);
    if (!facts.contains("teacher")) throw damaged(place, "is not entered in the run");
    const Json& kept = facts["teacher"];
    const auto expected = base::parseHash128(kept.value("manifest", ""));
    const fs::path folder = place / kept.value("folder", "");
    std::error_code ignored;
    if (!expected || !fs::is_directory(folder, ignored)) throw damaged(folder, "is missing");
    try {
        return parsed(checkpoint::load(folder, expected));
    } catch (const base::Error& error) {
        if (error.exit() != base::ExitCode::corrupt) throw;
        throw damaged(folder, "is damaged (" + error.happened() + ": " + error.where() + ")");
    }
}

std::string describe(const Teacher& teacher) {
    const auto layers = config::moeLayers(teacher.config);
    const std::string experts = layers.empty() ? "dense" : std::to_string(config::moeShape(teacher.config, layers.front()).experts) + " experts";
    return quoted(teacher) + " at step " + std::to_string(teacher.step()) + ", " + std::to_string(teacher.config.model.layers) + (teacher.config.model.layers == 1 ? " layer, " : " layers, ") + experts;
}

}  // namespace moescope::app
