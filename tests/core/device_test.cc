#include "tern/core/device.h"

#include <catch2/catch.hpp>
#include <cstring>

#include "tern/core/error.h"
#include "tern/core/print.h"
#include "tern/core/tensor.h"

namespace tern {
namespace {

/// Keeps its elements inverted, so that reading them on the host shows.
class InvertingDevice : public Device {
 public:
  std::string_view kind() const override { return "INVERTER"; }
  int ordinal() const override { return 1; }
  Allocator& allocator() override { return cpu_allocator(); }
  void copy_from_host(void* to, const void* from, std::size_t n) override {
    invert(to, from, n);
  }
  void copy_to_host(void* to, const void* from, std::size_t n) override {
    ++copies_to_host;
    invert(to, from, n);
  }
  void launch(std::function<void()> kernel) override { kernel(); }
  void synchronize() override {}

  int copies_to_host = 0;

 private:
  static void invert(void* to, const void* from, std::size_t n) {
    for (std::size_t i = 0; i < n; ++i)
      static_cast<unsigned char*>(to)[i] = static_cast<unsigned char>(
          ~static_cast<const unsigned char*>(from)[i]);
  }
};

DeviceId inverter() {
  static DeviceId id = register_device(std::make_unique<InvertingDevice>());
  return id;
}

TEST_CASE("the CPU goes by all of TensorFlow's names for it") {
  for (const char* name : {"/cpu:0",
                           "CPU:0",
                           "cpu",
                           "/device:CPU:0",
                           "/job:localhost/replica:0/task:0/device:CPU:0"})
    CHECK(find_device(name) == kCpu);
  CHECK(device_of(kCpu).name() == "/device:CPU:0");
}

TEST_CASE("a device that is not there is an error naming those that are") {
  using Catch::Matchers::Contains;
  CHECK_THROWS_WITH(find_device("/tpu:0"),
                    Contains("/tpu:0") && Contains("/device:CPU:0"));
  for (const char* name : {"/cpu:1", "", "cpu:", "cpu:x", "/job:other/cpu:0"})
    CHECK_THROWS_AS(find_device(name), NotFoundError);
  CHECK_THROWS_AS(device_of(DeviceId{200}), NotFoundError);
}

TEST_CASE("a registered device is found by kind and number") {
  CHECK(find_device("/inverter:1") == inverter());
  CHECK_THROWS_AS(find_device("/inverter:0"), NotFoundError);
}

TEST_CASE("tensors move to a device and back") {
  for (std::int64_t size : {1, 5, 1000}) {
    Tensor host(std::vector<float>(static_cast<std::size_t>(size), 1.5f));
    Tensor there = host.to(inverter());
    CHECK(there.device() == inverter());
    CHECK(*there.data<float>() != 1.5f);
    CHECK(there.to(kCpu).values<float>()[0] == 1.5f);
    CHECK(there.to(inverter()).same_as(there));
    CHECK(there.clone().to(kCpu).values<float>().back() == 1.5f);
    CHECK(there.rows(0, 1).to(kCpu).values<float>()[0] == 1.5f);
  }
  CHECK(Tensor("x").to(inverter()).device() == kCpu);
}

TEST_CASE("values of a device tensor are copied once") {
  auto& device = static_cast<InvertingDevice&>(device_of(inverter()));
  Tensor there = Tensor({1.0, 2.0}).as_dtype(float32).to(inverter());
  int before = device.copies_to_host;
  std::span<const float> first = there.values<float>();
  CHECK(first[1] == 2);
  CHECK(there.values<float>().data() == first.data());
  CHECK(device.copies_to_host == before + 1);
  // Nobody may change the elements under the copy.
  CHECK_FALSE(there.is_unique());
  CHECK(str(there) == "tf.Tensor([1. 2.], shape=(2,), dtype=float32)");
  CHECK(there.rows(0, 1).item<double>() == 1);
  CHECK(static_cast<bool>(there.rows(1, 2)));
}

}  // namespace
}  // namespace tern
