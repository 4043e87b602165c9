#include "tern/core/tensor.h"

#include <atomic>
#include <catch2/catch.hpp>
#include <mutex>
#include <set>
#include <thread>

#include "tern/core/error.h"
#include "tern/core/resource.h"

namespace tern {
namespace {

using Catch::Matchers::Contains;

struct Named : TensorExtra {
  std::string name() const override { return "x:0"; }
};

TEST_CASE("an undefined tensor is an error when used, not a crash") {
  Tensor none;
  CHECK_FALSE(none.defined());
  CHECK_THROWS_AS(none.shape(), FailedPreconditionError);
  CHECK_THROWS_AS(none.item<float>(), FailedPreconditionError);
  CHECK_THROWS_AS(static_cast<bool>(none), FailedPreconditionError);
}

TEST_CASE("small tensors live in their header, large ones in a buffer") {
  Tensor small = Tensor::allocate(float32, {16});
  CHECK(reinterpret_cast<std::uintptr_t>(small.raw_data()) % 16 == 0);
  for (std::int64_t size : {17, 1000, 100000}) {
    Tensor large = Tensor::allocate(float32, {size});
    CHECK(reinterpret_cast<std::uintptr_t>(large.raw_data()) % 64 == 0);
    CHECK(large.num_bytes() == static_cast<std::size_t>(4 * size));
  }
  CHECK(Tensor::allocate(float32, {0, 3}).values<float>().empty());
}

TEST_CASE("strings are constructed, copied and destroyed wherever they live") {
  std::string text(100, 'x');
  for (std::int64_t size : {1, 2, 3, 50}) {
    Tensor strings = Tensor::allocate(string, {size});
    CHECK(strings.values<std::string>()[0].empty());
    strings.data<std::string>()[size - 1] = text;
    Tensor copy = strings.clone();
    Tensor view = strings.with_shape({1, size});
    strings = Tensor();
    CHECK(copy.values<std::string>().back() == text);
    CHECK(view.values<std::string>().back() == text);
  }
}

TEST_CASE("shapes that cannot be had are typed errors") {
  std::int64_t large = std::int64_t{1} << 40;
  CHECK_THROWS_AS(Tensor::allocate(float32, {large, large}),
                  InvalidArgumentError);
  CHECK_THROWS_AS(Tensor::allocate(float32, {large << 20, 2}),
                  ResourceExhaustedError);
  CHECK_THROWS_AS(Tensor::allocate(float32, {large * 1024}),
                  ResourceExhaustedError);
  CHECK_THROWS_AS(Tensor::allocate(float32, {-1}), InvalidArgumentError);
  CHECK_THROWS_AS(Tensor::allocate(DType{}, {1}), InvalidArgumentError);
}

TEST_CASE("item converts the only element") {
  CHECK(Tensor(std::vector<double>{2.75}).item<int>() == 2);
  CHECK(Tensor(7).item<double>() == 7);
  CHECK(Tensor({{7}}).item<float>() == 7);
  CHECK(Tensor("text").item<std::string>() == "text");
  CHECK(Tensor(1e300).item<std::int64_t>() ==
        std::numeric_limits<std::int64_t>::max());
  CHECK(Tensor(5).as_dtype(float16).item<Half>() == 5.f);
  CHECK_THROWS_AS(Tensor({1, 2}).item<int>(), InvalidArgumentError);
  CHECK_THROWS_AS(Tensor("text").bytes() == "" || Tensor(1).bytes() == "",
                  InvalidArgumentError);
  CHECK_THROWS_WITH(Tensor({1, 2}).values<float>(),
                    Contains("int32") && Contains("float32"));
}

TEST_CASE("a scalar has a truth") {
  CHECK(static_cast<bool>(Tensor(true)));
  CHECK_FALSE(static_cast<bool>(Tensor(0)));
  CHECK(static_cast<bool>(Tensor(0.5)));
  CHECK(static_cast<bool>(Tensor(0.5).as_dtype(float16)));
  CHECK(static_cast<bool>(Tensor({{2}})));
  CHECK_FALSE(static_cast<bool>(Tensor("")));
  CHECK_THROWS_WITH(static_cast<bool>(Tensor({true, false})),
                    Contains("ambiguous"));
}

TEST_CASE("reshapes and rows share the elements") {
  Tensor tensor(std::vector<float>(60, 1.f), {20, 3});
  Tensor flat = tensor.with_shape({60});
  CHECK(flat.raw_data() == tensor.raw_data());
  Tensor rows = tensor.rows(5, 7);
  CHECK(rows.shape() == Shape{2, 3});
  CHECK(rows.raw_data() == tensor.data<float>() + 15);
  CHECK_FALSE(tensor.is_unique());
  tensor = flat = Tensor();
  CHECK(rows.values<float>()[5] == 1);
  CHECK(rows.is_unique());
  CHECK_THROWS_AS(rows.rows(1, 3), InvalidArgumentError);
  CHECK_THROWS_AS(rows.rows(-1, 1), InvalidArgumentError);
  CHECK_THROWS_AS(Tensor(1.0).rows(0, 0), InvalidArgumentError);
  CHECK_THROWS_WITH(rows.with_shape({4}),
                    "Input to reshape is a tensor with 6 values, but the "
                    "requested shape has 4");
  Tensor small = {{1, 2}, {3, 4}};
  CHECK(small.rows(1, 2).values<int>()[1] == 4);
}

TEST_CASE("a clone has elements of its own") {
  Tensor tensor(std::vector<int>(100, 1));
  Tensor copy = tensor.clone();
  CHECK(copy.raw_data() != tensor.raw_data());
  CHECK(copy.values<int>()[99] == 1);
  CHECK(copy.is_unique());
}

TEST_CASE("copies share, and the last one frees adopted memory") {
  int elements[] = {1, 2, 3};
  bool released = false;
  {
    Buffer* buffer =
        Buffer::adopt(elements, sizeof elements, [&] { released = true; });
    Tensor tensor = Tensor::from_buffer(int32, {3}, buffer, elements);
    Tensor copy = tensor;
    CHECK(copy.same_as(tensor));
    tensor = Tensor();
    CHECK(copy.values<int>()[2] == 3);
    CHECK_FALSE(released);
  }
  CHECK(released);
}

TEST_CASE("symbolic tensors have a shape but no elements") {
  Tensor x = Tensor::symbolic(float32, {-1, 2}, std::make_shared<Named>());
  CHECK(x.is_symbolic());
  CHECK(x.num_elements() == -1);
  CHECK_THROWS_WITH(static_cast<bool>(x),
                    Contains("x:0") && Contains("tern::cond"));
  CHECK_THROWS_WITH(x.values<float>(),
                    Contains("x:0") && Contains("tern::cond"));
  CHECK_THROWS_AS(x.item<float>(), InvalidArgumentError);
  CHECK_THROWS_AS(x.clone(), InvalidArgumentError);
  CHECK(x.to(kCpu).same_as(x));
  Tensor scalar = Tensor::symbolic(float32, {}, nullptr);
  CHECK_THROWS_AS(scalar.item<float>(), InvalidArgumentError);
}

TEST_CASE("reading what a tape has not kept says so") {
  Tensor dropped = Tensor::meta(float32, {2});
  CHECK(dropped.shape() == Shape{2});
  CHECK_THROWS_WITH(dropped.values<float>(), Contains("not kept"));
  CHECK(dropped.with_shape({2, 1}).is_meta());
}

TEST_CASE("identities are never given twice, on any thread", "[threads]") {
  std::set<std::uint64_t> seen;
  std::mutex mutex;
  std::atomic<bool> changed = false;
  auto take = [&] {
    for (int i = 0; i < 3000; ++i) {
      Tensor tensor = 1.0;
      std::uint64_t id = tensor.id();
      if (id == 0 || id != tensor.id()) changed = true;
      std::lock_guard lock(mutex);
      seen.insert(id);
    }
  };
  std::thread first(take), second(take);
  first.join();
  second.join();
  CHECK(seen.size() == 6000);
  CHECK_FALSE(changed);
}

/// Freed after the thread's pool of headers: thread_locals die in reverse
/// order of their construction.
struct LateTensor {
  Tensor tensor;
};
thread_local LateTensor late;

TEST_CASE("headers may be freed by other threads and at a thread's end",
          "[threads]") {
  std::vector<Tensor> made_elsewhere;
  std::thread maker([&] {
    late.tensor = Tensor(1.0);
    for (int i = 0; i < 5000; ++i) made_elsewhere.emplace_back(i);
  });
  maker.join();
  CHECK(made_elsewhere[4999].item<int>() == 4999);
  std::thread([moved = std::move(made_elsewhere)] {}).join();
}

struct Counted : Resource {
  explicit Counted(int& alive) : alive(alive) { ++alive; }
  ~Counted() override { --alive; }
  std::string_view kind() const override { return "counted"; }
  int& alive;
};

TEST_CASE("a resource tensor owns its resource") {
  int alive = 0;
  {
    Tensor handle = Tensor::allocate(resource, {});
    *handle.data<ResourceHandle>() =
        ResourceHandle(std::make_shared<Counted>(alive), float32, {2});
    Tensor copy = handle.clone();
    handle = Tensor();
    CHECK(alive == 1);
    CHECK(copy.values<ResourceHandle>()[0].shape() == Shape{2});
  }
  CHECK(alive == 0);
}

}  // namespace
}  // namespace tern
