// Drawing of points, their domains and their targets.
#include "core/data/plane_corpus.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

#include <fmt/format.h>

#include "core/base/counter_random.hpp"
#include "core/base/error.hpp"
#include "core/base/hash.hpp"

namespace moescope::data {

namespace {

constexpr std::uint32_t kValidationLayer = 0xFFFFFFFF;
constexpr std::size_t kArms = 3, kStripes = 4;
constexpr double kTurns = 0.75;

struct Plane {
    double constant, byX, byY;
    double at(double x, double y) const { return constant + byX * x + byY * y; }
};
constexpr std::array<Plane, 4> kQuadrantRules{{{0.8, 0.6, 0.6}, {-0.8, 0.6, -0.6}, {0.8, -0.6, -0.6}, {-0.8, -0.6, 0.6}}};
constexpr std::array<Plane, kStripes> kStripeRules{{{2.4, 3.0, 0}, {-1.0, -2.0, 0}, {0.0, 2.0, 0}, {2.0, -3.0, 0}}};

// Counted as the mathematicians do, from the upper right against the clock.
std::size_t quadrantOf(double x, double y) { return y >= 0 ? (x >= 0 ? 0 : 1) : (x < 0 ? 2 : 3); }

std::size_t stripeOf(double x) { return static_cast<std::size_t>(std::clamp((x + 1) * 2, 0.0, 3.5)); }

std::vector<std::string> domainsOf(std::string_view problem) {
    if (problem == "spirals") return {"arm 0", "arm 1", "arm 2"};
    if (problem == "stripes") return {"stripe 0", "stripe 1", "stripe 2", "stripe 3"};
    return {"upper right", "upper left", "lower left", "lower right"};
}

struct Point {
    double x = 0, y = 0, value = 0;
    std::int32_t target = 0, domain = 0;
};

class PlaneCorpus final : public Corpus {
public:
    explicit PlaneCorpus(const config::RunConfig& config)
        : m_config(config.plane), m_seed(static_cast<std::uint64_t>(config.data.seed)), m_sigma(config.plane.sigma),
          m_accumulate(config.training.accumulate), m_names(domainsOf(config.plane.problem)) {}

    std::int64_t vocabulary() const override { return m_config.problem == "spirals" ? 3 : m_config.problem == "xor" ? 2 : 1; }
    const std::vector<std::string>& domains() const override { return m_names; }
    const std::vector<std::string>& kinds() const override { return m_kinds; }

    Batch training(std::int64_t step, std::int64_t micro, std::int64_t sequences, std::int64_t length) const override {
        return drawn(0, (step * m_accumulate + micro) * sequences * length, sequences, length);
    }
    Batch validation(std::int64_t index, std::int64_t sequences, std::int64_t length) const override {
        return drawn(kValidationLayer, index * sequences * length, sequences, length);
    }
    std::vector<std::int32_t> encode(std::string_view) const override {
        throw base::Error(base::ExitCode::usage, "plane.text", "this run is a mixture on the plane: it reads points, not text", "text",
                          "choose a run of a language model");
    }
    std::string decode(std::int32_t token) const override { return vocabulary() > 1 ? fmt::format("class {}", token) : "value"; }
    double bytesPerToken() const override { return std::nan(""); }

    CorpusFacts facts() const override {
        CorpusFacts facts;
        facts.vocabulary = vocabulary();
        const double share = 1.0 / static_cast<double>(m_names.size());
        const double ratio = m_config.noise / m_sigma;
        for (const std::string& name : m_names)
            facts.domains.push_back({name, share, 0, 0, 0, vocabulary() > 1 ? -1 : 0.5 * ratio * ratio});
        return facts;
    }
    std::string fingerprint() const override {
        return base::hex(base::hash128(fmt::format("plane 1 {} noise {} points {} seed {}", m_config.problem, m_config.noise, m_config.points, m_seed)));
    }

private:
    // Point `index` of the training or validation part.
    Point point(std::uint32_t layer, std::uint64_t index) const {
        const base::RandomStream place({m_seed, base::Purpose::toy, layer, 0}), noise({m_seed, base::Purpose::toy, layer, 1});
        const double u = place.uniform(2 * index), v = place.uniform(2 * index + 1);
        const double first = noise.normal(2 * index) * m_config.noise, second = noise.normal(2 * index + 1) * m_config.noise;
        Point p{2 * u - 1, 2 * v - 1};
        if (m_config.problem == "spirals") return onSpiral(u, index % kArms, first, second);
        p.domain = static_cast<std::int32_t>(m_config.problem == "stripes" ? stripeOf(p.x) : quadrantOf(p.x, p.y));
        if (vocabulary() > 1) {
            p.target = p.domain % 2;
            p.x += first;
            p.y += second;
        } else {
            p.value = planeValue(m_config.problem, p.x, p.y) + first;
        }
        return p;
    }

    // The square root spreads the points evenly along the arm.
    static Point onSpiral(double u, std::size_t arm, double dx, double dy) {
        const double along = std::sqrt(u), radius = 0.08 + 0.87 * along;
        const double angle = 2 * std::numbers::pi * (static_cast<double>(arm) / kArms + kTurns * along);
        const auto number = static_cast<std::int32_t>(arm);
        return {radius * std::cos(angle) + dx, radius * std::sin(angle) + dy, 0, number, number};
    }

    Batch drawn(std::uint32_t layer, std::int64_t first, std::int64_t sequences, std::int64_t length) const {
        Batch batch{sequences, length, {}, {}, {}, {}, {}, {}};
        const bool repeats = m_config.points > 0 && layer == 0;
        for (std::int64_t i = first; i < first + sequences * length; ++i) {
            const std::int64_t number = repeats ? i % m_config.points : i;
            const Point p = point(layer, static_cast<std::uint64_t>(number));
            batch.inputs.push_back(static_cast<std::int32_t>(number & 0x7FFFFFFF));
            batch.targets.push_back(p.target);
            batch.domains.push_back(p.domain);
            batch.points.push_back(static_cast<float>(p.x));
            batch.points.push_back(static_cast<float>(p.y));
            if (vocabulary() == 1) batch.values.push_back(static_cast<float>(p.value));
        }
        return batch;
    }

    config::PlaneConfig m_config;
    std::uint64_t m_seed;
    double m_sigma;
    std::int64_t m_accumulate;
    std::vector<std::string> m_names, m_kinds;
};

}  // namespace

std::shared_ptr<const Corpus> makePlaneCorpus(const config::RunConfig& config) { return std::make_shared<PlaneCorpus>(config); }

bool learnsClasses(std::string_view problem) { return problem == "spirals" || problem == "xor"; }

double planeValue(std::string_view problem, double x, double y) {
    return problem == "stripes" ? kStripeRules[stripeOf(x)].at(x, y) : kQuadrantRules[quadrantOf(x, y)].at(x, y);
}

}  // namespace moescope::data
