// distill: a new run that learns from the predictions of a trained mixture: the same with fewer layers, or a dense one.
#include <CLI/CLI.hpp>

#include "app/engine/launch.hpp"
#include "app/engine/model_source.hpp"
#include "app/engine/run_options.hpp"
#include "app/engine/verbs.hpp"
#include "core/config/distillation.hpp"
#include "storage/run_reader.hpp"

namespace moescope::app {
namespace {

struct DistillOptions {
    std::string model, preset = "mos", name, group;
    std::vector<std::string> sets, tags;
    std::int64_t steps = 0, layers = 0;
    bool ack = false;
};

int distill(const Context& context, const DistillOptions& options) {
    const storage::Store store(context.storeFolder());
    NewTraining wanted;
    wanted.parent = store.resolve(parseModel(options.model).run);
    const config::RunConfig teacher = storedConfig(store, wanted.parent);
    base::Problems problems = config::studentConfig(teacher, options.preset, options.layers, wanted.config);
    if (!problems.empty()) return report(context, problems);
    wanted.config.distillation.teacher = options.model;
    if (!context.device.empty()) wanted.config.training.device = context.device;
    if (context.threads >= 0) wanted.config.training.threads = context.threads;
    if (options.steps > 0) wanted.config.training.steps = options.steps;
    problems = applySets(options.sets, wanted.config);
    if (!problems.empty()) return report(context, problems);
    const std::string name = storage::RunReader(store.runFolder(wanted.parent)).meta().name;
    wanted.name = !options.name.empty() ? options.name : name + (options.preset == "mos" ? " distilled" : " distilled to dense");
    wanted.group = options.group;
    wanted.tags = options.tags;
    wanted.ack = options.ack;
    return trainNew(context, std::move(wanted));
}

}  // namespace

void addDistill(CLI::App& app, Context& context, Action& action) {
    auto* verb = app.add_subcommand("distill", "Train a student of a trained mixture: the same with fewer layers, or a dense model");
    verb->footer("loss = truth CE + beta tau^2 KL(softmax(teacher / tau) || softmax(student / tau)), by distillation.truth, .beta and .temperature, until\n"
                 "distillation.until of the steps. The student is a child of its teacher and keeps a copy of its weights.\n"
                 "Example: moescope-engine distill last --preset mos --layers 3 --set distillation.until=0.5");
    auto options = std::make_shared<DistillOptions>();
    verb->add_option("run", options->model, "RUN or RUN@STEP: the teacher")->required();
    verb->add_option("--preset", options->preset, "mos: the same mixture with fewer layers; moe_to_dense: its dense twin, from the teacher's weights beside the experts")->check(CLI::IsMember({"mos", "moe_to_dense"}));
    verb->add_option("--layers", options->layers, "Layers of the student (mos: seven eighths of the teacher's, at least one fewer)")->check(CLI::PositiveNumber);
    verb->add_option("--set", options->sets, "Change one setting of the student")->type_name("KEY=VALUE")->take_all();
    verb->add_option("--steps", options->steps, "Steps of the student (default: as many as its teacher)")->check(CLI::PositiveNumber);
    verb->add_option("--name", options->name, "Name of the student");
    verb->add_option("--group", options->group, "Group of the student");
    verb->add_option("--tag", options->tags, "Tag of the student")->take_all();
    verb->add_flag("--ack", options->ack, "Say which step is safe on disk after each commit");
    verb->callback([=, &context, &action] { action = [=, &context] { return distill(context, *options); }; });
}

}  // namespace moescope::app
