#include "ops/harness/fake_device.h"

#include <sys/mman.h>
#include <unistd.h>

#include <condition_variable>
#include <cstring>
#include <deque>
#include <exception>
#include <map>
#include <mutex>
#include <thread>
#include <utility>

#include "tern/core/error.h"

namespace tern::harness {
namespace {

/// Memory mapped twice: at the device address without any access right, and
/// at an alias that the device's own work uses.
class TrappingAllocator : public Allocator {
 public:
  void* allocate(std::size_t bytes) override {
    std::size_t size = mapped_size(bytes);
    int file = memfd_create("fake_device", MFD_CLOEXEC);
    if (file < 0 || ftruncate(file, static_cast<off_t>(size)) != 0)
      throw ResourceExhaustedError(
          "fake device: no memory for ", bytes, " bytes");
    void* device = mmap(nullptr, size, PROT_NONE, MAP_SHARED, file, 0);
    void* alias =
        mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    close(file);
    if (device == MAP_FAILED || alias == MAP_FAILED)
      throw ResourceExhaustedError(
          "fake device: no addresses for ", bytes, " bytes");
    std::scoped_lock lock(mutex_);
    blocks_[static_cast<char*>(device)] = {static_cast<char*>(alias), size};
    ++statistics_.allocations;
    statistics_.bytes_in_use += static_cast<std::int64_t>(bytes);
    return device;
  }
  void deallocate(void* pointer, std::size_t bytes) noexcept override {
    std::scoped_lock lock(mutex_);
    auto it = blocks_.find(static_cast<char*>(pointer));
    munmap(it->second.alias, it->second.size);
    munmap(pointer, it->second.size);
    blocks_.erase(it);
    statistics_.bytes_in_use -= static_cast<std::int64_t>(bytes);
  }
  AllocatorStatistics statistics() const override {
    std::scoped_lock lock(mutex_);
    return statistics_;
  }
  void reset_peak() override {}
  void set_limit(std::int64_t) override {}
  void release_cached() override {}

  void* alias_of(const void* device) const {
    std::scoped_lock lock(mutex_);
    auto* address = static_cast<char*>(const_cast<void*>(device));
    auto after = blocks_.upper_bound(address);
    if (after != blocks_.begin()) {
      auto& [base, block] = *std::prev(after);
      if (address <= base + block.size) return block.alias + (address - base);
    }
    throw InternalError("fake device: an address that it does not own");
  }

 private:
  struct Block {
    char* alias;
    std::size_t size;
  };
  static std::size_t mapped_size(std::size_t bytes) {
    constexpr std::size_t kPage = 4096;
    return (bytes / kPage + 1) * kPage;
  }

  mutable std::mutex mutex_;
  std::map<char*, Block> blocks_;
  AllocatorStatistics statistics_;
};

class FakeDevice : public Device {
 public:
  FakeDevice() : worker_([this](std::stop_token stop) { work(stop); }) {}

  std::string_view kind() const override { return "CPU"; }
  int ordinal() const override { return 1; }
  Allocator& allocator() override { return allocator_; }
  void* address(void* device) override {
    return device ? allocator_.alias_of(device) : nullptr;
  }
  void copy_from_host(void* device,
                      const void* host,
                      std::size_t bytes) override {
    if (bytes == 0) return;
    synchronize();
    std::memcpy(allocator_.alias_of(device), host, bytes);
  }
  void copy_to_host(void* host,
                    const void* device,
                    std::size_t bytes) override {
    if (bytes == 0) return;
    synchronize();
    std::memcpy(host, allocator_.alias_of(device), bytes);
  }
  void launch(std::function<void()> kernel) override {
    std::scoped_lock lock(mutex_);
    queue_.push_back(std::move(kernel));
    changed_.notify_all();
  }
  void synchronize() override {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return queue_.empty() && !busy_; });
    if (std::exception_ptr error = std::exchange(error_, nullptr))
      std::rethrow_exception(error);
  }

 private:
  void work(const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    while (changed_.wait(lock, stop, [this] { return !queue_.empty(); })) {
      std::function<void()> kernel = std::move(queue_.front());
      queue_.pop_front();
      busy_ = true;
      lock.unlock();
      std::exception_ptr error;
      try {
        kernel();
      } catch (...) {
        error = std::current_exception();
      }
      kernel = nullptr;  // frees what it held before anybody is told
      lock.lock();
      if (!error_) error_ = error;
      busy_ = false;
      changed_.notify_all();
    }
  }

  TrappingAllocator allocator_;
  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::deque<std::function<void()>> queue_;
  bool busy_ = false;
  std::exception_ptr error_;
  std::jthread worker_;
};

}  // namespace

DeviceId fake_device() {
  static DeviceId id = register_device(std::make_unique<FakeDevice>());
  return id;
}

}  // namespace tern::harness
