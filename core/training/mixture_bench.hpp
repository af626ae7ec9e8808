// MixtureBench: one mixture layer on random rows, forward and backward, without attention, optimizer or loss.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "core/base/problem.hpp"
#include "core/config/run_config.hpp"

namespace moescope::training {

/// What keeps a layer of `config` from being timed by itself.
void addMixtureProblems(const config::RunConfig& config, base::Problems& problems);

/// Wall seconds of `work` on a device, waiting for it before and after.
double secondsOf(const std::string& device, const std::function<void()>& work);

/// The first layer with experts of a valid `config`. One thread.
class MixtureBench {
public:
    MixtureBench(const config::RunConfig& config, const std::string& device);
    ~MixtureBench();
    MixtureBench(MixtureBench&&) noexcept;
    /// Returns the seconds of the forward part.
    double step();
    std::int64_t tokens() const;
    double flopsPerToken() const;   ///< forward and backward, counted

private:
    struct Impl;
    std::unique_ptr<Impl> m_impl;
};

}  // namespace moescope::training
