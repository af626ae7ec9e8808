// Construction, and what follows from the configuration: routers, mutes, cost.
#include "core/training/live_trainer.hpp"

#include <algorithm>

#include "core/config/derived.hpp"
#include "core/training/devices.hpp"

namespace moescope::training {

namespace {

std::int64_t vocabularyOf(const config::RunConfig& config, const data::Corpus& corpus) {
    return config.model.vocabulary > 0 ? config.model.vocabulary : corpus.vocabulary();
}

// How often each token occurs in some training batches: what a balanced hash table is built from.
std::vector<std::int64_t> tokenCounts(const config::RunConfig& config, const data::Corpus& corpus) {
    std::vector<std::int64_t> counts(static_cast<std::size_t>(vocabularyOf(config, corpus)), 0);
    if (config.router.net != "hash" || config.moe.experts == 0) return counts;
    for (std::int64_t step = 0; step < 32; ++step)
        for (const std::int32_t id : corpus.training(step, 0, config.training.batch, config.model.context).inputs)
            ++counts[static_cast<std::size_t>(id)];
    return counts;
}

at::ScalarType computeType(const config::RunConfig& config, at::ScalarType type) {
    return config.training.precision == "bf16" ? at::kBFloat16 : type;
}

std::size_t widestLayer(const config::RunConfig& config) {
    std::int64_t widest = 0;
    for (const std::int64_t layer : config::moeLayers(config)) widest = std::max(widest, config::moeShape(config, layer).experts);
    return static_cast<std::size_t>(widest);
}

void checkCorpus(const config::RunConfig& config, const data::Corpus& corpus, base::Problems& problems) {
    if (config.model.vocabulary > 0 && config.model.vocabulary < corpus.vocabulary())
        problems.push_back({"model.vocabulary", "The data has " + std::to_string(corpus.vocabulary()) +
                                                    " different tokens; take at least as many, or 0 to take them from the data."});
    if (config.router.net == "domain_hash" && config.moe.experts > 0 && corpus.domains().size() < 2)
        problems.push_back({"router.net", "domain_hash gives each domain experts of its own, and the data has " + std::to_string(corpus.domains().size()) +
                                              " labelled domains; put the text into two or more files or sub-folders, or take hash."});
}

void checkLabels(const config::RunConfig& config, const data::Corpus& corpus, base::Problems& problems) {
    if (config.moe.experts == 0 || !corpus.domains().empty()) return;
    if (std::ranges::any_of(routing::makeSpecs(config), routing::needsDomains))
        problems.push_back({"balance.more", "The entropy losses need the domain of each token, and this data has no domains; train on generated domains or on a "
                                            "folder with several files, or take the entropy losses out."});
}

}  // namespace

std::unique_ptr<Trainer> Trainer::create(const config::RunConfig& config, std::shared_ptr<const data::Corpus> corpus,
                                         std::string_view device, base::Problems& problems) {
    const std::size_t before = problems.size();
    checkCorpus(config, *corpus, problems);
    for (base::Problem& problem : precisionProblems(config.training.precision, device)) problems.push_back(std::move(problem));
    if (config.moe.experts > 0)
        for (base::Problem& problem : routing::problems(config)) problems.push_back(std::move(problem));
    if (problems.size() == before) checkLabels(config, *corpus, problems);
    if (problems.size() > before) return nullptr;
    prepareThread(config.training.threads, config.training.deterministic);
    return std::make_unique<LiveTrainer>(config, std::move(corpus), std::string(device));
}

LiveTrainer::LiveTrainer(const config::RunConfig& config, std::shared_ptr<const data::Corpus> corpus, const std::string& device,
                         at::ScalarType type)
    : m_config(config), m_corpus(std::move(corpus)), m_deviceName(device),
      m_model(model::makeNetwork(config, vocabularyOf(config, *m_corpus), at::TensorOptions().device(at::Device(device)).dtype(type),
                                 computeType(config, type), tokenCounts(config, *m_corpus))),
      m_optimizer(m_model->parameters()), m_moeLayers(config::moeLayers(config)),
      m_plane(dynamic_cast<model::PlaneModel*>(m_model.get())), m_idle(m_moeLayers.size(), widestLayer(config), config.telemetry.idle_window), m_alarms(layerShapes()) {
    m_progress.muted.resize(m_moeLayers.size());
    sizeInterventions();
    rigsFromConfig();
    refreshRouters();
}

std::vector<LayerShape> LiveTrainer::layerShapes() const {
    std::vector<LayerShape> shapes;
    for (const std::int64_t layer : m_moeLayers) {
        const config::MoeShape shape = config::moeShape(m_config, layer);
        const std::vector<std::int64_t> killed = shapes.size() < m_progress.killed.size() ? m_progress.killed[shapes.size()] : std::vector<std::int64_t>{};
        shapes.push_back({layer, shape.experts - static_cast<std::int64_t>(killed.size()), shape.topK, m_config.telemetry.idle_window, killed});
    }
    return shapes;
}

void LiveTrainer::refreshRouters() {
    m_specs = m_moeLayers.empty() ? std::vector<routing::RouterSpec>{} : routing::makeSpecs(m_config);
    m_muted.assign(m_specs.size(), {});
    for (std::size_t i = 0; i < m_specs.size(); ++i) {
        overrule(i);
        const std::vector<std::int64_t> silent = absent(i);
        if (silent.empty()) continue;
        at::Tensor mask = at::zeros({m_specs[i].experts}, at::kBool);
        for (const std::int64_t expert : silent) mask.select(0, expert).fill_(true);
        m_muted[i] = mask.to(deviceOf());
    }
    for (routing::RouterSpec& spec : m_specs)
        if (spec.net == routing::Net::domainHash && spec.groups == 1) spec.groups = static_cast<std::int64_t>(m_corpus->domains().size());
    const auto readsDomains = [](const routing::RouterSpec& spec) {
        return !spec.pins.empty() || spec.net == routing::Net::domainHash || routing::needsDomains(spec);
    };
    m_labelled = std::ranges::any_of(m_specs, readsDomains);
    m_optimizer.freeze(frozenRows());
    m_idle.leaveOut(m_progress.killed);
    m_statistics = std::make_unique<routing::RoutingStatistics>(m_specs, static_cast<std::int64_t>(m_corpus->domains().size()),
                                                                m_config.telemetry.quantiles);
    m_alarms.setLayers(layerShapes());
}

double LiveTrainer::flopsPerToken(double keptPerToken) const {
    return config::cost(m_config, m_model->vocabulary(), keptPerToken).flopsToken;
}

model::Pass LiveTrainer::passOf(bool training, std::int64_t micro) const {
    const auto seed = static_cast<std::uint64_t>(m_config.training.seed), step = static_cast<std::uint64_t>(m_progress.steps);
    model::Pass pass;
    pass.training = training;
    pass.draws = {seed, step, static_cast<std::uint64_t>(micro)};
    pass.dropoutDraw = step * static_cast<std::uint64_t>(m_config.training.accumulate) + static_cast<std::uint64_t>(micro);
    pass.specs = m_specs;
    pass.muted = m_muted;
    pass.times = m_times;
    return pass;
}

}  // namespace moescope::training
