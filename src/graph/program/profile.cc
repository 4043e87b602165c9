#include "graph/program/profile.h"

#include <atomic>
#include <mutex>
#include <optional>
#include <sstream>
#include <utility>
#include <vector>

#include "io/atomic_file.h"
#include "tern/core/allocator.h"
#include "tern/core/error.h"
#include "tern/graph/profiler.h"

namespace tern::profiler {
namespace {

struct Event {
  std::string op;
  std::string node;
  int thread;
  Clock::time_point start, end;
  std::int64_t bytes;  // in use at the end
};

struct Profile {
  ProfilerOptions options;
  Clock::time_point start = Clock::now();
  std::vector<Event> events;
  std::int64_t dropped = 0;
};

/// A profile that is forgotten must not fill the memory.
constexpr std::size_t kMaxEvents = 1 << 20;

std::atomic<bool> active{false};
std::mutex mutex;
std::optional<Profile> current;

int thread_number() {
  static std::atomic<int> next{1};
  thread_local const int number = next.fetch_add(1);
  return number;
}

double microseconds(Clock::duration duration) {
  return std::chrono::duration<double, std::micro>(duration).count();
}

std::string quoted(const std::string& text) {
  constexpr const char* kHex = "0123456789abcdef";
  std::string json = "\"";
  for (char c : text) {
    auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\')
      json += {'\\', c};
    else if (byte < 0x20)
      json += {'\\', 'u', '0', '0', kHex[byte >> 4], kHex[byte & 15]};
    else
      json += c;
  }
  return json + '"';
}

std::string chrome_trace(const Profile& profile) {
  std::ostringstream json;
  json.precision(15);
  json << "{\"displayTimeUnit\": \"ns\", \"otherData\": {\"dropped events\": "
       << profile.dropped << "}, \"traceEvents\": [";
  const char* separator = "\n";
  for (const Event& event : profile.events) {
    json << separator << "{\"name\": " << quoted(event.op)
         << ", \"cat\": \"node\", \"ph\": \"X\", \"ts\": "
         << microseconds(event.start - profile.start)
         << ", \"dur\": " << microseconds(event.end - event.start)
         << ", \"pid\": 1, \"tid\": " << event.thread
         << ", \"args\": {\"node\": " << quoted(event.node) << "}}";
    separator = ",\n";
    if (profile.options.memory_timeline)
      json << separator
           << "{\"name\": \"memory\", \"ph\": \"C\", \"pid\": 1, \"ts\": "
           << microseconds(event.end - profile.start)
           << ", \"args\": {\"bytes in use\": " << event.bytes << "}}";
  }
  json << "\n]}\n";
  return json.str();
}

std::optional<Profile> take() {
  std::scoped_lock lock(mutex);
  active = false;
  return std::exchange(current, std::nullopt);
}

}  // namespace

bool is_active() { return active.load(std::memory_order_relaxed); }

void note(const std::string& op,
          const std::string& node,
          Clock::time_point start) {
  Clock::time_point end = Clock::now();
  std::int64_t bytes = cpu_allocator().statistics().bytes_in_use;
  std::scoped_lock lock(mutex);
  if (!current) return;
  if (current->events.size() < kMaxEvents)
    current->events.push_back({op, node, thread_number(), start, end, bytes});
  else
    ++current->dropped;
}

void start(ProfilerOptions options) {
  std::scoped_lock lock(mutex);
  if (current) throw AlreadyExistsError("Another profiler is running.");
  current.emplace().options = options;
  active = true;
}

void stop(const std::string& path) {
  std::optional<Profile> profile = take();
  if (!profile)
    throw FailedPreconditionError(
        "Cannot stop profiling: no profiler is running.");
  io::write_bytes(path, chrome_trace(*profile));
}

void discard() noexcept { take(); }

}  // namespace tern::profiler
