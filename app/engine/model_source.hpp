// MODEL of the command line: RUN or RUN@STEP, loaded for looking at it (never for training on).
#pragma once

#include <memory>
#include <string>

#include "app/engine/context.hpp"
#include "core/base/error.hpp"
#include "core/data/corpus.hpp"
#include "core/training/trainer.hpp"

namespace moescope::app {

struct CheckpointWish {
    std::string run;         ///< as written
    std::int64_t step = -1;  ///< -1 = the newest
};
/// "last@400" in its two parts. Throws base::Error (2) where the step is no number.
CheckpointWish parseModel(const std::string& model);

/// "There is no checkpoint of step ..." (exit 5), with the nearest earlier one.
base::Error noCheckpoint(const std::string& run, std::int64_t step, std::int64_t nearest);

struct LoadedModel {
    std::string run;   ///< ULID
    std::string name;
    std::shared_ptr<const data::Corpus> corpus;
    std::unique_ptr<training::Trainer> trainer;
};

/// Loads the newest good checkpoint, or that of `@STEP`. Throws base::Error: unknown run (2), no such checkpoint (5),
/// data or device gone (3, 8).
LoadedModel loadModel(const Context& context, const std::string& model);

/// The model layers the user means: one given (must have experts), or all with experts (`layer` < 0).
std::vector<std::int64_t> layersOf(const config::RunConfig& config, std::int64_t layer);

}  // namespace moescope::app
