// The teacher of a run that distils: found in the store, checked against the student, kept as a copy in the student's folder.
//
// <run>/teacher/step-000000400/ is a checkpoint folder without an optimizer; its state.json holds the teacher's settings, interventions, tokens and
// domains. So a run depends on no other once it has started. The hash of its manifest is among the run's facts.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "app/engine/context.hpp"
#include "core/base/problem.hpp"
#include "core/checkpoint/checkpoint_folder.hpp"
#include "core/config/run_config.hpp"
#include "core/data/corpus.hpp"
#include "core/training/trainer.hpp"
#include "storage/store.hpp"

namespace moescope::app {

struct Teacher {
    std::string run;    ///< ULID
    std::string name;
    config::RunConfig config;
    std::vector<std::string> vocabulary, domains;
    checkpoint::LoadedCheckpoint saved;

    std::int64_t step() const { return saved.info.step; }
    std::string label() const { return run + "@" + std::to_string(step()); }   ///< as distillation.teacher names it in a run
};

/// The run that `config.distillation.teacher` names; the copy that the folder of `parent` (ULID or empty) keeps under that very label goes first.
/// Nothing, and a problem, where no such run is there; throws base::Error (5) where none of its checkpoints is whole.
std::optional<Teacher> findTeacher(const Context& context, const storage::Store& store, const config::RunConfig& config, const std::string& parent, base::Problems& problems);

/// Gives the student its teacher; or says why it cannot learn from it (other tokens, context or domains) and changes nothing.
base::Problems teach(const Teacher& teacher, const data::Corpus& corpus, training::Trainer& student);

/// Bytes of the copy.
std::uint64_t copyBytes(const Teacher& teacher);

/// Copies it into the run's folder, durably; returns what belongs under "teacher" into the run's facts. Throws base::Error (6).
Json keepTeacher(const Teacher& teacher, const std::filesystem::path& runFolder);

/// The copy, every byte checked; `facts` as keepTeacher() returned them. Throws base::Error (5) saying how to go on without it.
Teacher keptTeacher(const std::filesystem::path& runFolder, const Json& facts);

/// "big" at step 400, 4 layers with 16 experts: one clause for people.
std::string describe(const Teacher& teacher);

}  // namespace moescope::app
