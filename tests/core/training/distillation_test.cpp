// Learning from a frozen teacher: the loss is its formula, the gradient that of the formula, and it ends and resumes to the bit.
#include "core/tensor.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "core/base/error.hpp"
#include "core/config/derived.hpp"
#include "core/config/distillation.hpp"
#include "core/training/batches.hpp"
#include "tests/core/training/saved.hpp"

namespace moescope::test {
namespace {

using Trained = std::unique_ptr<training::LiveTrainer>;
using Logits = std::vector<std::vector<double>>;

/// A trained mixture on disk.
struct SavedTeacher {
    explicit SavedTeacher(config::RunConfig c, int steps = 12, at::ScalarType type = at::kFloat) : config(std::move(c)), trainer(config, std::make_shared<Letters>(), "cpu", type) {
        for (int i = 0; i < steps; ++i) trainer.step();
        saved.emplace(throughDisk(trainer, folder));
    }
    Folder folder;
    config::RunConfig config;
    training::LiveTrainer trainer;
    std::optional<checkpoint::LoadedCheckpoint> saved;
};

config::RunConfig plain() {
    config::RunConfig c = lettersConfig();
    c.balance.kind = "none", c.balance.coefficient = 0;
    return c;
}

config::RunConfig studentOf(config::RunConfig c, double beta = 1, double temperature = 1, double truth = 1, double until = 1) {
    c.distillation = {"teacher@12", beta, temperature, truth, until, false};
    return c;
}

Trained student(const config::RunConfig& c, const SavedTeacher& teacher, at::ScalarType type = at::kFloat) {
    auto trainer = std::make_unique<training::LiveTrainer>(c, std::make_shared<Letters>(), "cpu", type);
    trainer->teach(teacher.config, *teacher.saved);
    return trainer;
}

Logits logitsOf(training::LiveTrainer& trainer, const data::Batch& batch, bool training) {
    const at::NoGradGuard guard;
    const auto specs = trainer.config().moe.experts > 0 ? routing::makeSpecs(trainer.config()) : std::vector<routing::RouterSpec>{};
    model::Pass pass;
    pass.training = training;
    pass.specs = specs;
    pass.draws = {static_cast<std::uint64_t>(trainer.config().training.seed), static_cast<std::uint64_t>(trainer.stepsDone()), 0};
    model::TokenBatch tokens = training::tokensOf(batch, at::kCPU);
    tokens.targets = at::Tensor();
    const at::Tensor logits = trainer.model().forward(tokens, pass).logits.to(at::kDouble).contiguous();
    Logits out;
    for (std::int64_t t = 0; t < logits.size(0); ++t) out.emplace_back(logits.const_data_ptr<double>() + 10 * t, logits.const_data_ptr<double>() + 10 * (t + 1));
    return out;
}

std::vector<double> logSoftmax(std::vector<double> z, double temperature = 1) {
    double sum = 0;
    for (double& v : z) sum += std::exp(v /= temperature);
    for (double& v : z) v -= std::log(sum);
    return z;
}

/// Mean over tokens of KL(softmax(teacher / tau) || softmax(student / tau)), in float64.
double klOf(const Logits& teacher, const Logits& student, double temperature) {
    double sum = 0;
    for (std::size_t t = 0; t < teacher.size(); ++t) {
        const auto p = logSoftmax(teacher[t], temperature), q = logSoftmax(student[t], temperature);
        for (std::size_t v = 0; v < p.size(); ++v) sum += std::exp(p[v]) * (p[v] - q[v]);
    }
    return sum / static_cast<double>(teacher.size());
}

double crossEntropyOf(const Logits& logits, const data::Batch& batch) {
    double sum = 0;
    for (std::size_t t = 0; t < logits.size(); ++t) sum -= logSoftmax(logits[t])[static_cast<std::size_t>(batch.targets[t])];
    return sum / static_cast<double>(logits.size());
}

double largestGradient(training::LiveTrainer& trainer) {
    double largest = 0;
    for (const model::Parameter& parameter : trainer.model().parameters())
        if (parameter.value.grad().defined()) largest = std::max(largest, parameter.value.grad().abs().max().item<double>());
    return largest;
}

TEST(Distillation, OfAStudentThatIsItsTeacherHasNoLossAndNoGradient) {
    const SavedTeacher teacher(plain());
    const Trained same = student(studentOf(plain(), 1, 1, 0), teacher), other = student(studentOf(plain(), 1, 1, 0), teacher);
    same->restore(*teacher.saved);
    const auto report = same->step().report;
    EXPECT_EQ(report->kdLoss, 0);
    EXPECT_LT(largestGradient(*same), 1e-7);
    EXPECT_GT(other->step().report->kdLoss, 0.1);  // a fresh one has both
    EXPECT_GT(largestGradient(*other), 1e-3);
}

TEST(Distillation, ReportsTheCrossEntropyAndTheDivergenceOfItsFormulaAndAddsItWeighed) {
    config::RunConfig noisy = plain();  // what a teacher does in training alone must not reach the student
    noisy.model.dropout = 0.3;
    noisy.router.noise = "logit_gauss_fixed", noisy.router.noise_scale = 3, noisy.router.noise_at_evaluation = true;
    const SavedTeacher teacher(noisy);
    config::RunConfig quiet = noisy;
    quiet.router.noise_at_evaluation = false;
    training::LiveTrainer frozen(quiet, std::make_shared<Letters>(), "cpu");
    frozen.restore(*teacher.saved);
    const double beta = 0.7, tau = 2.5;
    const Trained trainer = student(studentOf(plain(), beta, tau, 0.75), teacher);
    const data::Batch batch = Letters().training(0, 0, 4, 12);
    const Logits of = logitsOf(frozen, batch, false), by = logitsOf(*trainer, batch, true);
    const auto report = trainer->step().report;
    const double kl = klOf(of, by, tau);
    EXPECT_GT(kl, 0.01);
    EXPECT_NEAR(report->kdLoss, kl, 1e-6);
    EXPECT_NEAR(report->loss, crossEntropyOf(by, batch), 1e-6);
    EXPECT_NEAR(report->auxiliary, beta * tau * tau * kl, 1e-5);
}

TEST(Distillation, HasTheGradientOfItsObjectiveByFiniteDifferences) {
    config::RunConfig c = plain();
    c.moe.experts = 0;  // a dense student in float64, so that differences are small enough to trust
    c.model.ffn_width = 12;
    c.training.accumulate = 2;
    c.training.clip = 0;  // else the optimizer leaves clipped gradients behind
    const SavedTeacher teacher(c, 12, at::kDouble);
    const double beta = 0.4, tau = 1.7, truth = 0.6;
    const auto make = [&] { return student(studentOf(c, beta, tau, truth), teacher, at::kDouble); };
    const auto objective = [&](std::size_t parameter, std::int64_t element, double by) {
        const Trained trainer = make();
        {
            const at::NoGradGuard guard;
            trainer->model().parameters()[parameter].value.view(-1)[element] += by;
        }
        const telemetry::StepTelemetry report = trainer->step().report.value();
        return truth * report.loss + beta * tau * tau * report.kdLoss;
    };
    const Trained trainer = make();
    trainer->step();
    const auto& parameters = trainer->model().parameters();
    for (std::size_t i = 0; i < parameters.size(); i += 3) {
        const at::Tensor gradient = parameters[i].value.grad().view(-1);
        const std::int64_t element = gradient.abs().argmax().item<std::int64_t>();
        const double h = 1e-4, expected = (objective(i, element, h) - objective(i, element, -h)) / (2 * h);
        EXPECT_NEAR(gradient[element].item<double>(), expected, 1e-6 + 1e-4 * std::abs(expected)) << parameters[i].name;
    }
}

TEST(Distillation, EndsAtItsShareOfTheStepsWithAnEventAndIsPlainTrainingFromThere) {
    const SavedTeacher teacher(plain());
    config::RunConfig c = studentOf(lettersConfig(), 1, 1, 0.5, 0.5);
    c.training.steps = 8;
    const Trained staged = student(c, teacher);
    std::vector<telemetry::Event> ended;
    config::RunConfig without = c;
    without.distillation = {};
    training::LiveTrainer alone(without, std::make_shared<Letters>(), "cpu");
    for (int step = 1; step <= 8; ++step) {
        if (step == 5) alone.restore(throughDisk(*staged, teacher.folder));
        const auto result = staged->step();
        EXPECT_EQ(std::isfinite(result.report->kdLoss), step <= 4) << step;
        std::ranges::copy_if(result.alarms, std::back_inserter(ended), [](const auto& event) { return event.code == "distillation.ended"; });
        if (step >= 5) alone.step();
    }
    ASSERT_EQ(ended.size(), 1u);
    EXPECT_EQ(ended[0].step, 4);
    EXPECT_EQ(ended[0].severity, telemetry::Severity::change);
    EXPECT_EQ(bitsOf(*staged), bitsOf(alone));
}

TEST(Distillation, GoesOnFromEveryStepWithTheBitsOfTheUninterruptedRun) {
    config::RunConfig deeper = lettersConfig();
    deeper.model.layers = 3;
    const SavedTeacher teacher(deeper);
    config::RunConfig c = studentOf(lettersConfig(), 1, 2, 1, 0.6);
    c.training.steps = 10;
    c.training.accumulate = 2;
    c.model.dropout = 0.2;
    c.router.noise = "input_jitter", c.router.noise_scale = 0.1;
    const Folder folder;
    const Trained whole = student(c, teacher);
    std::vector<checkpoint::LoadedCheckpoint> saved;
    std::vector<double> divergence;
    for (int step = 0; step < 10; ++step) {
        saved.push_back(throughDisk(*whole, folder));
        divergence.push_back(whole->step().report->kdLoss);
    }
    const Bits expected = bitsOf(*whole);
    for (std::size_t from = 0; from < 10; ++from) {
        const Trained resumed = student(c, teacher);
        resumed->restore(saved[from]);
        for (std::size_t step = from; step < 10; ++step) {
            const double kd = resumed->step().report->kdLoss;
            EXPECT_TRUE(kd == divergence[step] || (std::isnan(kd) && std::isnan(divergence[step]))) << from << " -> " << step;
        }
        EXPECT_EQ(bitsOf(*resumed), expected) << "resumed from " << from;
        EXPECT_EQ(resumed->flopsDone(), whole->flopsDone());
    }
}

TEST(Distillation, BringsAStudentNearerToItsTeacherThanTheTextAlone) {
    const SavedTeacher teacher(lettersConfig(), 40);
    config::RunConfig c = lettersConfig();
    c.model.layers = 1;
    const Trained taught = student(studentOf(c), teacher);
    training::LiveTrainer alone(c, std::make_shared<Letters>(), "cpu");
    for (int i = 0; i < 40; ++i) taught->step(), alone.step();
    const data::Batch batch = Letters().validation(0, 8, 12);
    training::LiveTrainer frozen(teacher.config, std::make_shared<Letters>(), "cpu");
    frozen.restore(*teacher.saved);
    const Logits of = logitsOf(frozen, batch, false);
    EXPECT_LT(klOf(of, logitsOf(*taught, batch, false), 1), klOf(of, logitsOf(alone, batch, false), 1));
}

TEST(Distillation, LeavesTheTeacherAsItIsAndCountsItsForwardPass) {
    const SavedTeacher teacher(lettersConfig());
    config::RunConfig c = plain();
    c.moe.experts = 0;
    c.model.ffn_width = 8;
    c = studentOf(c, 0.25, 1, 0.75, 0.5);
    c.training.steps = 4;
    const Trained dense = student(c, teacher);
    const double tokens = 4 * 12, own = config::cost(c, 10).flopsToken, extra = config::cost(teacher.config, 10).flopsTokenForward;
    dense->step();
    EXPECT_DOUBLE_EQ(dense->flopsDone(), tokens * (own + extra));
    EXPECT_GT(dense->step().report->auxiliary, 0);
    dense->step();
    EXPECT_DOUBLE_EQ(dense->flopsDone(), tokens * (3 * own + 2 * extra));
    EXPECT_EQ(throughDisk(*dense, teacher.folder).info.step, 3);  // its state is the student's alone
    training::LiveTrainer again(teacher.config, std::make_shared<Letters>(), "cpu");
    again.restore(*teacher.saved);
    training::LiveTrainer untouched(teacher.config, std::make_shared<Letters>(), "cpu");
    for (int i = 0; i < 12; ++i) untouched.step();
    EXPECT_EQ(bitsOf(again), bitsOf(untouched));
}

TEST(Distillation, WithoutItsTeacherIsAnErrorAndNoStep) {
    training::LiveTrainer trainer(studentOf(plain()), std::make_shared<Letters>(), "cpu");
    EXPECT_THROW(trainer.step(), base::Error);
    EXPECT_EQ(trainer.stepsDone(), 0);
    EXPECT_TRUE(std::isfinite(trainer.evaluate().loss));  // to look at it needs none
}

TEST(Distillation, RefusesWeightsThatAreNotThoseOfTheTeachersSettings) {
    const SavedTeacher teacher(plain());
    config::RunConfig wider = plain();
    wider.model.width = 32;
    training::LiveTrainer trainer(studentOf(plain()), std::make_shared<Letters>(), "cpu");
    EXPECT_THROW(trainer.teach(wider, *teacher.saved), base::Error);
}

}  // namespace
}  // namespace moescope::test
