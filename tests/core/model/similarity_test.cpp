// Similarity of experts against the formulas written out in float64.
#include "core/tensor.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>

#include <unistd.h>

#include "core/base/error.hpp"
#include "core/checkpoint/safetensors.hpp"
#include "core/model/similarity.hpp"

namespace moescope::model {
namespace {

constexpr int kWidth = 5, kHidden = 3, kExperts = 3;

/// Weights by formula, [expert][matrix][values]; gate and up are [hidden, width], down is [width, hidden].
struct Weights {
    std::vector<std::vector<float>> gate, up, down;
};

Weights weights() {
    Weights w;
    for (int e = 0; e < kExperts; ++e) {
        std::vector<float> gate, up, down;
        for (int i = 0; i < kHidden * kWidth; ++i) {
            gate.push_back(static_cast<float>(std::sin(1.3 * i + e)));
            up.push_back(static_cast<float>(std::cos(0.7 * i * (e + 1))));
            down.push_back(static_cast<float>(std::sin(0.4 * i - 2.0 * e) + 0.2));
        }
        w.gate.push_back(gate);
        w.up.push_back(up);
        w.down.push_back(down);
    }
    return w;
}

/// Expert e with its hidden units in reversed order: the same function of its input.
void reverseUnits(Weights& w, std::size_t from, std::size_t to) {
    for (int h = 0; h < kHidden; ++h)
        for (int d = 0; d < kWidth; ++d) {
            const auto row = static_cast<std::size_t>(h * kWidth + d), other = static_cast<std::size_t>((kHidden - 1 - h) * kWidth + d);
            w.gate[to][row] = w.gate[from][other];
            w.up[to][row] = w.up[from][other];
            w.down[to][static_cast<std::size_t>(d * kHidden + h)] = w.down[from][static_cast<std::size_t>(d * kHidden + kHidden - 1 - h)];
        }
}

class SimilarityFile {
public:
    explicit SimilarityFile(const Weights& w) : m_path(std::filesystem::temp_directory_path() / ("moescope-similarity-" + std::to_string(getpid()) + ".safetensors")) {
        std::filesystem::remove(m_path);
        std::vector<checkpoint::NamedTensor> tensors;
        const auto add = [&](const std::string& name, checkpoint::Shape shape, const std::vector<float>& values) {
            tensors.push_back({name, checkpoint::DType::F32, std::move(shape), {reinterpret_cast<const std::byte*>(values.data()), values.size() * sizeof(float)}});
        };
        for (std::size_t e = 0; e < w.gate.size(); ++e) {
            const std::string prefix = "model.layers.2.mlp.experts." + std::to_string(e) + ".";
            add(prefix + "gate_proj.weight", {kHidden, kWidth}, w.gate[e]);
            add(prefix + "up_proj.weight", {kHidden, kWidth}, w.up[e]);
            add(prefix + "down_proj.weight", {kWidth, kHidden}, w.down[e]);
        }
        checkpoint::writeSafetensors(base::realFiles(), m_path, tensors);
    }
    ~SimilarityFile() { std::filesystem::remove(m_path); }
    checkpoint::SafetensorsFile open() const { return checkpoint::SafetensorsFile::open(m_path); }

private:
    std::filesystem::path m_path;
};

/// X [width][3 hidden] of an expert.
std::vector<std::vector<double>> matrixOf(const Weights& w, std::size_t e) {
    std::vector<std::vector<double>> x(kWidth);
    for (std::size_t d = 0; d < kWidth; ++d) {
        for (std::size_t h = 0; h < kHidden; ++h) x[d].push_back(w.gate[e][h * kWidth + d]);
        for (std::size_t h = 0; h < kHidden; ++h) x[d].push_back(w.up[e][h * kWidth + d]);
        for (std::size_t h = 0; h < kHidden; ++h) x[d].push_back(w.down[e][d * kHidden + h]);
    }
    return x;
}

double cosineOf(const Weights& w, std::size_t a, std::size_t b) {
    double product = 0, first = 0, second = 0;
    const auto x = matrixOf(w, a), y = matrixOf(w, b);
    for (std::size_t d = 0; d < kWidth; ++d)
        for (std::size_t n = 0; n < x[d].size(); ++n) {
            product += x[d][n] * y[d][n];
            first += x[d][n] * x[d][n];
            second += y[d][n] * y[d][n];
        }
    return product / std::sqrt(first * second);
}

// |X' Y|^2 by the feature form of linear CKA, columns centred.
double crossNorm(std::vector<std::vector<double>> x, std::vector<std::vector<double>> y) {
    for (auto* m : {&x, &y})
        for (std::size_t n = 0; n < m->front().size(); ++n) {
            double mean = 0;
            for (const auto& row : *m) mean += row[n] / kWidth;
            for (auto& row : *m) row[n] -= mean;
        }
    double sum = 0;
    for (std::size_t i = 0; i < x.front().size(); ++i)
        for (std::size_t j = 0; j < y.front().size(); ++j) {
            double product = 0;
            for (std::size_t d = 0; d < kWidth; ++d) product += x[d][i] * y[d][j];
            sum += product * product;
        }
    return sum;
}

double ckaOf(const Weights& w, std::size_t a, std::size_t b) {
    const auto x = matrixOf(w, a), y = matrixOf(w, b);
    return crossNorm(x, y) / std::sqrt(crossNorm(x, x) * crossNorm(y, y));
}

TEST(Similarity, CosineAndLinearCkaAreThoseOfTheFormulas) {
    const Weights w = weights();
    const SimilarityFile file(w);
    const ExpertSimilarity found = expertSimilarity(file.open(), 2);
    ASSERT_EQ(found.cosine.size(), static_cast<std::size_t>(kExperts));
    double cosine = 0, cka = 0;
    for (std::size_t a = 0; a < kExperts; ++a)
        for (std::size_t b = 0; b < kExperts; ++b) {
            EXPECT_NEAR(found.cosine[a][b], cosineOf(w, a, b), 1e-12);
            EXPECT_NEAR(found.cka[a][b], ckaOf(w, a, b), 1e-12);
            if (a != b) cosine += cosineOf(w, a, b) / (kExperts * (kExperts - 1)), cka += ckaOf(w, a, b) / (kExperts * (kExperts - 1));
        }
    EXPECT_NEAR(found.meanCosine, cosine, 1e-12);
    EXPECT_NEAR(found.meanCka, cka, 1e-12);
}

TEST(Similarity, CkaKnowsAnExpertWhoseHiddenUnitsWerePermutedAndCosineDoesNot) {
    Weights w = weights();
    reverseUnits(w, 0, 1);
    w.gate[2] = w.gate[0];
    w.up[2] = w.up[0];
    w.down[2] = w.down[0];
    const SimilarityFile file(w);
    const ExpertSimilarity found = expertSimilarity(file.open(), 2);
    EXPECT_NEAR(found.cka[0][1], 1, 1e-12);
    EXPECT_LT(found.cosine[0][1], 0.9);
    EXPECT_NEAR(found.cosine[0][2], 1, 1e-12);
}

TEST(Similarity, ExpertsOfZerosHaveNoneAndALayerWithoutExpertsIsRefused) {
    Weights w = weights();
    for (auto* part : {&w.gate, &w.up, &w.down}) (*part)[1].assign((*part)[1].size(), 0);
    const SimilarityFile file(w);
    const ExpertSimilarity found = expertSimilarity(file.open(), 2);
    EXPECT_TRUE(std::isnan(found.cosine[1][1]) && std::isnan(found.cka[0][1]));
    EXPECT_DOUBLE_EQ(found.cosine[0][0], 1);
    try {
        expertSimilarity(file.open(), 0);
        ADD_FAILURE() << "layer 0 has no experts";
    } catch (const base::Error& error) {
        EXPECT_EQ(error.exit(), base::ExitCode::badInput);
        EXPECT_NE(error.happened().find("layer 0"), std::string::npos);
    }
}

}  // namespace
}  // namespace moescope::model
