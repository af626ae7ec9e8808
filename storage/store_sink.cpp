// The queue between trainer and store, and the thread that empties it.
#include "storage/store_sink.hpp"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <exception>
#include <future>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <variant>

#include "core/base/clock.hpp"
#include "core/base/error.hpp"
#include "core/base/fault.hpp"
#include "core/base/files.hpp"

namespace moescope::storage {

using base::Error;
using telemetry::Evaluation;
using telemetry::Event;
using telemetry::GeneratedSample;
using telemetry::PlaneSnapshot;
using telemetry::ProbeSnapshot;
using telemetry::StepTelemetry;
using Clock = std::chrono::steady_clock;

namespace {

// A change asked for by transact(); empty: flush.
struct Request {
    std::function<void(RunWriter&)> change;
    std::promise<void> done;
    bool last = false;
};
using Item = std::variant<StepTelemetry, Evaluation, Event, ProbeSnapshot, PlaneSnapshot, GeneratedSample, std::shared_ptr<Request>>;

struct Queued {
    Item item;
    std::int64_t bytes = 0;
};

template <class T> std::int64_t bytesIn(const std::vector<T>& values) { return static_cast<std::int64_t>(values.size() * sizeof(T)); }

std::int64_t sizeOf(const StepTelemetry& t) {
    std::int64_t bytes = sizeof t;
    telemetry::visitMetrics(t, [&](const telemetry::Metric&, const auto& values) {
        if constexpr (!std::is_same_v<std::decay_t<decltype(values)>, double>) bytes += bytesIn(values);
    });
    return bytes;
}
std::int64_t sizeOf(const Evaluation& e) { return static_cast<std::int64_t>(sizeof e) + bytesIn(e.domainLoss); }
std::int64_t sizeOf(const Event& e) { return static_cast<std::int64_t>(sizeof e + e.code.size() + e.text.size() + e.detailJson.size()); }
std::int64_t sizeOf(const ProbeSnapshot& p) {
    std::int64_t bytes = static_cast<std::int64_t>(sizeof p) + bytesIn(p.tokenIds) + bytesIn(p.domains) + bytesIn(p.expertIds) + bytesIn(p.weights) + bytesIn(p.kept) + bytesIn(p.logits) + bytesIn(p.losses) + bytesIn(p.noisyLogits);
    for (const std::string& text : p.tokenTexts) bytes += static_cast<std::int64_t>(sizeof text + text.size());
    return bytes;
}
std::int64_t sizeOf(const PlaneSnapshot& p) {
    return static_cast<std::int64_t>(sizeof p) + bytesIn(p.probabilities) + bytesIn(p.weights) + bytesIn(p.output) + bytesIn(p.expertOutputs) + 5 * bytesIn(p.domains);
}
std::int64_t sizeOf(const GeneratedSample& s) {
    std::int64_t bytes = static_cast<std::int64_t>(sizeof s) + bytesIn(s.expertIds) + bytesIn(s.weights);
    for (const std::string& text : s.tokens) bytes += static_cast<std::int64_t>(sizeof text + text.size());
    return bytes;
}

bool worthRetrying(const Error& error) { return error.exit() == base::ExitCode::io && error.code() != "fault.injected"; }

}  // namespace

struct StoreSink::Impl {
    Impl(RunWriter w, SinkOptions o) : writer(std::move(w)), options(std::move(o)), thread([this] { run(); }) {}

    void push(Item item, std::int64_t bytes) {
        base::fault::pass("tele.push");
        std::unique_lock guard(mutex);
        if (bytesQueued > 0 && bytesQueued + bytes > options.queueBytes && !failure) {
            const auto since = Clock::now();
            roomMade.wait(guard, [&] { return bytesQueued == 0 || bytesQueued + bytes <= options.queueBytes || failure; });
            waited += std::chrono::duration<double>(Clock::now() - since).count();
        }
        if (failure) std::rethrow_exception(failure);
        if (ended) throw Error(base::ExitCode::io, "store.closed", "the run's store was closed", "telemetry", "report a defect: nothing may come after close()");
        bytesQueued += bytes;
        queue.push_back({std::move(item), bytes});
        if (std::holds_alternative<std::shared_ptr<Request>>(queue.back().item)) wanted = true;
        arrived.notify_one();
    }

    std::future<void> ask(std::function<void(RunWriter&)> change, bool last = false) {
        auto request = std::make_shared<Request>();
        request->change = std::move(change);
        request->last = last;
        std::future<void> done = request->done.get_future();
        push(request, 0);
        return done;
    }

    // The thread.
    void run() {
        auto due = Clock::now() + options.commitEvery;
        while (!ended) {
            {
                std::unique_lock guard(mutex);
                arrived.wait_until(guard, due, [&] { return stopping || wanted; });
                if (stopping && queue.empty()) break;
            }
            work();
            due = Clock::now() + options.commitEvery;
        }
    }

    void work() {
        std::deque<Queued> batch;
        {
            const std::lock_guard guard(mutex);
            batch.swap(queue);
            wanted = false;
        }
        try {
            for (Queued& queued : batch) {
                std::visit([&](auto& item) { take(item); }, queued.item);
                bytesTaken += queued.bytes;
            }
            commitPatiently();
        } catch (...) {
            fail(std::current_exception(), batch);
        }
    }

    template <class T> void take(T& value) { writer.append(value); }

    void take(std::shared_ptr<Request>& request) {
        try {
            commitPatiently();
            if (request->last) {
                writer.close();
                ended = true;
            } else if (request->change) {
                request->change(writer);
                commitPatiently();
            }
            request->done.set_value();
        } catch (const Error& error) {
            request->done.set_exception(std::current_exception());
            if (!worthRetrying(error) && error.exit() != base::ExitCode::usage) throw;
        } catch (...) {
            request->done.set_exception(std::current_exception());
        }
    }

    // Everything stays in the writer until the disk takes it.
    void commitPatiently() {
        if (ended) return;
        for (bool first = true;; first = false) {
            try {
                if (!writer.pending()) return written(first);
                const std::int64_t step = writer.lastStep();
                writer.commit();
                written(first);
                if (step > committed) {
                    committed = step;
                    if (options.onCommit) options.onCommit(step);
                }
                return;
            } catch (const Error& error) {
                if (!worthRetrying(error) || ((stopping || givenUp) && !first)) throw;
                stall(error, first);
            }
        }
    }

    void stall(const Error& error, bool first) {
        if (first) {
            if (error.code() == "disk.full" && options.onDiskFull && !ballastGone) {
                ballastGone = true;
                options.onDiskFull();
            }
            setHealth(SinkHealth::retrying, error.happened() + "; " + std::to_string(writer.pendingBytes() >> 10) + " KB wait in memory and will be written as soon as the disk takes them");
        }
        std::unique_lock guard(mutex);
        retry.wait_for(guard, options.retryEvery, [&] { return stopping || givenUp; });
        guard.unlock();
        // A descriptor whose sync failed is never trusted again.
        if (error.code() != "disk.full" && error.code() != "store.busy") reopen();
    }

    void reopen() {
        try {
            writer.reopen();
        } catch (const Error& error) {
            if (!worthRetrying(error)) throw;   // else the next commit fails and comes back here
        }
    }

    // Nothing taken from the queue waits any more: make room for what comes.
    void written(bool first) {
        {
            const std::lock_guard guard(mutex);
            bytesQueued -= std::exchange(bytesTaken, 0);
            roomMade.notify_all();
        }
        if (!first) setHealth(SinkHealth::good, "the disk takes data again; everything is written");
    }

    void setHealth(SinkHealth now, const std::string& text) {
        healthNow = now;
        if (options.onHealth) options.onHealth(now, text);
    }

    void fail(std::exception_ptr error, std::deque<Queued>& batch) {
        std::string text = "the store failed";
        try {
            std::rethrow_exception(error);
        } catch (const std::exception& e) {
            text = e.what();
        }
        {
            const std::lock_guard guard(mutex);
            failure = error;
            for (Queued& queued : queue) batch.push_back(std::move(queued));
            queue.clear();
            bytesQueued = bytesTaken = 0;
            roomMade.notify_all();
        }
        ended = true;
        setHealth(SinkHealth::failed, text);
        for (Queued& queued : batch)
            if (auto* request = std::get_if<std::shared_ptr<Request>>(&queued.item)) refuse(**request, error);
    }

    static void refuse(Request& request, const std::exception_ptr& error) {
        try {
            request.done.set_exception(error);
        } catch (const std::future_error&) {   // it had its answer
        }
    }

    RunWriter writer;
    SinkOptions options;
    std::mutex mutex;
    std::condition_variable arrived, roomMade, retry;
    std::deque<Queued> queue;
    std::int64_t bytesQueued = 0;
    std::int64_t bytesTaken = 0;   // of the queued, those in the writer; the thread's own
    double waited = 0;
    bool wanted = false;
    std::exception_ptr failure;
    std::atomic<bool> stopping{false}, givenUp{false}, ended{false};
    std::atomic<std::int64_t> committed{-1};
    std::atomic<SinkHealth> healthNow{SinkHealth::good};
    bool ballastGone = false;
    std::thread thread;
};

StoreSink::StoreSink(RunWriter writer, SinkOptions options) : m_impl(std::make_unique<Impl>(std::move(writer), std::move(options))) {}

StoreSink::~StoreSink() {
    {
        const std::lock_guard guard(m_impl->mutex);
        m_impl->stopping = true;
        m_impl->arrived.notify_all();
        m_impl->retry.notify_all();
    }
    m_impl->thread.join();
}

void StoreSink::report(const StepTelemetry& t) { m_impl->push(t, sizeOf(t)); }
void StoreSink::evaluated(const Evaluation& e) { m_impl->push(e, sizeOf(e)); }
void StoreSink::event(const Event& e) { m_impl->push(e, sizeOf(e)); }
void StoreSink::probe(const ProbeSnapshot& p) { m_impl->push(p, sizeOf(p)); }
void StoreSink::plane(const PlaneSnapshot& p) { m_impl->push(p, sizeOf(p)); }
void StoreSink::sample(const GeneratedSample& s) { m_impl->push(s, sizeOf(s)); }

void StoreSink::transact(std::function<void(RunWriter&)> change) { m_impl->ask(std::move(change)).get(); }
void StoreSink::flush() { m_impl->ask({}).get(); }

void StoreSink::close() {
    if (m_impl->ended) return;
    m_impl->ask({}, true).get();
}

void StoreSink::giveUp() {
    const std::lock_guard guard(m_impl->mutex);
    m_impl->givenUp = true;
    m_impl->retry.notify_all();
}

SinkHealth StoreSink::health() const { return m_impl->healthNow; }
double StoreSink::waitedSeconds() const {
    const std::lock_guard guard(m_impl->mutex);
    return m_impl->waited;
}
std::int64_t StoreSink::queuedBytes() const {
    const std::lock_guard guard(m_impl->mutex);
    return m_impl->bytesQueued;
}
std::int64_t StoreSink::committedStep() const { return m_impl->committed; }

}  // namespace moescope::storage
